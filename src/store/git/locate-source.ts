// What a person writes behind --git, --ref and --path, checked before git or the file system see it.
import { readFile, stat } from 'node:fs/promises'
import { isIP } from 'node:net'
import { posix, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TerminalError } from '../../model/errors.ts'
import { printable } from '../../model/text.ts'

export type SourceLocation =
  | { readonly kind: 'remote'; readonly protocol: 'https' | 'http' | 'ssh'; readonly url: string }
  | { readonly kind: 'repository'; readonly path: string; readonly folders: GitFolders }
  | { readonly kind: 'folder'; readonly path: string }

const REMOTE_PROTOCOLS = ['https', 'http', 'ssh'] as const

/** They are the same, but for linked working trees. */
export interface GitFolders {
  /** With HEAD. */
  readonly own: string
  /** With the refs. */
  readonly common: string
}

/** Throws a `TerminalError` that says what is wrong with it: `SourceMissing` where it may yet come, else `InvalidSource`. */
export async function locateSource(text: string, cwd: string): Promise<SourceLocation> {
  if (text === '' || text.trim() !== text || /\p{Cc}/u.test(text)) {
    throw refuse(text, 'must be a URL or a path, without line breaks or spaces around it')
  }
  if (text.startsWith('-')) throw refuse(text, `looks like an option; for a folder of that name write ./${text}`)
  if (/^[a-z][a-z0-9+.-]*::/i.test(text)) throw refuse(text, 'names a helper program; write an https or ssh URL')
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return text.toLowerCase().startsWith('file:') ? locateLocal(pathOf(text), cwd) : parseUrl(text)
  }
  if (/^[^/\\]+@?[^/\\]*:/.test(text) && !/^[a-z]:[/\\]/i.test(text)) return parseScpStyle(text)
  return await locateLocal(text, cwd)
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url)
  } catch {
    throw refuse(url, 'is no path on this machine')
  }
}

function parseUrl(text: string): SourceLocation {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.hostname === '' || url.hostname.startsWith('-')) throw refuse(text, 'is no URL')
  const protocol = REMOTE_PROTOCOLS.find((allowed) => url.protocol === `${allowed}:`)
  const shown = `${url.protocol}//${url.host}${url.pathname}`
  if (protocol === undefined) throw refuse(shown, 'has a protocol that is not allowed; write an https or ssh URL')
  if (protocol === 'http' && !isLoopback(url.hostname)) {
    throw refuse(shown, 'would bring the manifests over the network unprotected; write an https URL')
  }
  const wrong = findCredentials(protocol, url)
  if (wrong !== undefined) throw refuse(shown, wrong)
  return { kind: 'remote', protocol, url: text }
}

/** A URL is shown in logs and statuses. */
function findCredentials(protocol: (typeof REMOTE_PROTOCOLS)[number], { username, password }: URL): string | undefined {
  if (protocol === 'ssh') {
    return password === ''
      ? undefined
      : 'must not hold a password; name the file of a key in the variable STOA_GIT_SSH_KEY'
  }
  if (username === '' && password === '') return undefined
  const remedy = 'put the token into the variable STOA_GIT_TOKEN, and the user, if it needs one, into STOA_GIT_USERNAME'
  return `must not hold a user or password; ${remedy}`
}

/** `git@host:path` */
function parseScpStyle(text: string): SourceLocation {
  const [, user = '', host = '', path = ''] = /^(?:([^@:]+)@)?([^@:]+):(.+)$/.exec(text) ?? []
  if (!/^[\w.-]*$/.test(user) || !/^[\w.-]+$/.test(host) || [user, host, path].some((part) => part.startsWith('-'))) {
    throw refuse(text, 'is no address such as git@example.com:group/repository.git')
  }
  return { kind: 'remote', protocol: 'ssh', url: text }
}

async function locateLocal(text: string, cwd: string): Promise<SourceLocation> {
  const path = resolve(cwd, text)
  const stats = await stat(path).catch(() => undefined)
  if (stats === undefined) {
    // It may be mounted later, so this is no setting that can only be wrong.
    const message = `${printable(text)} does not exist: correct the path, or start again once it is there`
    throw new TerminalError('SourceMissing', message)
  }
  if (!stats.isDirectory()) throw refuse(text, 'is no folder')
  const folders = await findGitFolders(path)
  return folders === undefined ? { kind: 'folder', path } : { kind: 'repository', path, folders }
}

/** Without asking git, which would read the repository's configuration first. */
async function findGitFolders(path: string): Promise<GitFolders | undefined> {
  const inside = resolve(path, '.git')
  if (await isGitFolder(inside)) return { own: inside, common: inside }
  if (await isGitFolder(path)) return { own: path, common: path }
  const pointer = await readFile(inside, 'utf8').catch(() => '')
  const own = /^gitdir: (.+)$/m.exec(pointer)?.[1]
  if (own === undefined) return undefined
  const folder = resolve(path, own)
  const common = (await readFile(resolve(folder, 'commondir'), 'utf8').catch(() => '.')).trim()
  return { own: folder, common: resolve(folder, common) }
}

async function isGitFolder(path: string): Promise<boolean> {
  const parts = await Promise.all(
    ['HEAD', 'objects', 'refs'].map((name) => stat(resolve(path, name)).catch(() => undefined)),
  )
  return parts.every((part) => part !== undefined)
}

/** A branch, a tag, a full commit id, or HEAD. */
export function checkRef(ref: string): string {
  // As git's own check-ref-format, and nothing that is an expression to git.
  const wrong = /^[-./]|\.\.|\/\/|\/\.|@\{|[\p{Cc} ~^:?*[\\]|(?:\.lock|[./])$|^@$/u
  if (ref === '' || ref.length > 250 || wrong.test(ref)) {
    throw new TerminalError('InvalidSource', `${printable(ref)} is no branch, tag or commit id`)
  }
  if (/^[0-9a-f]{7,39}$/.test(ref)) {
    const message = `${ref} looks like the beginning of a commit id: write all of it, or refs/heads/${ref} for a branch`
    throw new TerminalError('InvalidSource', message)
  }
  return ref
}

/** A folder below the root, with slashes; empty for the root itself. */
export function checkSubPath(path: string): string {
  const normal = posix.normalize(path.replace(/^\.\//, '')).replace(/\/$/, '')
  const parts = normal.split('/')
  if (normal === '.' || normal === '') return ''
  if (posix.isAbsolute(normal) || parts.includes('..') || parts.includes('.git') || normal.includes('\0')) {
    throw new TerminalError(
      'InvalidSource',
      `${printable(path)} is no folder inside the repository: write it as apps/dns`,
    )
  }
  return normal
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'))
}

function refuse(text: string, why: string): TerminalError {
  return new TerminalError('InvalidSource', `${printable(text)} ${why}`)
}
