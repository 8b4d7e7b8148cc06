// ConfigMaps as folders with a file per key, as Kubernetes mounts them. A hidden file says to which object one belongs.
import { describeSystemError } from '../../model/describe-system-error.ts'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ReconcileError, TerminalError, TransientError } from '../../model/errors.ts'
import type { StoredObject } from '../store.ts'
import { hasCode, writeDurably } from './durable-file.ts'
import { makeFolder } from './make-folder.ts'

const OWNER = '.owner'
const NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/
const KEY = /^(?!\.)[-._a-zA-Z0-9]{1,253}$/

export class ConfigMapFiles {
  readonly #folder: string
  /** One after the other, so that what is published is not removed at the same time. */
  #busy: Promise<void> = Promise.resolve()

  constructor(folder: string) {
    this.#folder = folder
  }

  publish(owner: StoredObject, name: string, data: Readonly<Record<string, string>>): Promise<void> {
    return this.#inTurn(() => this.#publish(owner, name, data)).catch((error: unknown) => {
      if (error instanceof ReconcileError) throw error
      const { namespace } = owner.metadata
      const message = `ConfigMap ${namespace}/${name} cannot be written below ${this.#folder} (${describeSystemError(error)})`
      throw new TransientError('ConfigMapNotWritten', message, { cause: error })
    })
  }

  /** Of objects that are gone. */
  removeOf(isThere: (uid: string) => boolean): Promise<void> {
    return this.#inTurn(async () => {
      for (const namespace of await listNames(this.#folder)) {
        for (const name of await listNames(join(this.#folder, namespace))) {
          const path = join(this.#folder, namespace, name)
          const uid = await readIfThere(join(path, OWNER))
          if (uid !== undefined && !isThere(uid)) await rm(path, { recursive: true, force: true })
        }
      }
    })
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#busy.then(work)
    this.#busy = turn.catch(() => undefined)
    return turn
  }

  async #publish(owner: StoredObject, name: string, data: Readonly<Record<string, string>>): Promise<void> {
    const { namespace, uid } = owner.metadata
    const wrong = [namespace, name].find((part) => !NAME.test(part)) ?? Object.keys(data).find((key) => !KEY.test(key))
    if (wrong !== undefined) throw new TerminalError('InvalidSpec', `${wrong} cannot be the name of a file`)
    const path = join(this.#folder, namespace, name)
    const present = await listNames(path)
    const presentOwner = await readIfThere(join(path, OWNER))
    if (presentOwner !== uid && (present.length > 0 || presentOwner !== undefined)) {
      throw new TerminalError(
        'ConfigMapNotOwned',
        `ConfigMap ${namespace}/${name} (${path}) is there and does not belong to ${owner.kind} ${owner.metadata.name}: ` +
          'name another one in publishTo, or delete it',
      )
    }
    await makeFolder(path)
    if (presentOwner === undefined) await writeDurably(join(path, OWNER), uid)
    for (const [key, value] of Object.entries(data)) {
      if ((await readIfThere(join(path, key))) !== value) await writeDurably(join(path, key), value)
    }
    for (const key of present.filter((name) => !Object.hasOwn(data, name))) await rm(join(path, key), { force: true })
  }
}

/** Without hidden ones. */
async function listNames(path: string): Promise<readonly string[]> {
  const names = await readdir(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  })
  return names.filter((name) => !name.startsWith('.'))
}

async function readIfThere(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })
}
