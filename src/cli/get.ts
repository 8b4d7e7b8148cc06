// `stoa get`: what there is, as kubectl would show it.
import { Option, type Command } from 'commander'
import type { CommandIo } from './command-io.ts'
import { addRemoteFlags, REMOTE_HELP } from './remote/open-remote.ts'
import type { GetFlags } from './get/run-get.ts'

const HELP = `
KIND is records (ddr), pools (dnspool), wans (wan), providers (dnsp) or nodes; without it, all but nodes are shown.
${REMOTE_HELP}

Exit codes: 0 fine, 1 failed, 64 wrong usage.`

export function registerGet(program: Command, io: CommandIo): void {
  const command = program.command('get').description('list records, pools, WAN addresses and providers')
  addRemoteFlags(
    command
      .argument('[kind]', 'which kind; or one object, as KIND/NAME')
      .argument('[name]', 'one object alone: NAME or NAMESPACE/NAME')
      .option('-n, --namespace <name>', 'in this namespace')
      .option('-A, --all-namespaces', 'in all namespaces (without a cluster: unless --namespace is given)')
      .addOption(new Option('-o, --output <format>', 'how to print').choices(['wide', 'yaml', 'json'])),
  )
    .addHelpText('after', HELP)
    .action(async (kind: string | undefined, name: string | undefined, flags: GetFlags) => {
      const { runGet } = await import('./get/run-get.ts')
      await runGet({ kind, name }, flags, io)
    })
}
