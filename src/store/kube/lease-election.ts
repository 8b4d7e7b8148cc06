// Leader election on a Lease: at any instant at most one process leads, and it knows for how long it may rely on that. Another can take
// over only a whole lease after our last renewal, so whatever we begin before our own, shorter deadline is over by then.
import type { Clock, Random } from '../../model/clock.ts'
import { toReconcileError, TransientError } from '../../model/errors.ts'
import { LONGEST_CALL_MS } from '../../model/longest-call.ts'
import { underSignals } from '../../model/under-signals.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { deadlineAfter, LONG_PAST, msUntil, type Deadline } from './deadline.ts'
import {
  composeHeld,
  composeReleased,
  decideMove,
  sightLease,
  type Lease,
  type LeaseDraft,
  type Sighting,
} from './lease.ts'

/** Rejects with a TransientError `Conflict` where the Lease is not, or no longer, what the write was derived from. */
export interface LeaseApi {
  /** Undefined: there is none. */
  get(signal: AbortSignal): Promise<Lease | undefined>
  create(draft: LeaseDraft, signal: AbortSignal): Promise<Lease>
  /** Replaces exactly the version `previous`. */
  update(previous: Lease, draft: LeaseDraft, signal: AbortSignal): Promise<Lease>
}

export interface LeaseDurations {
  /** A holder that does not renew is taken for gone after this. */
  readonly leaseMs: number
  /** Time between two renewals. */
  readonly renewMs: number
  /** Without a renewal for this long the leader stops. */
  readonly renewDeadlineMs: number
  /** What was begun while leading is over after this. */
  readonly longestCallMs: number
}

export const DEFAULT_LEASE_DURATIONS: LeaseDurations = {
  leaseMs: 25_000,
  renewMs: 2_000,
  renewDeadlineMs: 8_000,
  longestCallMs: LONGEST_CALL_MS,
}

/** For how long leadership may be relied on. */
export interface Leadership {
  /**
   * To be asked right before every call that only a leader may make: a process that was stopped for a while and goes on hears of
   * `stopping` only when its timers get their turn.
   */
  holds(): boolean
}

export interface LeaderElection {
  readonly api: LeaseApi
  /** Of this run of this process: no other, nor the same one restarted, may have it. */
  readonly identity: string
  readonly clock: Clock
  readonly random: Random
  readonly durations: LeaseDurations
  /** The work of the leader. It ends soon after `stopping` is aborted, and nobody else leads before it has. */
  readonly lead: (stopping: AbortSignal, leadership: Leadership) => Promise<void>
  readonly log: Logger
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

/** What we hold of the Lease, and until when. */
class Tenure implements Leadership {
  readonly #election: LeaderElection
  /** The version that the next write replaces; undefined where it has to be read first. */
  #lease: Lease | undefined
  #sighting: Sighting | undefined
  #until: Deadline = LONG_PAST

  constructor(election: LeaderElection) {
    this.#election = election
  }

  holds(): boolean {
    return this.#remainingMs() > 0
  }

  /** Until the leader does something about the Lease again; sooner and sooner as the deadline comes near. */
  pauseMs(): number {
    const { durations, random } = this.#election
    const remainingMs = Math.max(0, this.#remainingMs())
    const soonMs = Math.max(remainingMs / 2, durations.renewMs / 10)
    return Math.min(jitter(durations.renewMs, random), soonMs, remainingMs)
  }

  /** Takes or renews the Lease where that may be. Otherwise it is another's, for at least the answer's milliseconds. */
  async tryToHold(signal: AbortSignal): Promise<{ readonly waitMs: number } | undefined> {
    const { identity, clock, durations } = this.#election
    const known = this.#lease
    // Whatever goes wrong from here on, the Lease is read again: a lost answer may have been a success.
    this.#lease = undefined
    const lease = known ?? (await this.#ask((asking) => this.#election.api.get(asking), signal))
    this.#sighting = sightLease(this.#sighting, lease, clock.monotonicNow())
    const view = { lease, sighting: this.#sighting, identity, leaseMs: durations.leaseMs, now: clock.monotonicNow() }
    const move = decideMove(view)
    if (move.kind === 'wait') {
      this.#until = LONG_PAST
      return { waitMs: move.waitMs }
    }
    await this.#hold(lease, signal)
    return undefined
  }

  async #hold(previous: Lease | undefined, signal: AbortSignal): Promise<void> {
    const { api, identity, clock, durations } = this.#election
    // Nobody can have seen the renewal before it was sent, so that is the moment all lengths are counted from.
    const until = deadlineAfter(durations.renewDeadlineMs, clock)
    const draft = composeHeld(previous, { identity, leaseMs: durations.leaseMs, now: clock.now() })
    const write = (asking: AbortSignal): Promise<Lease> =>
      previous === undefined ? api.create(draft, asking) : api.update(previous, draft, asking)
    this.#lease = await this.#ask(write, signal)
    this.#sighting = { resourceVersion: this.#lease.resourceVersion, since: clock.monotonicNow() }
    this.#until = until
  }

  /** Best effort: who does not hear of it waits for the lease to run out. */
  async release(): Promise<void> {
    const { api, clock, identity, log } = this.#election
    this.#until = LONG_PAST
    this.#lease = undefined
    const signal = new AbortController().signal
    try {
      const lease = await this.#ask((asking) => api.get(asking), signal)
      if (lease?.holder !== identity) return
      await this.#ask((asking) => api.update(lease, composeReleased(lease, clock.now()), asking), signal)
    } catch (error) {
      log.warn('Could not release the Lease; the next leader waits for it to run out', describe(error))
    }
  }

  #remainingMs(): number {
    return msUntil(this.#until, this.#election.clock)
  }

  /** A call gets a third of the deadline, so that there is time for another, and a leader waits for none past the deadline. */
  async #ask<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const attemptMs = this.#election.durations.renewDeadlineMs / 3
    const limitMs = this.holds() ? Math.min(attemptMs, this.#remainingMs()) : attemptMs
    const over = new AbortController()
    const expire = async (asking: AbortSignal): Promise<never> => {
      await this.#election.clock.sleep(limitMs, asking)
      throw new TransientError('ProviderUnavailable', 'the API server did not answer about the Lease in time')
    }
    return underSignals([signal, over.signal], async (asking) => {
      try {
        return await Promise.race([call(asking), expire(asking)])
      } finally {
        over.abort()
      }
    })
  }
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
      if (!signal.aborted) election.log.warn('Could not campaign for the Lease; trying again', describe(error))
      await rest(clock, jitter(Math.min(renewMs * 2 ** (failures - 1), leaseMs), random), signal)
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
      if (!over.aborted) election.log.warn('Could not renew the Lease; trying again', describe(error))
    }
  }
}

/** At most `ms`, at least two thirds of it, so that candidates do not move in step. */
function jitter(ms: number, random: Random): number {
  return ms * (1 - random() / 3)
}

async function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(ms, signal).catch(() => undefined)
}

function describe(error: unknown): { readonly reason: string; readonly error: string } {
  const { reason, message } = toReconcileError(error)
  return { reason, error: message }
}
