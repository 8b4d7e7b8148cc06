// `stoa status`: why an object is as it is, from the file it is written in to the provider's answer.
import type { Command } from 'commander'
import type { CommandIo } from './command-io.ts'
import { addRemoteFlags, REMOTE_HELP } from './remote/open-remote.ts'
import type { StatusFlags } from './status/run-status.ts'

const HELP = `
  stoa status www               a record
  stoa status provider/main     a DNSProvider; pool/NAME and wan/NAME are the others
${REMOTE_HELP}

Exit codes: 0 ready, 1 not ready or failed, 64 wrong usage.`

export function registerStatus(program: Command, io: CommandIo): void {
  const command = program.command('status').description('explain why an object is ready or not, and what to do next')
  addRemoteFlags(
    command.argument('<name>', 'a record, or KIND/NAME').option('-n, --namespace <name>', 'in this namespace'),
  )
    .addHelpText('after', HELP)
    .action(async (name: string, flags: StatusFlags) => {
      const { runStatus } = await import('./status/run-status.ts')
      await runStatus(name, flags, io)
    })
}
