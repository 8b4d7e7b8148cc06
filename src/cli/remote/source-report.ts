// What a Stoa without a cluster says of itself, as far as several commands judge it alike.
import type { ControlReport } from '../../serve/control-socket.ts'

/** The saved state of a process that does not run has no version to tell. */
export function isRunning({ version }: ControlReport): boolean {
  return version !== ''
}

/** Before that nothing is known of the objects, and that one is not there says nothing. */
export function isSourceRead({ appliedAt }: ControlReport): boolean {
  return appliedAt !== undefined
}
