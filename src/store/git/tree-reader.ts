// Reads a folder of manifests. What has not changed since the last time is not parsed again.
import { describeSystemError } from '../../model/describe-system-error.ts'
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { DEFAULT_LIMITS } from '../../api/manifest/read-manifest.ts'
import { listManifests, LIST_LIMITS, type ListLimits, type ManifestFile } from './list-manifests.ts'
import { parseTreeFile } from './parse-tree-file.ts'
import { describeSubmodules } from './submodules.ts'
import type { TreeVersion } from './tree-source.ts'
import { joinFiles, type Tree, type TreeFile } from './tree.ts'

export type TreePlace = Pick<TreeVersion, 'root' | 'prefix' | 'submodules'>

export interface TreeReading {
  readonly tree: Tree
  readonly fingerprint: string
}

interface Remembered {
  readonly print: string
  /** The file had been at rest for so long when it was read that a change since would show in its print. */
  readonly isSettled: boolean
  readonly digest: string
  readonly content: TreeFile
}

/** More than the clock of any file system is coarse. */
const SETTLED_MS = 2_000
/** Waiting for one file, others can be read; more would need more memory for large ones. */
const AT_ONCE = 8

export class TreeReader {
  readonly #defaultNamespace: string
  readonly #limits: ListLimits
  #remembered = new Map<string, Remembered>()

  constructor(defaultNamespace: string, limits: ListLimits = LIST_LIMITS) {
    this.#defaultNamespace = defaultNamespace
    this.#limits = limits
  }

  /** Rejects when the folder as a whole cannot be read. */
  async read({ root, prefix, submodules = [] }: TreePlace, signal: AbortSignal): Promise<TreeReading> {
    const { files, findings, incomplete, fingerprint } = await listManifests(root, prefix, this.#limits)
    const next = new Map<string, Remembered>()
    for (let from = 0; from < files.length; from += AT_ONCE) {
      signal.throwIfAborted()
      const some = files.slice(from, from + AT_ONCE)
      const read = await Promise.all(some.map((file) => this.#readFile(file)))
      for (const [index, file] of some.entries()) {
        const remembered = read[index]
        if (remembered !== undefined) next.set(keyOf(file), remembered)
      }
    }
    this.#remembered = next
    const contents = [...next.values()].map(({ content }) => content)
    const unread = describeSubmodules(prefix, submodules)
    return { tree: joinFiles(contents, [...findings, ...unread], incomplete ?? unread[0]?.file), fingerprint }
  }

  async #readFile(file: ManifestFile): Promise<Remembered> {
    const { shown, path, print, changedAt } = file
    const known = this.#remembered.get(keyOf(file))
    if (known?.isSettled === true && known.print === print) return known
    const isSettled = changedAt + SETTLED_MS < Date.now()
    try {
      const bytes = await readBytes(path)
      const digest = createHash('sha256').update(bytes).digest('hex')
      const isSame = known?.digest === digest
      const content = isSame ? known.content : parseTreeFile(shown, bytes, this.#defaultNamespace)
      return { print, isSettled, digest, content }
    } catch (error) {
      const message = `the file cannot be read (${describeSystemError(error)})`
      const finding = { severity: 'error', file: shown, line: 1, message } as const
      return { print, isSettled: false, digest: '', content: { items: [], findings: [finding], hidesObjects: true } }
    }
  }
}

/** Under both names: what is shown need not be unique, and stands in what was read. */
function keyOf({ shown, path }: ManifestFile): string {
  return `${shown}\n${path}`
}

/** One byte more than a manifest may have tells that there are more. What became a link or a pipe meanwhile is not followed or waited for. */
async function readBytes(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const buffer = Buffer.allocUnsafe(Math.min((await file.stat()).size, DEFAULT_LIMITS.maxBytes) + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length)
      length += bytesRead
      if (bytesRead === 0 || length === buffer.length) return buffer.subarray(0, length)
    }
  } finally {
    await file.close()
  }
}
