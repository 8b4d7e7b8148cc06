// `stoa orphans`: what is ours at the providers and nothing claims.
import type { Command } from 'commander'
import type { CommandIo } from './command-io.ts'
import type { OrphansFlags } from './orphans/run-orphans.ts'
import { addRemoteFlags, REMOTE_HELP } from './remote/open-remote.ts'

const HELP = `
Orphans are record sets that Stoa wrote and no record claims any more. They stay until stoa prune removes them.
${REMOTE_HELP}

Exit codes: 0 fine, 1 failed, 64 wrong usage.`

export function registerOrphans(program: Command, io: CommandIo): void {
  const command = program.command('orphans').description('list record sets that are ours and that nothing claims')
  addRemoteFlags(
    command
      .option('-n, --namespace <name>', 'of the providers in this namespace')
      .option('-A, --all-namespaces', 'of the providers in all namespaces (the default)'),
  )
    .addHelpText('after', HELP)
    .action(async (flags: OrphansFlags) => {
      const { runOrphans } = await import('./orphans/run-orphans.ts')
      await runOrphans(flags, io)
    })
}
