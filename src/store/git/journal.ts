// A file of JSON lines that survives a cut at any byte. The first line holds everything, each further line what changed since, and
// every line its own checksum. When the changes outgrow it, the file is written anew, and the one before is kept as the previous version:
// it replays to just what the new first line says.
import { describeSystemError } from '../../model/describe-system-error.ts'
import { open, readFile, rename, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TerminalError } from '../../model/errors.ts'
import { shortHash } from '../../model/hash.ts'
import { hasCode, syncFolder, writeSynced } from './durable-file.ts'

export interface JournalFormat {
  readonly version: number
  /** By version: how a line of that version is said in the next one. */
  readonly migrations: ReadonlyMap<number, (line: unknown) => unknown>
}

export interface JournalOptions {
  readonly path: string
  readonly format: JournalFormat
  /** The changes may grow to this, or to the size of the first line if that is more, before the file is written anew. */
  readonly compactAfterBytes?: number
}

export interface LoadedJournal {
  readonly journal: Journal
  /** In the present format, oldest first. Empty when there is no file yet. */
  readonly lines: readonly unknown[]
  /** What had to be put up with, for the log. */
  readonly warnings: readonly string[]
}

const COMPACT_AFTER_BYTES = 1024 * 1024

export async function openJournal(options: JournalOptions): Promise<LoadedJournal> {
  const { path, format } = options
  const warnings: string[] = []
  const { found, from } = await findLines(path)
  if (from === 'previous, as the present is damaged') {
    await rename(path, `${path}.damaged`)
    warnings.push(`${path} was damaged and is kept as ${path}.damaged; the version before it is used`)
  } else if (from === 'present' && found.dropped > 0) {
    warnings.push(`the last ${found.dropped} bytes of ${path} were not whole and are left out`)
  }
  const lines = found === undefined ? [] : migrate(found, path, format)
  // Written anew before the first change: then no half line and no older format is ever appended to.
  return { journal: new Journal(options), lines, warnings }
}

/** Looks without touching anything, while another process may be writing. Undefined when nothing has been written. */
export async function readJournal({ path, format }: JournalOptions): Promise<readonly unknown[] | undefined> {
  const { found } = await findLines(path)
  return found === undefined ? undefined : migrate(found, path, format)
}

/** Calls must not overlap. */
export class Journal {
  readonly #options: Required<JournalOptions>
  #file: FileHandle | undefined
  #baseBytes = 0
  #length = 0

  constructor(options: JournalOptions) {
    this.#options = { compactAfterBytes: COMPACT_AFTER_BYTES, ...options }
  }

  /** Once it resolves, the change is on disk. When it rejects, the next one writes everything anew. */
  async append(change: unknown, everything: () => unknown): Promise<void> {
    const growth = this.#length - this.#baseBytes
    if (this.#file === undefined || growth > Math.max(this.#options.compactAfterBytes, this.#baseBytes)) {
      await this.rewrite(everything())
      return
    }
    const file = this.#file
    const line = Buffer.from(formatLine(change))
    try {
      await writeAt(file, line, this.#length)
      await file.datasync()
      this.#length += line.length
    } catch (error) {
      this.#file = undefined
      // Who was told that it failed should not find it done after a restart. If this fails as well, that cannot be helped.
      await file.truncate(this.#length).catch(() => undefined)
      await file.close().catch(() => undefined)
      throw error
    }
  }

  async rewrite(everything: unknown): Promise<void> {
    const { path, format } = this.#options
    const content = formatLine({ format: format.version, base: everything })
    const fresh = `${path}.new`
    await writeSynced(fresh, content)
    await this.close()
    await rename(path, previousPath(path)).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error
    })
    await rename(fresh, path)
    await syncFolder(dirname(path))
    this.#baseBytes = this.#length = Buffer.byteLength(content)
    this.#file = await open(path, 'r+')
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }
}

function previousPath(path: string): string {
  return `${path}.previous`
}

function formatLine(value: unknown): string {
  const json = JSON.stringify(value)
  return `${shortHash(json)} ${json}\n`
}

async function writeAt(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

interface FoundLines {
  readonly format: number
  readonly lines: readonly unknown[]
  /** Bytes behind the last whole line. */
  readonly dropped: number
}

type Finding =
  | { readonly from: 'present' | 'previous, as the present is damaged'; readonly found: FoundLines }
  | { readonly from: 'previous'; readonly found: FoundLines | undefined }

/** The newest that is whole. */
async function findLines(path: string): Promise<Finding> {
  const present = await readLines(path)
  if (present !== undefined && present !== 'damaged') return { from: 'present', found: present }
  const previous = await readLines(previousPath(path))
  if (present === 'damaged') {
    if (previous === undefined || previous === 'damaged') throw unreadable(path)
    return { from: 'previous, as the present is damaged', found: previous }
  }
  if (previous === 'damaged') throw unreadable(previousPath(path))
  return { from: 'previous', found: previous }
}

async function readLines(path: string): Promise<FoundLines | 'damaged' | undefined> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw new TerminalError('StateUnreadable', `${path} cannot be read (${describeSystemError(error)})`, {
      cause: error,
    })
  })
  if (bytes === undefined) return undefined
  const values: unknown[] = []
  let start = 0
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    const value = parseLine(bytes.toString('utf8', start, end))
    if (value === undefined) break
    values.push(value)
    start = end + 1
  }
  const [first, ...changes] = values
  if (!isBase(first)) return 'damaged'
  return { format: first.format, lines: [first.base, ...changes], dropped: bytes.length - start }
}

function parseLine(line: string): unknown {
  const json = line.slice(17)
  return shortHash(json) === line.slice(0, 16) ? JSON.parse(json) : undefined
}

function isBase(value: unknown): value is { readonly format: number; readonly base: unknown } {
  return typeof value === 'object' && value !== null && 'format' in value && 'base' in value
}

function migrate(found: FoundLines, path: string, { version, migrations }: JournalFormat): readonly unknown[] {
  let lines = found.lines
  if (found.format > version) {
    const message = `${path} was written by a newer Stoa (format ${found.format}, this one knows ${version}): update Stoa`
    throw new TerminalError('StateTooNew', message)
  }
  for (let from = found.format; from < version; from += 1) {
    const step = migrations.get(from)
    if (step === undefined) {
      const message = `${path} has format ${from}, which this Stoa no longer reads: start a version in between once`
      throw new TerminalError('StateTooOld', message)
    }
    lines = lines.map(step)
  }
  return lines
}

function unreadable(path: string): TerminalError {
  const remedy = `restore them from a backup, or move them away to begin anew: then what is in DNS counts as somebody else's`
  return new TerminalError('StateDamaged', `${path} and its previous version are damaged: ${remedy}`)
}
