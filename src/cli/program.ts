// The command line: which commands there are, and how they end.
import { Command, CommanderError } from 'commander'
import packageInfo from '../../package.json' with { type: 'json' }
import { registerArgocd } from './argocd.ts'
import { CommandError } from './command-error.ts'
import type { CommandIo } from './command-io.ts'
import { registerDaily } from './daily.ts'
import { registerDemo } from './demo.ts'
import { registerDetect } from './detect.ts'
import { EXIT } from './exit-codes.ts'
import { UsageError } from './usage-error.ts'
import { registerImport } from './import.ts'
import { registerMigrate } from './migrate.ts'
import { registerPlan } from './plan.ts'
import { registerRun } from './run.ts'
import { registerValidate } from './validate.ts'

/** Each adds one command. Registering must stay cheap: a command loads what it needs once it runs. */
const COMMANDS: readonly ((program: Command, io: CommandIo) => void)[] = [
  registerValidate,
  registerDetect,
  registerDemo,
  registerRun,
  registerPlan,
  registerDaily,
  registerMigrate,
  registerImport,
  registerArgocd,
]

/** Runs one command to its end. Never throws: what goes wrong becomes a message and an exit code. */
export async function runProgram(args: readonly string[], io: CommandIo): Promise<void> {
  let running: Command | undefined
  const program = createProgram(io).hook('preAction', (_, command) => void (running = command))
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof UsageError) io.stderr(`error: ${error.message}\n${seeHelp(running ?? program)}\n`)
    else if (!(error instanceof CommanderError) && !io.signal.aborted) io.stderr(describeFailure(error, io))
    io.setExitCode(exitCodeOf(error, io.signal))
  }
}

function createProgram(io: CommandIo): Command {
  const program = new Command('stoa')
    .description('Keeps DNS true to what is really there.')
    .version(`stoa ${packageInfo.version}`, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .addHelpText(
      'after',
      '\nExit codes: 0 fine, 1 findings or failure, 2 changes (only with --detailed-exitcode), 64 wrong usage.',
    )
  for (const register of COMMANDS) register(program, io)
  for (const command of withSubcommands(program)) command.showHelpAfterError(seeHelp(command))
  return program
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)]
}

function seeHelp(command: Command): string {
  return `see ${fullName(command)} --help`
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`
}

function exitCodeOf(error: unknown, signal: AbortSignal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage
  if (error instanceof UsageError) return EXIT.usage
  return signal.aborted ? EXIT.interrupted : EXIT.failure
}

function describeFailure(error: unknown, io: CommandIo): string {
  if (error instanceof CommandError) return `error: ${error.message}\n`
  const message = error instanceof Error ? error.message : String(error)
  if (io.env.STOA_DEBUG === '1' && error instanceof Error) return `${error.stack ?? message}\n`
  return `error: ${message.replace(/\s+/g, ' ')} (unexpected; STOA_DEBUG=1 shows where)\n`
}
