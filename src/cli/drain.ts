// `stoa drain`: takes a node out of DNS before maintenance, and says when it may go.
import type { Command } from 'commander'
import type { CommandIo } from './command-io.ts'
import type { DrainFlags } from './drain/run-drain.ts'
import { addRemoteFlags, REMOTE_HELP } from './remote/open-remote.ts'

const HELP = `
  stoa drain node-3 --wait && sudo reboot    no resolver knows node-3 any more when it reboots
  stoa drain node-3 --undo                   afterwards

In a cluster it sets the annotation dns.stoa.dev/drain on the Node. Without one it says what to write in which manifest.
Pods are kubectl drain's business.
${REMOTE_HELP}

Exit codes: 0 done, 1 failed or not yet safe after --timeout, 64 wrong usage.`

export function registerDrain(program: Command, io: CommandIo): void {
  const command = program.command('drain').description('take a node out of DNS, and wait until it may go')
  addRemoteFlags(
    command
      .argument('<node>', 'a Node: NAME or node/NAME')
      .option('--undo', 'let it come back')
      .option('--wait', 'until no resolver should know it any more; with --undo: until it is back')
      .option('--timeout <duration>', 'how long to wait at most, such as 90s, 10m or 1h', '10m'),
  )
    .addHelpText('after', HELP)
    .action(async (node: string, flags: DrainFlags) => {
      const { runDrain } = await import('./drain/run-drain.ts')
      await runDrain(node, flags, io)
    })
}
