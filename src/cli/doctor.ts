// `stoa doctor`: one screen that says whether all is well, and if not, what to do.
import type { Command } from 'commander'
import type { CommandIo } from './command-io.ts'
import type { DoctorFlags } from './doctor/run-doctor.ts'
import { addRemoteFlags, REMOTE_HELP } from './remote/open-remote.ts'

const HELP = `
It reads and changes nothing. In a cluster it looks with your rights, or in a Pod with those of its service account.
${REMOTE_HELP}

Exit codes: 0 all is well, 1 something is wrong, 64 wrong usage.`

export function registerDoctor(program: Command, io: CommandIo): void {
  const command = program.command('doctor').description('say whether all is well, what is stuck and why')
  addRemoteFlags(
    command
      .option('--lease-namespace <name>', 'where the controller and its Lease are', 'stoa-system')
      .option('--lease-name <name>', 'the name of the Lease', 'stoa'),
  )
    .addHelpText('after', HELP)
    .action(async (flags: DoctorFlags) => {
      const { runDoctor } = await import('./doctor/run-doctor.ts')
      await runDoctor(flags, io)
    })
}
