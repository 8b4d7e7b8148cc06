// The paths on the command line to the files behind them: folders in depth, each file once, nothing that could block.
import type { Stats } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, extname, join, normalize, relative, resolve, sep } from 'node:path'
import { describeSystemError } from '../../model/describe-system-error.ts'
import { UsageError } from '../usage-error.ts'

export interface InputFile {
  /** As the caller would write it. */
  readonly shown: string
  readonly path: string
  /** Named on the command line, not found in a folder. */
  readonly named: boolean
}

export interface FileList {
  readonly files: readonly InputFile[]
  readonly unreadable: readonly UnreadablePath[]
  /** Links that lead out of their folder or nowhere and may stand for manifests, as shown. */
  readonly skippedLinks: readonly string[]
  /** What says to Kustomize how to render its folder, as shown. */
  readonly kustomizations: readonly string[]
}

export interface UnreadablePath {
  readonly shown: string
  readonly error: unknown
}

const EXTENSIONS = new Set(['.yaml', '.yml', '.json'])
const KUSTOMIZATIONS = new Set(['kustomization.yaml', 'kustomization.yml', 'Kustomization'])

/** Throws a `UsageError` for paths that are not there or are neither file nor folder. */
export async function listFiles(paths: readonly string[], cwd: string): Promise<FileList> {
  const walk = new Walk()
  for (const given of paths) {
    const shown = normalize(given)
    const path = resolve(cwd, given)
    const stats = await stat(path).catch((error: unknown) => refusePath(shown, error))
    if (stats.isDirectory()) await walk.addFolder(shown, path)
    else if (stats.isFile()) await walk.addFile({ shown, path, named: true })
    else throw new UsageError(`${shown} is neither a file nor a folder; pipe it instead: stoa validate - < ${shown}`)
  }
  return walk
}

function refusePath(shown: string, error: unknown): never {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
  throw new UsageError(
    missing ? `${shown} does not exist` : `${shown} cannot be opened (${describeSystemError(error)})`,
  )
}

class Walk implements FileList {
  readonly files: InputFile[] = []
  readonly unreadable: UnreadablePath[] = []
  readonly skippedLinks: string[] = []
  readonly kustomizations: string[] = []
  readonly #seen = new Set<string>()

  async addFile(file: InputFile): Promise<void> {
    if (!(await this.#isNew(file.path))) return
    if (file.named) this.#noteKustomization(file.shown)
    this.files.push(file)
  }

  async addFolder(shown: string, path: string): Promise<void> {
    const root = await realpath(path)
    const links = await this.#walk(shown, path)
    // Only now, so that a file reached both ways appears under its own name.
    for (const link of links) await this.#followLink(link, root)
  }

  /** Returns the links met on the way. */
  async #walk(shown: string, path: string): Promise<readonly InputFile[]> {
    if (!(await this.#isNew(path))) return []
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      this.unreadable.push({ shown, error })
      return []
    })
    const links: InputFile[] = []
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const child = { shown: join(shown, entry.name), path: join(path, entry.name), named: false }
      if (!entry.isDirectory()) this.#noteKustomization(child.shown)
      if (entry.isDirectory() && !entry.name.startsWith('.')) links.push(...(await this.#walk(child.shown, child.path)))
      else if (entry.isSymbolicLink() && !entry.name.startsWith('.')) links.push(child)
      else if (entry.isFile() && isManifestName(entry.name)) await this.addFile(child)
    }
    return links
  }

  async #followLink(link: InputFile, root: string): Promise<void> {
    const target = await realpath(link.path).catch(() => undefined)
    const inside = target !== undefined && isInside(root, target)
    const stats = target === undefined ? undefined : await stat(target).catch(() => undefined)
    if (!inside || stats === undefined) {
      if (mayHoldManifests(link.path, stats)) this.skippedLinks.push(link.shown)
    } else if (stats.isDirectory()) {
      for (const inner of await this.#walk(link.shown, link.path)) await this.#followLink(inner, root)
    } else if (stats.isFile() && isManifestName(link.path)) await this.addFile(link)
  }

  #noteKustomization(shown: string): void {
    if (KUSTOMIZATIONS.has(basename(shown))) this.kustomizations.push(shown)
  }

  async #isNew(path: string): Promise<boolean> {
    const real = await realpath(path).catch(() => path)
    if (this.#seen.has(real)) return false
    this.#seen.add(real)
    return true
  }
}

function isManifestName(path: string): boolean {
  return EXTENSIONS.has(extname(path).toLowerCase())
}

function mayHoldManifests(link: string, target: Stats | undefined): boolean {
  if (isManifestName(link) || target?.isDirectory() === true) return true
  return target === undefined && extname(link) === ''
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith(`..${sep}`)
}
