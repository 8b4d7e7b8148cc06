// `stoa doctor`: one screen that says whether all is well, and if not, what to do.
import type { Command } from 'commander'
import { LEASE_NAME, LEASE_NAMESPACE } from '../config/settings.ts'
import type { CommandIo } from './command-io.ts'
import type { DoctorFlags } from './doctor/run-doctor.ts'
import { addRemoteFlags, REMOTE_HELP } from './remote/open-remote.ts'

const HELP = `
It reads and changes nothing. In a cluster it looks with your rights, or in a Pod with those of its service account.
${REMOTE_HELP}
--lease-namespace, --lease-name and --watch-namespaces can come from POD_NAMESPACE, STOA_LEASE_NAME and STOA_WATCH_NAMESPACES, as for
stoa run.

Exit codes: 0 all is well, 1 something is wrong, 64 wrong usage.`

export function registerDoctor(program: Command, io: CommandIo): void {
  const command = program.command('doctor').description('say whether all is well, what is stuck and why')
  addRemoteFlags(
    command
      .option(
        '--lease-namespace <name>',
        `where the controller and its Lease are (default: the Pod's namespace; outside of a Pod ${LEASE_NAMESPACE})`,
      )
      .option('--lease-name <name>', `the name of the Lease (default: ${LEASE_NAME})`)
      .option('--watch-namespaces <names>', 'look in these namespaces alone, as the controller does (default: all)'),
  )
    .addHelpText('after', HELP)
    .action(async (flags: DoctorFlags) => {
      const { runDoctor } = await import('./doctor/run-doctor.ts')
      await runDoctor(flags, io)
    })
}
