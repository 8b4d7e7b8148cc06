// Which files of a folder are manifests. Nothing outside the folder is ever opened, hidden folders are left out, and how much there may
// be is limited, because who writes the folder need not be who runs this.
import { describeSystemError } from '../../model/describe-system-error.ts'
import { createHash } from 'node:crypto'
import type { Dirent, Stats } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { TransientError } from '../../model/errors.ts'
import { compareText } from '../../model/record-set.ts'
import { printable } from '../../model/text.ts'
import { hasCode } from './durable-file.ts'
import type { Finding } from './tree.ts'

export interface ManifestFile {
  /** From the root, with slashes, behind the prefix. */
  readonly shown: string
  /** Free of links. */
  readonly path: string
  /** Equal as long as its name, size, times and place on the disk are. */
  readonly print: string
  /** Milliseconds since the epoch. */
  readonly changedAt: number
}

type Candidate = Pick<ManifestFile, 'shown' | 'path'>

export interface ManifestList {
  /** Sorted by `shown`. */
  readonly files: readonly ManifestFile[]
  readonly findings: readonly Finding[]
  /** The first place that may hide files. */
  readonly incomplete: string | undefined
  /** Equal as long as nothing seems to have changed: names, sizes, times. */
  readonly fingerprint: string
}

export interface ListLimits {
  readonly files: number
  readonly folders: number
  readonly depth: number
  readonly totalBytes: number
}

export const LIST_LIMITS: ListLimits = { files: 20_000, folders: 10_000, depth: 32, totalBytes: 256 * 1024 * 1024 }

const EXTENSIONS = new Set(['.yaml', '.yml', '.json'])

/** Rejects when the folder itself cannot be read: then nothing is known of it. */
export async function listManifests(
  root: string,
  prefix = '',
  limits: ListLimits = LIST_LIMITS,
): Promise<ManifestList> {
  const walk = new Walk(await realpath(root).catch((error: unknown) => refuseRoot(root, error)), limits)
  await walk.run(prefix)
  return walk.result()
}

function refuseRoot(root: string, error: unknown): never {
  const missing = hasCode(error, 'ENOENT')
  const message = missing
    ? `the folder ${root} does not exist`
    : `${root} cannot be read (${describeSystemError(error)})`
  throw new TransientError('SourceUnreadable', message, { cause: error })
}

class Walk {
  readonly #root: string
  readonly #limits: ListLimits
  readonly #files: ManifestFile[] = []
  readonly #findings: Finding[] = []
  readonly #linkPrints: string[] = []
  readonly #links: Candidate[] = []
  readonly #seen = new Set<string>()
  #incomplete: string | undefined
  #folders = 0
  #totalBytes = 0
  #isFull = false

  constructor(root: string, limits: ListLimits) {
    this.#root = root
    this.#limits = limits
  }

  async run(prefix: string): Promise<void> {
    const entries = await readdir(this.#root, { withFileTypes: true }).catch((error: unknown) =>
      refuseRoot(this.#root, error),
    )
    this.#seen.add(this.#root)
    await this.#addEntries(entries, { shown: printable(prefix), path: this.#root }, 0)
    // Links last, so that a file reached both ways appears under its own name. Following one may find more.
    for (let link = this.#links.shift(); link !== undefined && !this.#isFull; link = this.#links.shift()) {
      await this.#followLink(link)
    }
  }

  result(): ManifestList {
    const prints = [...this.#files.map(({ print }) => print), ...this.#linkPrints]
    return {
      files: this.#files.toSorted((a, b) => compareText(a.shown, b.shown)),
      findings: this.#findings,
      incomplete: this.#incomplete,
      fingerprint: createHash('sha256').update(prints.sort().join('\n')).digest('hex'),
    }
  }

  async #addFolder(folder: Candidate, depth: number): Promise<void> {
    if (this.#isNew(folder.path)) {
      const entries = await readdir(folder.path, { withFileTypes: true }).catch((error: unknown) => {
        this.#hide(folder.shown, `the folder cannot be read (${describeSystemError(error)})`)
        return []
      })
      await this.#addEntries(entries, folder, depth)
    }
  }

  async #addEntries(entries: readonly Dirent[], folder: Candidate, depth: number): Promise<void> {
    const { depth: deepest, folders } = this.#limits
    this.#folders += 1
    if (depth > deepest) return this.#hide(folder.shown, `folders may be ${deepest} deep, and this one is deeper`)
    if (this.#folders > folders) return this.#refuseMore(folder.shown, `there are more than ${folders} folders`)
    for (const entry of entries.toSorted((a, b) => compareText(a.name, b.name))) {
      if (this.#isFull) return
      const shown = folder.shown === '' ? printable(entry.name) : `${folder.shown}/${printable(entry.name)}`
      const child = { shown, path: join(folder.path, entry.name) }
      if (entry.name.startsWith('.')) continue
      if (entry.isDirectory()) await this.#addFolder(child, depth + 1)
      else if (entry.isSymbolicLink()) this.#links.push(child)
      else if (entry.isFile() && isManifestName(entry.name)) await this.#addFile(child)
    }
  }

  async #addFile(file: Candidate): Promise<void> {
    if (!this.#isNew(file.path)) return
    const stats = await lstat(file.path).catch(() => undefined)
    if (stats === undefined) return this.#hide(file.shown, 'the file went away while it was looked at')
    this.#totalBytes += stats.size
    const { files, totalBytes } = this.#limits
    if (this.#files.length >= files) return this.#refuseMore(file.shown, `there are more than ${files} manifest files`)
    if (this.#totalBytes > totalBytes) {
      return this.#refuseMore(file.shown, `the manifests are larger than ${totalBytes / 1024 / 1024} MiB together`)
    }
    const { size, mtimeMs, ctimeMs, ino } = stats
    this.#files.push({ ...file, print: `${file.shown} ${size} ${mtimeMs} ${ctimeMs} ${ino}`, changedAt: ctimeMs })
  }

  async #followLink(link: Candidate): Promise<void> {
    const target = await realpath(link.path).catch(() => undefined)
    const stats = target === undefined ? undefined : await stat(target).catch(() => undefined)
    if (target === undefined || stats === undefined || !this.#isInside(target)) {
      this.#refuseLink(link, target === undefined ? 'to nothing that can be reached' : 'out of the tree', stats)
    } else if (this.#isOfGit(target)) {
      this.#refuseLink(link, "into Git's own folder", stats)
    } else {
      // Also into a hidden folder, which is not looked through for itself: so the files of a mounted ConfigMap or Secret stand there.
      const file = { shown: link.shown, path: target }
      if (stats.isDirectory()) await this.#addFolder(file, 1)
      else if (!isManifestName(link.path)) return
      else if (stats.isFile()) await this.#addFile(file)
      else this.#refuseLink(link, 'to what is neither file nor folder', stats)
    }
  }

  #refuseLink({ shown, path }: Candidate, where: string, stats: Stats | undefined): void {
    const isHiding = mayHoldManifests(path, stats)
    // What stands outside may change from one to the other, while nothing does in here.
    this.#linkPrints.push(`link ${shown} ${isHiding}`)
    if (!isHiding) return
    this.#hide(shown, `a link ${where} is not followed: remove it, or put what it stands for in its place`)
  }

  #isOfGit(path: string): boolean {
    return relative(this.#root, path).split(sep).includes('.git')
  }

  #isInside(path: string): boolean {
    return path === this.#root || path.startsWith(this.#root === sep ? sep : `${this.#root}${sep}`)
  }

  #isNew(path: string): boolean {
    const size = this.#seen.size
    return this.#seen.add(path).size > size
  }

  #hide(file: string, message: string): void {
    this.#incomplete ??= file
    this.#findings.push({ severity: 'error', file, message })
  }

  #refuseMore(file: string, message: string): void {
    this.#isFull = true
    this.#hide(file, `${message}; from here on nothing is read: name a smaller folder with --path`)
  }
}

function isManifestName(path: string): boolean {
  return EXTENSIONS.has(extname(path).toLowerCase())
}

/** Of a link, whose target is undefined where nobody can tell what it is. */
function mayHoldManifests(link: string, target: Stats | undefined): boolean {
  if (isManifestName(link) || target?.isDirectory() === true) return true
  return target === undefined && extname(link) === ''
}
