// Starting servers for tests, waiting until they answer, and stopping them by process id.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { forgetPid, rememberPid } from './leftovers.ts'

const POLL_MS = 25
const READY_TIMEOUT_MS = 60_000
const STOP_GRACE_MS = 3_000
const KEPT_OUTPUT = 20_000

export interface ServerSpec {
  /** For messages. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Asked again and again until it says true; an error counts as "not yet". */
  readonly isReady: () => Promise<boolean>
  readonly readyTimeoutMs?: number
}

export interface RunningServer {
  readonly pid: number
  /** The last of what it wrote to stdout and stderr. */
  readonly output: () => string
  /** SIGTERM, then SIGKILL for whoever ignores it. Stopping twice is fine. */
  readonly stop: () => Promise<void>
}

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly stdin?: string
}

export interface CommandResult {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

export async function startServer(spec: ServerSpec): Promise<RunningServer> {
  const [command, args] = withParentDeathSignal(spec.command, spec.args)
  const child = spawn(command, args, { cwd: spec.cwd, env: spec.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = whenEnded(child)
  const output = keepTail(child)
  const { pid } = child
  if (pid === undefined) throw new Error(`could not start ${spec.name}: ${await ended}`)
  rememberPid(pid)
  void ended.then(() => forgetPid(pid))
  const stop = (): Promise<void> => stopChild(child, ended)
  try {
    await waitUntilReady(spec, ended)
  } catch (error) {
    await stop()
    throw new Error(`${error instanceof Error ? error.message : String(error)}; it wrote:\n${output()}`, {
      cause: error,
    })
  }
  return { pid, output, stop }
}

/** Runs a command to its end. A code other than 0 is an answer, not an error; a command that does not exist is an error. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: 'pipe' })
    const { pid } = child
    if (pid !== undefined) rememberPid(pid)
    const stdout = collectText(child.stdout)
    const stderr = collectText(child.stderr)
    child.once('error', (error) => reject(new Error(`could not run ${command}: ${error.message}`, { cause: error })))
    child.once('close', (code) => {
      if (pid !== undefined) forgetPid(pid)
      resolve({ stdout: stdout(), stderr: stderr(), code: code ?? 1 })
    })
    // A command that ends without reading its input closes the pipe; its exit code says what matters.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.stdin ?? '')
  })
}

export function findOnPath(command: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, command)).find((path) => existsSync(path))
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

// On Linux the kernel itself ends the server when this process is killed and cannot clean up.
function withParentDeathSignal(command: string, args: readonly string[]): readonly [string, readonly string[]] {
  const setpriv = findOnPath('setpriv')
  return setpriv === undefined ? [command, args] : [setpriv, ['--pdeathsig', 'KILL', '--', command, ...args]]
}

/** Settles with a description of how it ended, when all that it wrote has been read. */
function whenEnded(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) =>
      resolve(signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`),
    )
  })
}

async function waitUntilReady(spec: ServerSpec, ended: Promise<string>): Promise<void> {
  const timeoutMs = spec.readyTimeoutMs ?? READY_TIMEOUT_MS
  const deadline = performance.now() + timeoutMs
  let end: string | undefined
  void ended.then((how) => (end = how))
  while (performance.now() < deadline) {
    const ready = await spec.isReady().catch(() => false)
    if (end !== undefined) throw new Error(`${spec.name} did not start: ${end}`)
    if (ready) return
    await delay(POLL_MS)
  }
  throw new Error(`${spec.name} was not ready after ${timeoutMs} ms`)
}

async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS)
  await ended
  clearTimeout(timer)
}

function collectText(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString('utf8')
}

function keepTail(child: ChildProcess): () => string {
  let tail = ''
  const add = (chunk: Buffer): void => {
    tail = (tail + chunk.toString('utf8')).slice(-KEPT_OUTPUT)
  }
  child.stdout?.on('data', add)
  child.stderr?.on('data', add)
  return () => tail
}
