// `stoa refresh`: has objects looked at now.
import type { Command } from 'commander'
import type { CommandIo } from './command-io.ts'
import type { RefreshFlags } from './refresh/run-refresh.ts'
import { addRemoteFlags, REMOTE_HELP } from './remote/open-remote.ts'

const HELP = `
The object's status.lastHandledReconcileAt has the time of the request once it has been handled.
${REMOTE_HELP}

Exit codes: 0 asked, 1 failed, 64 wrong usage.`

export function registerRefresh(program: Command, io: CommandIo): void {
  const command = program.command('refresh').description('have a record, pool, WAN address or provider looked at now')
  addRemoteFlags(
    command
      .argument('[name]', 'a record, or KIND/NAME')
      .option('--all', 'everything in the namespace')
      .option('-n, --namespace <name>', 'in this namespace')
      .option('-A, --all-namespaces', 'with --all: in all namespaces'),
  )
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, flags: RefreshFlags) => {
      const { runRefresh } = await import('./refresh/run-refresh.ts')
      await runRefresh(name, flags, io)
    })
}
