// `stoa prune`: removes exactly the orphans that were looked at.
import type { Command } from 'commander'
import type { CommandIo } from './command-io.ts'
import type { PruneFlags } from './prune/run-prune.ts'
import { addRemoteFlags, REMOTE_HELP } from './remote/open-remote.ts'

const HELP = `
The hash is what stoa orphans shows, and stands for exactly that list: when the list is another one by then, nothing is removed.
${REMOTE_HELP}

Exit codes: 0 asked, 1 failed or no such list, 64 wrong usage.`

export function registerPrune(program: Command, io: CommandIo): void {
  const command = program.command('prune').description('remove the orphans of a provider')
  addRemoteFlags(
    command
      .argument('<provider>', 'a DNSProvider: NAME or NAMESPACE/NAME')
      .argument('<hash>', 'which orphans')
      .option('--zone <name>', 'only if it is the list of this zone')
      .option('-n, --namespace <name>', 'in this namespace'),
  )
    .addHelpText('after', HELP)
    .action(async (provider: string, hash: string, flags: PruneFlags) => {
      const { runPrune } = await import('./prune/run-prune.ts')
      await runPrune({ provider, hash }, flags, io)
    })
}
