// The commands for every day, in the order of the help.
import type { Command } from 'commander'
import { registerApprove } from './approve.ts'
import type { CommandIo } from './command-io.ts'
import { registerDoctor } from './doctor.ts'
import { registerDrain } from './drain.ts'
import { registerGet } from './get.ts'
import { registerOrphans } from './orphans.ts'
import { registerPrune } from './prune.ts'
import { registerRefresh } from './refresh.ts'
import { registerStatus } from './status.ts'

export function registerDaily(program: Command, io: CommandIo): void {
  const commands = [
    registerGet,
    registerStatus,
    registerApprove,
    registerRefresh,
    registerOrphans,
    registerPrune,
    registerDrain,
    registerDoctor,
  ]
  for (const register of commands) register(program, io)
}
