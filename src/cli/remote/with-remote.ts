import { ReconcileError } from '../../model/errors.ts'
import { CommandError } from '../command-error.ts'
import type { CommandIo } from '../command-io.ts'
import { EXIT } from '../exit-codes.ts'
import { locateRemote, openRemote, type RemoteFlags } from './open-remote.ts'
import type { Remote } from './remote.ts'

/** Opens what a command works on, and closes it. What stands in the way is told in one line. */
export async function withRemote(
  flags: RemoteFlags,
  io: CommandIo,
  work: (remote: Remote) => Promise<void>,
): Promise<void> {
  try {
    const remote = await openRemote(await locateRemote(flags, io), io)
    try {
      await work(remote)
    } finally {
      await remote.close()
    }
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof ReconcileError)) throw error
    io.stderr(`error: ${error.message}\n`)
    io.setExitCode(EXIT.failure)
  }
}
