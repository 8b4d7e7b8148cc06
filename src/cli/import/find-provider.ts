// The DNSProvider that a command names: by a file that holds it, or by its name where Stoa keeps its objects.
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { DNSProvider } from '../../api/kinds.ts'
import { isOurs } from '../../api/manifest/is-ours.ts'
import type { ManifestObject } from '../../api/manifest/manifest-object.ts'
import { DEFAULT_LIMITS, readManifest } from '../../api/manifest/read-manifest.ts'
import { parseObject } from '../../api/parse-object.ts'
import { formatPath } from '../../api/problem.ts'
import { CommandError } from '../command-error.ts'
import type { CommandIo } from '../command-io.ts'
import { describeSystemError } from '../../model/describe-system-error.ts'
import { formatPlace, type Place } from '../migrate/migration.ts'
import { findObject, parseOwnRef } from '../remote/object-ref.ts'
import { locateRemote, openRemote, type RemoteFlags } from '../remote/open-remote.ts'
import { collectBytes, readFileBytes } from '../validate/read-bytes.ts'

export interface FoundProvider {
  readonly object: DNSProvider
  readonly place: Place
}

export async function findProvider(
  flags: RemoteFlags & { readonly provider: string },
  io: CommandIo,
): Promise<FoundProvider> {
  const { provider } = flags
  if (provider === '-') return readProvider('<stdin>', await collectBytes(io.stdin(), DEFAULT_LIMITS.maxBytes))
  const path = resolve(io.cwd, provider)
  if (await isFile(path)) {
    const bytes = await readFileBytes(path, DEFAULT_LIMITS.maxBytes).catch((error: unknown) => {
      throw new CommandError(`${provider} cannot be read (${describeSystemError(error)})`)
    })
    return readProvider(provider, bytes)
  }
  if (/\.(?:ya?ml|json)$/.test(provider))
    throw new CommandError(`${provider} is not there: --provider takes a file or a name`)
  return askForProvider(flags, io)
}

function readProvider(file: string, bytes: Uint8Array): FoundProvider {
  const { objects, problems } = readManifest(bytes)
  const [problem] = problems
  if (problem !== undefined)
    throw new CommandError(`${formatPlace({ file, line: problem.position.line })}: ${problem.message}`)
  const [found, second] = objects.filter((object) => isOurs(object) && object.kind === 'DNSProvider')
  if (found === undefined) throw new CommandError(`${file} holds no DNSProvider`)
  if (second !== undefined) {
    const place = formatPlace({ file, line: second.locate([]).line })
    throw new CommandError(`${place}: a second DNSProvider: give a file with the one that serves the zone`)
  }
  return { object: parseProvider(found, file), place: { file, line: found.locate([]).line } }
}

function parseProvider(found: ManifestObject, file: string): DNSProvider {
  const result = parseObject(found.value)
  if (result.kind === 'ok' && result.object.kind === 'DNSProvider') return result.object
  const { path, message } = (result.kind === 'invalid' ? result.problems[0] : undefined) ?? { path: [], message: '' }
  throw new CommandError(`${formatPlace({ file, line: found.locate(path).line })}: ${formatPath(path)} ${message}`)
}

async function askForProvider(
  flags: RemoteFlags & { readonly provider: string },
  io: CommandIo,
): Promise<FoundProvider> {
  const ref = parseOwnRef(flags.provider, 'DNSProvider', undefined)
  const remote = await openRemote(await locateRemote(flags, io), io)
  try {
    const { object } = await findObject(remote, { ...ref, kind: 'DNSProvider' })
    const result = parseObject(object)
    if (result.kind === 'ok' && result.object.kind === 'DNSProvider') {
      return { object: result.object, place: { file: remote.description } }
    }
    throw new CommandError(`DNSProvider ${flags.provider} is not valid (${remote.description})`)
  } finally {
    await remote.close()
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}
