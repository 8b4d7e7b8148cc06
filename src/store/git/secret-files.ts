// Secrets from files, as Kubernetes mounts them, or from the environment. Never from Git.
import { describeSystemError } from '../../model/describe-system-error.ts'
import { constants } from 'node:fs'
import { open, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { TerminalError } from '../../model/errors.ts'
import type { Clock } from '../../model/clock.ts'
import type { ObjectKey, SecretLookup } from '../store.ts'
import { hasCode } from './durable-file.ts'
import { entryKey } from './state.ts'

export interface SecretFilesOptions {
  readonly folder: string
  readonly environment: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly onChange: (key: ObjectKey) => void
  readonly pollMs?: number
}

const POLL_MS = 2_000
const MAX_BYTES = 1024 * 1024
const MAX_KEYS = 100
const MAX_TRIES = 3
const NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/
const KEY = /^(?!\.)[-._a-zA-Z0-9]{1,253}$/
/** The environment knows upper case alone, so these say how a key is written. Others are taken in lower case. */
const KNOWN_KEYS = [
  ...['token', 'accessKeyID', 'secretAccessKey', 'serviceAccountJSON', 'clientID', 'clientSecret'],
  ...['tsigKeyName', 'tsigSecret', 'apiKey'],
]

interface Followed {
  readonly key: ObjectKey
  lookup: SecretLookup | undefined
}

export class SecretFiles {
  readonly #options: SecretFilesOptions
  #followed = new Map<string, Followed>()
  #reading: Promise<void> | undefined
  #again = false

  constructor(options: SecretFilesOptions) {
    this.#options = options
  }

  /** From now on exactly these. */
  follow(keys: readonly ObjectKey[]): void {
    const next = keys.map(({ namespace, name }): [string, Followed] => {
      const key = { namespace, name }
      return [entryKey(key), this.#followed.get(entryKey(key)) ?? { key, lookup: undefined }]
    })
    this.#followed = new Map(next)
    if ([...this.#followed.values()].some(({ lookup }) => lookup === undefined)) void this.#readAll()
  }

  get(key: ObjectKey): SecretLookup {
    const followed = this.#followed.get(entryKey(key))
    if (followed?.lookup !== undefined) return followed.lookup
    const why = followed === undefined ? 'is not followed' : 'has not been read yet'
    return { kind: 'unknown', message: `Secret ${entryKey(key)} ${why}` }
  }

  async run(stopping: AbortSignal): Promise<void> {
    const { clock, pollMs = POLL_MS } = this.#options
    while (!stopping.aborted) {
      await this.#readAll()
      await clock.sleep(pollMs, stopping).catch(() => undefined)
    }
    await this.#reading
  }

  /** One reading at a time; what is asked for meanwhile is read by another one right after it. */
  async #readAll(): Promise<void> {
    this.#again = true
    this.#reading ??= this.#readWhileAsked()
    await this.#reading
  }

  async #readWhileAsked(): Promise<void> {
    // A turn for those who ask in the same breath, and for `#reading` to be set before it is cleared.
    await Promise.resolve()
    while (this.#again) {
      this.#again = false
      for (const followed of [...this.#followed.values()]) await this.#read(followed)
    }
    // Here, and not in a turn of its own: whoever asks in between would ask nobody.
    this.#reading = undefined
  }

  async #read(followed: Followed): Promise<void> {
    const lookup = await lookUpSecret(followed.key, this.#options)
    const isFollowed = this.#followed.get(entryKey(followed.key)) === followed
    if (!isFollowed || isDeepStrictEqual(lookup, followed.lookup)) return
    followed.lookup = lookup
    this.#options.onChange(followed.key)
  }
}

async function lookUpSecret(
  { namespace, name }: ObjectKey,
  { folder, environment }: Pick<SecretFilesOptions, 'folder' | 'environment'>,
): Promise<SecretLookup> {
  // Both are checked elsewhere; here they become paths.
  if (!NAME.test(name) || !NAME.test(namespace)) return { kind: 'absent' }
  try {
    for (const path of [join(folder, namespace, name), join(folder, name)]) {
      const values = await readSecretFolder(path)
      if (values.size > 0) return { kind: 'found', values }
    }
  } catch (error) {
    return { kind: 'unknown', message: `Secret ${namespace}/${name} cannot be read: ${describeSystemError(error)}` }
  }
  const values = readEnvironment(name, environment)
  return values.size > 0 ? { kind: 'found', values } : { kind: 'absent' }
}

/** What is exchanged while it is read is read again, from the beginning. */
async function readSecretFolder(path: string, triesLeft = MAX_TRIES): Promise<ReadonlyMap<string, string>> {
  try {
    return await readValues(path)
  } catch (error) {
    if (triesLeft <= 1 || !hasCode(error, 'ENOENT')) throw error
    return readSecretFolder(path, triesLeft - 1)
  }
}

/** Kubernetes exchanges all files of a Secret at once, by a link: what is read behind it is of one version. */
async function readValues(path: string): Promise<ReadonlyMap<string, string>> {
  const version = await realpath(join(path, '..data')).catch(() => path)
  const names = await readdir(version).catch((error: unknown) => {
    if (version === path && hasCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  })
  const values = new Map<string, string>()
  const keys = names.filter((candidate) => KEY.test(candidate)).sort()
  for (const name of keys.slice(0, MAX_KEYS)) {
    const value = await readValue(join(version, name), join(path, name))
    if (value !== undefined) values.set(name, value)
  }
  return values
}

/** Undefined for what is no file. A line break at the end, which editors and `echo` leave, is not part of a secret. */
async function readValue(path: string, shown: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) return undefined
    if (stats.size > MAX_BYTES) throw new TerminalError('SecretTooLarge', `${shown} is larger than 1 MiB`)
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.readFile())
    return text.replace(/\r?\n$/, '')
  } catch (error) {
    // Never what is in it.
    if (error instanceof TypeError)
      throw new TerminalError('SecretNotText', `${shown} is no UTF-8 text`, { cause: error })
    throw error
  } finally {
    await file.close()
  }
}

/** `STOA_SECRET_<NAME>_<KEY>`, in upper case, with _ for what is neither letter nor digit. */
function readEnvironment(name: string, environment: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  const prefix = `STOA_SECRET_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_`
  const values = new Map<string, string>()
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(prefix) || value === undefined) continue
    const suffix = variable.slice(prefix.length)
    values.set(KNOWN_KEYS.find((key) => key.toUpperCase() === suffix) ?? suffix.toLowerCase(), value)
  }
  return values
}
