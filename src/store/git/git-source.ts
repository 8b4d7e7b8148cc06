// A Git repository as a source: the newest commit of a branch or tag, fetched alone and checked out into a folder of our own.
import { randomUUID } from 'node:crypto'
import { readFile, realpath, rm, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { ReconcileError, toReconcileError, TransientError } from '../../model/errors.ts'
import { underSignals } from '../../model/under-signals.ts'
import { runGit, type GitContext, type GitCredentials } from './git-command.ts'
import { checkRef, checkSubPath, type GitFolders, type SourceLocation } from './locate-source.ts'
import { makeFolder } from './make-folder.ts'
import { listSubmodules, submodulesOf } from './submodules.ts'
import type { TreeSource, TreeVersion } from './tree-source.ts'
import { watchFingerprint } from './watch-fingerprint.ts'

export interface GitSourceOptions {
  readonly location: Exclude<SourceLocation, { readonly kind: 'folder' }>
  /** A folder that is ours. What an earlier process left there is removed. */
  readonly checkouts: string
  readonly ref?: string
  readonly subPath?: string
  readonly credentials?: GitCredentials
  readonly environment?: NodeJS.ProcessEnv
  readonly timeoutMs?: number
}

const REMOTE_POLL_MS = 30_000
const LOCAL_POLL_MS = 500
const TIMEOUT_MS = 60_000
/** Each fetch leaves the files of the one before. */
const FETCHES_PER_CLEANUP = 50

export function createGitSource(options: GitSourceOptions): TreeSource {
  return new GitSource(options)
}

class GitSource implements TreeSource {
  readonly description: string
  readonly pollMs = REMOTE_POLL_MS
  readonly #location: GitSourceOptions['location']
  readonly #checkouts: string
  readonly #ref: string
  readonly #subPath: string
  readonly #context: GitContext
  readonly #timeoutMs: number
  #folder: string | undefined
  #commit: string | undefined
  #submodules: readonly string[] = []
  #fetches = 0

  constructor({ location, checkouts, ref = 'HEAD', subPath = '', ...options }: GitSourceOptions) {
    this.#location = location
    this.#checkouts = checkouts
    this.#ref = checkRef(ref)
    this.#subPath = checkSubPath(subPath)
    const url = location.kind === 'remote' ? location.url : location.path
    const protocol = location.kind === 'remote' ? location.protocol : 'file'
    const { credentials = {}, environment = process.env, timeoutMs = TIMEOUT_MS } = options
    this.#context = { protocol, url, credentials, environment }
    this.#timeoutMs = timeoutMs
    this.description = `${url} at ${this.#ref}${this.#subPath === '' ? '' : `, folder ${this.#subPath}`}`
  }

  async fetch(signal: AbortSignal): Promise<TreeVersion> {
    const limit = AbortSignal.timeout(this.#timeoutMs)
    try {
      return await underSignals([signal, limit], (either) => this.#fetch(either))
    } catch (error) {
      signal.throwIfAborted()
      const { url } = this.#context
      if (limit.aborted) {
        const message = `${url} was not fetched within ${this.#timeoutMs / 1000} seconds; it is tried again`
        throw new TransientError('SourceUnreachable', message, { cause: error })
      }
      throw error
    }
  }

  async watch(onChange: () => void): Promise<() => void> {
    if (this.#location.kind === 'remote') return () => undefined
    const { folders } = this.#location
    const fingerprint = (): Promise<string> => fingerprintRefs(folders, this.#ref)
    const watched = [folders.own, join(folders.common, 'refs', 'heads')]
    return await watchFingerprint({ folders: watched, pollMs: LOCAL_POLL_MS, fingerprint }, onChange)
  }

  async close(): Promise<void> {
    await rm(this.#checkouts, { recursive: true, force: true })
  }

  async #fetch(signal: AbortSignal): Promise<TreeVersion> {
    const folder = (this.#folder ??= await this.#createFolder(signal))
    const { url } = this.#context
    try {
      const options = ['--quiet', '--depth=1', '--no-tags', '--force', '--no-recurse-submodules']
      await this.#git(['fetch', ...options, '--', url, this.#ref], signal)
    } catch (error) {
      throw this.#explain(error)
    }
    try {
      const commit = await this.#git(['rev-parse', '--verify', '--quiet', 'FETCH_HEAD^{commit}'], signal)
      if (commit !== this.#commit) {
        await this.#git(['checkout', '--quiet', '--force', '--detach', commit], signal)
        // Folders alone: a large repository has far more files.
        this.#submodules = listSubmodules(await this.#git(['ls-tree', '-r', '-d', '-z', commit], signal))
        await this.#cleanUp(signal)
        this.#commit = commit
      }
      return await this.#describeVersion(folder, commit)
    } catch (error) {
      if (!(error instanceof ReconcileError) || error.reason === 'GitFailed') this.#abandon()
      throw error
    }
  }

  async #describeVersion(folder: string, commit: string): Promise<TreeVersion> {
    const root = await this.#findRoot(folder, commit)
    const path = relative(await realpath(folder), root)
      .split(sep)
      .join('/')
    const submodules = submodulesOf(path, this.#submodules)
    return { root, prefix: this.#subPath, commit, ...(submodules.length > 0 && { submodules }) }
  }

  #git(args: readonly string[], signal: AbortSignal): Promise<string> {
    return runGit(this.#context, this.#folder ?? this.#checkouts, args, signal)
  }

  /** A new one for each process: what a killed one left may be broken, or still be written to by its git. */
  async #createFolder(signal: AbortSignal): Promise<string> {
    await rm(this.#checkouts, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
    const folder = join(this.#checkouts, randomUUID())
    await makeFolder(folder, 0o700)
    // Without a template: it is samples of hooks, of which none ever runs.
    await runGit(this.#context, folder, ['init', '--quiet', '--template='], signal)
    return folder
  }

  /** The next fetch begins anew. */
  #abandon(): void {
    this.#folder = undefined
    this.#commit = undefined
  }

  async #cleanUp(signal: AbortSignal): Promise<void> {
    this.#fetches += 1
    if (this.#fetches % FETCHES_PER_CLEANUP === 0) await this.#git(['gc', '--quiet', '--prune=now'], signal)
  }

  /** The folder may be a link in the repository, and lead anywhere. */
  async #findRoot(folder: string, commit: string): Promise<string> {
    const real = await realpath(folder)
    const root = await realpath(join(folder, this.#subPath)).catch(() => undefined)
    const isFolder = root !== undefined && (await stat(root)).isDirectory()
    if (isFolder && (root === real || (root.startsWith(real + sep) && !root.startsWith(join(real, '.git')))))
      return root
    const message = `${this.#subPath} is no folder in commit ${commit.slice(0, 12)} of ${this.#context.url}`
    throw new TransientError('SourceUnreadable', `${message}: check --path; until then nothing is changed`)
  }

  #explain(error: unknown): unknown {
    if (!(error instanceof TransientError)) return error
    const { message } = error
    const remedy = findRemedy(message)
    // Broken files of ours are the one thing that fetching into a new folder mends.
    if (remedy === undefined && !/unable to access|could not read from remote/i.test(message)) this.#abandon()
    const { url } = this.#context
    const what = remedy?.replace('REF', this.#ref) ?? toReconcileError(error).message
    return new TransientError('SourceUnreachable', `${url} cannot be fetched: ${what}`, { cause: error })
  }
}

/** In a person's words, where what git says is known. */
export function findRemedy(said: string): string | undefined {
  return REMEDIES.find(([pattern]) => pattern.test(said))?.[1]
}

/** What git says → what a person can do. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/couldn't find remote ref HEAD/i, 'it has no commit yet'],
  [/couldn't find remote ref/i, 'there is no branch or tag REF'],
  [/not our ref|unadvertised object/i, 'the server does not give commit REF by its id: name a branch or a tag'],
  [
    /authentication failed|could not read username|error: 40[13]/i,
    'the server does not accept the token, or asks for one',
  ],
  [
    /host key for \S+ has changed/i,
    'the key of the SSH server is another one than in the known hosts file: make sure that it is the same server, then correct the file',
  ],
  [/host key verification failed/i, 'the key of the SSH server is not known: add it to the known hosts file'],
  [/no such identity/i, 'the file of the SSH key is not there: correct STOA_GIT_SSH_KEY'],
  [
    /permissions \d+ for|bad permissions/i,
    'the file of the SSH key is open to others, so ssh leaves it out: chmod 600 it',
  ],
  [
    /load key/i,
    'ssh cannot use the file of the SSH key: it has to be a private key without a passphrase, which Stoa may read',
  ],
  [/permission denied \(/i, 'the SSH server does not accept the key'],
  [/dubious ownership/i, 'it belongs to another user: run Stoa as that user, or give it a clone of its own'],
]

/** What changes when a ref does: without starting git, so that it can be asked often. */
async function fingerprintRefs({ own, common }: GitFolders, ref: string): Promise<string> {
  const head = await readFile(join(own, 'HEAD'), 'utf8')
  const current = /^ref: (.+)$/m.exec(head)?.[1]
  const names = [...(current === undefined ? [] : [current]), ref, `refs/heads/${ref}`, `refs/tags/${ref}`]
  const loose = await Promise.all(names.map((name) => readFile(join(common, name), 'utf8').catch(() => '')))
  const tables = ['packed-refs', join('reftable', 'tables.list')]
  const packed = await Promise.all(tables.map((name) => stat(join(common, name)).catch(() => undefined)))
  return [head, ...loose, ...packed.map((stats) => `${stats?.mtimeMs} ${stats?.size} ${stats?.ino}`)].join('\n')
}
