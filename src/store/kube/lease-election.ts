// Leader election on a Lease: at any instant at most one process leads, and it knows for how long it may rely on that. Another can take
// over only a whole lease after our last renewal, so whatever we begin before our own, shorter deadline is over by then.
import type { Clock } from '../../model/clock.ts'
import { LONGEST_CALL_MS } from '../../model/longest-call.ts'
import { restAfter } from '../../model/rest-after.ts'
import {
  describeForLog,
  jitter,
  Tenure,
  type Leadership,
  type LeaseDurations,
  type TenurePorts,
} from './lease-tenure.ts'

export const DEFAULT_LEASE_DURATIONS: LeaseDurations = {
  leaseMs: 25_000,
  renewMs: 2_000,
  renewDeadlineMs: 8_000,
  longestCallMs: LONGEST_CALL_MS,
}

export interface LeaderElection extends TenurePorts {
  /** The work of the leader. It ends soon after `stopping` is aborted, and nobody else leads before it has. */
  readonly lead: (stopping: AbortSignal, leadership: Leadership) => Promise<void>
}

/** Campaigns, leads, and campaigns again when leadership is lost, until aborted. Rejects only when `lead` does. */
export async function runElection(election: LeaderElection, signal: AbortSignal): Promise<void> {
  refuseUnsafe(election.durations)
  const tenure = new Tenure(election)
  while (await campaign(election, tenure, signal)) {
    election.log.info('Leading', { identity: election.identity })
    try {
      await reign(election, tenure, signal)
    } finally {
      await tenure.release()
    }
    election.log.info('No longer leading', { identity: election.identity })
    await rest(election.clock, election.durations.renewMs, signal)
  }
}

function refuseUnsafe({ leaseMs, renewMs, renewDeadlineMs, longestCallMs }: LeaseDurations): void {
  if (renewDeadlineMs + longestCallMs >= leaseMs)
    throw new RangeError(
      `a lease of ${leaseMs} ms is too short: a call begun at the renew deadline of ${renewDeadlineMs} ms can take ` +
        `${longestCallMs} ms more; make the lease longer or the deadline shorter`,
    )
  if (renewMs <= 0 || renewMs * 2 > renewDeadlineMs)
    throw new RangeError(
      `renewing every ${renewMs} ms leaves no second try before the deadline of ${renewDeadlineMs} ms`,
    )
}

/** True once the Lease is ours; false when aborted. */
async function campaign(election: LeaderElection, tenure: Tenure, signal: AbortSignal): Promise<boolean> {
  const { clock, random, durations } = election
  const { renewMs, leaseMs } = durations
  let failures = 0
  while (!signal.aborted) {
    try {
      const other = await tenure.tryToHold(signal)
      failures = 0
      // An answer that came late may be of a leadership that is over already.
      if (tenure.holds() && !signal.aborted) return true
      // Looked at more often than it is renewed: the later a renewal is seen, the later its end.
      const lookMs = jitter(renewMs * 0.75, random)
      await rest(clock, Math.min(lookMs, (other?.waitMs ?? 0) + random() * (renewMs / 10)), signal)
    } catch (error) {
      failures += 1
      if (!signal.aborted) election.log.warn('Could not campaign for the Lease; trying again', describeForLog(error))
      await rest(clock, jitter(restAfter(failures, { firstMs: renewMs, longestMs: leaseMs }), random), signal)
    }
  }
  if (tenure.holds()) await tenure.release()
  return false
}

/** Leads and renews until the work is over, which it is soon after the Lease is lost or `signal` is aborted. */
async function reign(election: LeaderElection, tenure: Tenure, signal: AbortSignal): Promise<void> {
  const stopping = new AbortController()
  const over = new AbortController()
  const stop = (): void => stopping.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const work = election.lead(stopping.signal, tenure).finally(() => over.abort())
  const renewing = keepRenewing(election, tenure, over.signal).finally(() =>
    stopping.abort(new Error('the Lease was lost')),
  )
  try {
    await work
  } finally {
    await renewing
    signal.removeEventListener('abort', stop)
  }
}

/** Ends when the Lease is lost, or when `over` is aborted. Goes on while the work is asked to stop and has not yet. */
async function keepRenewing(election: LeaderElection, tenure: Tenure, over: AbortSignal): Promise<void> {
  while (!over.aborted && tenure.holds()) {
    await rest(election.clock, tenure.pauseMs(), over)
    if (over.aborted || !tenure.holds()) return
    try {
      await tenure.tryToHold(over)
    } catch (error) {
      if (!over.aborted) election.log.warn('Could not renew the Lease; trying again', describeForLog(error))
    }
  }
}

async function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(ms, signal).catch(() => undefined)
}
