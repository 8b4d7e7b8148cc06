// Runs git so that nothing but what we say counts: no configuration of the machine or the user, no hooks, no questions, one protocol, and
// secrets only in the environment.
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { simpleGit } from 'simple-git'
import { TerminalError, TransientError } from '../../model/errors.ts'
import { printable } from '../../model/text.ts'

export interface GitCredentials {
  /** For https. */
  readonly token?: string
  /** Beside the token; most servers take any. */
  readonly username?: string
  /** Path of a private key, for ssh. */
  readonly sshKeyFile?: string
  /** Path of the host keys to trust, for ssh. */
  readonly knownHostsFile?: string
  /** Path of certificates to trust, for https. */
  readonly caFile?: string
}

export interface GitContext {
  /** Exactly this is allowed. */
  readonly protocol: 'https' | 'http' | 'ssh' | 'file'
  readonly url: string
  readonly credentials: GitCredentials
  /** Of this process: where git, proxies and the ssh agent are. */
  readonly environment: NodeJS.ProcessEnv
}

const PASSED_ON = [
  ...['PATH', 'HOME', 'TMPDIR', 'SSH_AUTH_SOCK', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['http_proxy', 'https_proxy', 'no_proxy', 'HTTPS_PROXY', 'NO_PROXY'],
]

const GIT_MISSING = 'git is not installed: install it, or in a container use the image built with --target git'

/** Rejects with a `TerminalError` where there is no git: what does not mend itself should be said at the start. */
export async function requireGit(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  await runGit({ protocol: 'file', url: '', credentials: {}, environment }, process.cwd(), ['--version'], signal)
}

/**
 * Output without the last line break. Rejects with a `TransientError`, because a cut connection and a refused key may both be mended,
 * or with a `TerminalError` where there is no git.
 */
export async function runGit(
  context: GitContext,
  folder: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const environment = createEnvironment(context)
  const git = simpleGit({
    baseDir: folder,
    abort: signal,
    allowEnvironment: Object.keys(environment).filter((name) => name.startsWith('GIT_')),
    // Each of these is set by us, below, and by nobody else.
    unsafe: {
      allowUnsafeConfigEnvCount: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeCredentialHelper: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeHooksPath: true,
      allowUnsafeSshCommand: true,
      allowUnsafeTemplateDir: true,
    },
  })
    .env(environment)
    .outputHandler((_command, stdout, stderr) => letGoWhenAborted([stdout, stderr], signal))
  try {
    return (await git.raw([...args])).trimEnd()
  } catch (error) {
    if (signal.aborted) throw error
    const message = error instanceof Error ? error.message : String(error)
    if (isMissing(message)) throw new TerminalError('GitMissing', GIT_MISSING, { cause: error })
    throw new TransientError('GitFailed', hideToken(lastWords(message), context.credentials), { cause: error })
  }
}

/** Aborting ends git, but not the helper that it fetches with: while that holds the other ends, this process could not end either. */
function letGoWhenAborted(outputs: readonly NodeJS.ReadableStream[], signal: AbortSignal): void {
  for (const output of outputs) {
    // simple-git says less of the streams of a child process than Node does.
    const letGo = (): void => void (output as Readable).destroy()
    signal.addEventListener('abort', letGo, { once: true })
    output.once('close', () => signal.removeEventListener('abort', letGo))
  }
}

/** Node says the same of a folder that is not there, but simple-git has looked at that before. */
function isMissing(message: string): boolean {
  return /\bspawn git ENOENT\b/.test(message)
}

function createEnvironment({ protocol, url, credentials, environment }: GitContext): Record<string, string> {
  const kept = PASSED_ON.flatMap((name) => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  const config = listConfig(url, credentials)
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ALLOW_PROTOCOL: protocol,
    GIT_SSH_COMMAND: sshCommand(credentials),
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(
      config.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  }
}

function listConfig(url: string, { token, username = 'x-access-token', caFile }: GitCredentials): [string, string][] {
  const config: [string, string][] = [
    ['core.hooksPath', '/dev/null'],
    ['core.attributesFile', '/dev/null'],
    ['core.fsmonitor', 'false'],
    ['core.logAllRefUpdates', 'false'],
    ['credential.helper', ''],
    ['submodule.recurse', 'false'],
    ['gc.auto', '0'],
    ['maintenance.auto', 'false'],
    // For a helper that outlives its git: it ends when the server has said nothing for so long.
    ['http.lowSpeedLimit', '1'],
    ['http.lowSpeedTime', '60'],
  ]
  if (caFile !== undefined) config.push(['http.sslCAInfo', resolve(caFile)])
  if (token !== undefined && /^https?:/i.test(url)) {
    // For this server alone: it may send us on to another one.
    const header = `Authorization: Basic ${Buffer.from(`${username}:${token}`).toString('base64')}`
    config.push([`http.${new URL(url).origin}/.extraHeader`, header])
  }
  return config
}

function sshCommand({ sshKeyFile, knownHostsFile }: GitCredentials): string {
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=yes']
  if (knownHostsFile !== undefined) options.push(`UserKnownHostsFile=${resolve(knownHostsFile)}`)
  if (sshKeyFile !== undefined) options.push('IdentitiesOnly=yes', `IdentityFile=${resolve(sshKeyFile)}`)
  return ['ssh', ...options.flatMap((option) => ['-o', quote(option)])].join(' ')
}

/** For the shell that git hands the command to. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** What ssh says of a key or a server before git says that nothing came; of a key that it leaves out it says why before it is refused. */
const OF_SSH = /permission denied|^host key (?:for|verification) |^no such identity: |^Permissions \d+ for |^Load key /i
const MOST_LINES = 3

/** What git itself says was fatal, or else what came last. curl tells after how long: with that, no two attempts would fail alike. */
function lastWords(message: string): string {
  const timeless = message.replace(/ after \d+ (?:ms|milliseconds)\b/g, '')
  const lines = timeless.split(/\r?\n/).filter((line) => line.trim() !== '')
  const said = lines.filter((line) => /^(?:fatal|error|ssh): /i.test(line) || OF_SSH.test(line))
  return printable((said.length > 0 ? said.slice(0, MOST_LINES) : lines.slice(-1)).join('; ')).slice(0, 400)
}

function hideToken(text: string, { token, username = 'x-access-token' }: GitCredentials): string {
  if (token === undefined || token === '') return text
  const encoded = Buffer.from(`${username}:${token}`).toString('base64')
  return text.replaceAll(token, '…').replaceAll(encoded, '…')
}
