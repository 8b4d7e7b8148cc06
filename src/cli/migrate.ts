// `stoa migrate`: the settings of other programs as our manifests.
import type { Command } from 'commander'
import type { CommandIo } from './command-io.ts'
import type { MigrateFlags } from './migrate/run-migrate.ts'

const HELP = `
Manifests go to standard output, what a person should know about them to standard error. What cannot be translated is told with file
and line, and nothing is printed then. Secrets are never read into a manifest: the command that makes the Secret is told instead.

Exit codes: 0 translated, 1 something could not be, 64 wrong usage.`

export function registerMigrate(program: Command, io: CommandIo): void {
  const migrate = program
    .command('migrate')
    .description('turn the settings of other programs into manifests')
    .helpCommand(false)
  const esddns = migrate
    .command('esddns')
    .description("from ESDDNS's dns.ini")
    .argument('<dns.ini>', 'the file, or - for standard input')
  const epictetus = migrate
    .command('epictetus')
    .description('from manifests of Epictetus: its Deployment, and the Services with its annotations')
    .argument('<path...>', 'files, folders, or - for standard input (kubectl get deploy,svc -A -o yaml)')
  const externalDns = migrate
    .command('external-dns')
    .description("from external-dns's flags, as they stand in its Deployment or behind --")
    .argument('<path-or-flag...>', 'files, folders, - for standard input, or flags: -- --provider=aws …')
  for (const [command, system] of [
    [esddns, 'esddns'],
    [epictetus, 'epictetus'],
    [externalDns, 'external-dns'],
  ] as const) {
    command
      .option('--env-file <file>', "the other program's environment, as NAME=value lines")
      .option('--namespace <name>', 'the namespace of the resources', 'dns')
      .option('--out <folder>', 'write one file per resource into this folder')
      .addHelpText('after', HELP)
      .action(async (inputs: string | readonly string[], flags: MigrateFlags) => {
        // The parser and the schemas are only loaded once they are needed: other commands start without them.
        const { runMigrate } = await import('./migrate/run-migrate.ts')
        await runMigrate(system, [inputs].flat(), flags, io)
      })
  }
}
