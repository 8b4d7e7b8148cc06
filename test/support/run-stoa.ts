// Runs the bundle as a user would: a process with arguments, standard input and an exit code.
import { spawn, type SpawnOptions } from 'node:child_process'

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions extends Pick<SpawnOptions, 'cwd' | 'uid' | 'gid'> {
  readonly stdin?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
}

export const BUNDLE = new URL('../../dist/stoa.js', import.meta.url).pathname

export async function runStoa(
  args: readonly string[],
  { stdin, env, ...options }: RunOptions = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [BUNDLE, ...args], {
    ...options,
    env: { ...process.env, ...env },
    timeout: 60_000,
  })
  // A command that does not read its input closes it; that is no failure of the test.
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => (output[stream] += chunk))
  }
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  return { code, ...output }
}
