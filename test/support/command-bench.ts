// Runs a command in process, with everything it may touch handed in.
import type { CommandIo } from '../../src/cli/command-io.ts'
import { runProgram } from '../../src/cli/program.ts'

export interface CommandOutcome {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface CommandSurroundings {
  readonly stdin?: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

export async function runCommand(
  args: readonly string[],
  { stdin = '', cwd = process.cwd(), env = {} }: CommandSurroundings = {},
): Promise<CommandOutcome> {
  const outcome: { code: number | undefined; stdout: string; stderr: string } = {
    code: undefined,
    stdout: '',
    stderr: '',
  }
  const io: CommandIo = {
    stdout: (text) => void (outcome.stdout += text),
    stderr: (text) => void (outcome.stderr += text),
    ...{ stdoutIsTty: false, stderrIsTty: false, env, cwd },
    // eslint-disable-next-line @typescript-eslint/require-await -- a stream whose bytes are all there
    stdin: async function* () {
      yield Buffer.from(stdin)
    },
    setExitCode: (code) => void (outcome.code = code),
    signal: new AbortController().signal,
  }
  await runProgram(args, io)
  return outcome
}
