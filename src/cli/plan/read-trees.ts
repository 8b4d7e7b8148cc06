// Where the trees of a plan come from: the working tree as it lies there, and commits by way of a checkout of our own, so that nothing in
// the repository is touched.
import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { ReconcileError, toReconcileError } from '../../model/errors.ts'
import { printable } from '../../model/text.ts'
import { hasCode } from '../../store/git/durable-file.ts'
import { runGit } from '../../store/git/git-command.ts'
import { createGitSource, findRemedy } from '../../store/git/git-source.ts'
import { locateSource, type SourceLocation } from '../../store/git/locate-source.ts'
import { listSubmodules, submodulesOf } from '../../store/git/submodules.ts'
import { TreeReader } from '../../store/git/tree-reader.ts'
import type { TreeSource, TreeVersion } from '../../store/git/tree-source.ts'
import { joinFiles, type Tree } from '../../store/git/tree.ts'
import type { CommandIo } from '../command-io.ts'
import { UsageError } from '../usage-error.ts'

export interface TreePlace {
  /** The folder that was asked for. */
  readonly folder: string
  /** The repository around it; undefined where there is none. */
  readonly repository: Extract<SourceLocation, { readonly kind: 'repository' }> | undefined
  /** From the root of the repository to the folder, with slashes; empty for the root. */
  readonly subPath: string
}

/** A folder that is not there at a ref: everything in it is yet to come, or gone. */
export const NO_TREE: Tree = joinFiles([], [], undefined)

export async function locateTree(path: string, cwd: string): Promise<TreePlace> {
  const folder = resolve(cwd, path)
  const stats = await stat(folder).catch(() => undefined)
  if (stats?.isDirectory() !== true)
    throw new UsageError(`${printable(path)} ${stats ? 'is no folder' : 'does not exist'}`)
  for (let root = folder; ; root = dirname(root)) {
    const location = await locateSource(root, cwd)
    if (location.kind === 'repository') {
      return { folder, repository: location, subPath: relative(root, folder).split(sep).join('/') }
    }
    if (dirname(root) === root) return { folder, repository: undefined, subPath: '' }
  }
}

export interface ReadOptions {
  readonly place: TreePlace
  readonly defaultNamespace: string
  readonly io: Pick<CommandIo, 'env' | 'signal'>
}

export async function readWorkingTree(reading: ReadOptions): Promise<Tree> {
  return await withWorkingTree(reading, (version) => readTree(version, reading))
}

async function readTree(version: TreeVersion, { defaultNamespace, io }: ReadOptions): Promise<Tree> {
  return (await new TreeReader(defaultNamespace).read(version, io.signal)).tree
}

/**
 * The folder as a commit of everything in it would have it, for as long as the work takes: what git ignores and what belongs to another
 * repository, such as the checkouts of a data directory, is left out.
 */
export async function withWorkingTree<Result>(
  { place, io }: ReadOptions,
  work: (version: TreeVersion) => Promise<Result>,
): Promise<Result> {
  const { repository, folder, subPath } = place
  if (repository === undefined) return await work({ root: folder, prefix: '' })
  const listing = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', '.']
  const listed = await askGit('its files', { ...repository, folder }, listing, io)
  const files = listed.split('\0')
  const staged = await askGit('its submodules', { ...repository, folder }, ['ls-files', '--stage', '-z', '--', '.'], io)
  const submodules = submodulesOf('', listSubmodules(staged))
  const root = await mkdtemp(join(tmpdir(), 'stoa-plan-'))
  try {
    for (const file of files.filter((name) => MANIFEST.test(name))) {
      io.signal.throwIfAborted()
      await copyFile(join(folder, file), join(root, file))
    }
    return await work({ root, prefix: subPath, submodules })
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 3 })
  }
}

const MANIFEST = /\.(?:yaml|yml|json)$/

/** What git knows of may be deleted meanwhile. Links stay links, and so lead out of the copy where they led out of the folder. */
async function copyFile(from: string, to: string): Promise<void> {
  await cp(from, to, { verbatimSymlinks: true }).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error
  })
}

/** Undefined when the commit has no such folder. */
export async function readTreeAt(ref: string, reading: ReadOptions): Promise<Tree | undefined> {
  return await withCheckout(ref, reading, (version) => readTree(version, reading))
}

/** The folder as it is at a commit, for as long as the work takes. Undefined when the commit has no such folder. */
export async function withCheckout<Result>(
  ref: string,
  { place, io }: ReadOptions,
  work: (version: TreeVersion) => Promise<Result>,
): Promise<Result | undefined> {
  const location = place.repository
  if (location === undefined) {
    throw new UsageError(`${place.folder} is in no Git repository, so there is no ${printable(ref)}`)
  }
  const commit = await resolveRef(ref, location.path, io)
  const checkouts = join(tmpdir(), `stoa-plan-${randomUUID()}`)
  const source = createGitSource({ location, checkouts, ref: commit, subPath: place.subPath, environment: io.env })
  try {
    const version = await fetchFolder(source, io.signal)
    return version && (await work(version))
  } finally {
    await rm(checkouts, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function fetchFolder(source: TreeSource, signal: AbortSignal): Promise<TreeVersion | undefined> {
  try {
    return await source.fetch(signal)
  } catch (error) {
    if (error instanceof ReconcileError && error.reason === 'SourceUnreadable') return undefined
    throw error
  }
}

/** Whatever git understands: a branch, a tag, `HEAD~1`, the beginning of a commit id. */
async function resolveRef(ref: string, path: string, io: ReadOptions['io']): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]
  const commit = await askGit(printable(ref), { path, folder: path }, args, io)
  // A range, such as main..HEAD, is several.
  if (/^[0-9a-f]+$/.test(commit)) return commit
  if (ref === 'HEAD') {
    const remedy = 'make the first commit, or compare with the providers by --live'
    throw new UsageError(`${path} has no commit yet to compare with: ${remedy}`)
  }
  const isShallow = await askGit('its depth', { path, folder: path }, ['rev-parse', '--is-shallow-repository'], io)
  const remedy = isShallow === 'true' ? ', and only a part of the history: git fetch --unshallow brings the rest' : ''
  throw new UsageError(`${path} has no branch, tag or commit ${printable(ref)}${remedy}`)
}

async function askGit(
  what: string,
  { path, folder }: { readonly path: string; readonly folder: string },
  args: readonly string[],
  { env, signal }: ReadOptions['io'],
): Promise<string> {
  const context = { protocol: 'file', url: path, credentials: {}, environment: env } as const
  return await runGit(context, folder, args, signal).catch((error: unknown) => {
    signal.throwIfAborted()
    const { message, reason } = toReconcileError(error)
    if (reason === 'GitMissing') throw error
    throw new UsageError(`${path} cannot be asked for ${what}: ${findRemedy(message) ?? message}`)
  })
}
