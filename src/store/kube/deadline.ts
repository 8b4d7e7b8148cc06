// Until when something that was agreed with other machines may be relied on.
import type { Clock } from '../../model/clock.ts'

/** By both clocks: nobody sets the monotonic one, but it stands still while the machine sleeps, and the others go on. */
export interface Deadline {
  readonly monotonic: number
  readonly date: number
}

export const LONG_PAST: Deadline = { monotonic: Number.NEGATIVE_INFINITY, date: Number.NEGATIVE_INFINITY }

export function deadlineAfter(ms: number, clock: Clock): Deadline {
  return { monotonic: clock.monotonicNow() + ms, date: clock.now() + ms }
}

export function msUntil({ monotonic, date }: Deadline, clock: Clock): number {
  return Math.min(monotonic - clock.monotonicNow(), date - clock.now())
}
