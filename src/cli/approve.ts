// `stoa approve`: lets go what waits for a person.
import type { Command } from 'commander'
import type { ApproveFlags } from './approve/run-approve.ts'
import type { CommandIo } from './command-io.ts'
import { addRemoteFlags, REMOTE_HELP } from './remote/open-remote.ts'

const HELP = `
  stoa approve www                     show what waits for record www, and how to approve it
  stoa approve www 0123456789abcdef    approve exactly that
  stoa approve provider/main --yes     approve what waits for DNSProvider main, whatever it is
  stoa approve removals --yes          without a cluster: let go what is no longer in Git
${REMOTE_HELP}

Exit codes: 0 approved, 1 nothing was approved, 64 wrong usage.`

export function registerApprove(program: Command, io: CommandIo): void {
  const command = program.command('approve').description('let a plan, held changes or held removals go')
  addRemoteFlags(
    command
      .argument('<name>', 'a record, provider/NAME, or the word removals')
      .argument('[hash]', 'what exactly')
      .option('-n, --namespace <name>', 'in this namespace')
      .option('-y, --yes', 'what waits, without its hash; with a hash, although it does not wait yet'),
  )
    .addHelpText('after', HELP)
    .action(async (name: string, hash: string | undefined, flags: ApproveFlags) => {
      const { runApprove } = await import('./approve/run-approve.ts')
      await runApprove({ name, hash }, flags, io)
    })
}
