// Runs a command in process, with everything it may touch handed in.
import { tmpdir } from 'node:os'
import type { CommandIo } from '../../src/cli/command-io.ts'
import { runProgram } from '../../src/cli/program.ts'

export interface CommandOutcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandSurroundings extends Partial<Omit<CommandIo, 'stdin'>> {
  readonly stdin?: string
}

export async function runCommand(
  args: readonly string[],
  { stdin = '', ...given }: CommandSurroundings = {},
): Promise<CommandOutcome> {
  const outcome = { code: 0, stdout: '', stderr: '' }
  await runProgram(args, {
    stdout: (text) => void (outcome.stdout += text),
    stderr: (text) => void (outcome.stderr += text),
    ...{ stdoutIsTty: false, stderrIsTty: false, env: {}, cwd: tmpdir() },
    // eslint-disable-next-line @typescript-eslint/require-await -- a stream whose bytes are all there
    stdin: async function* () {
      yield Buffer.from(stdin)
    },
    setExitCode: (code) => void (outcome.code = code),
    signal: new AbortController().signal,
    ...given,
  })
  return outcome
}
