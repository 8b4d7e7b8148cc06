// What one process holds of the Lease, and until when it may rely on that.
import type { Clock, Random } from '../../model/clock.ts'
import { toReconcileError, TransientError } from '../../model/errors.ts'
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

export interface TenurePorts {
  readonly api: LeaseApi
  /** Of this run of this process: no other, nor the same one restarted, may have it. */
  readonly identity: string
  readonly clock: Clock
  readonly random: Random
  readonly durations: LeaseDurations
  readonly log: Logger
}

/** For how long leadership may be relied on. */
export interface Leadership {
  /**
   * To be asked right before every call that only a leader may make: a process that was stopped for a while and goes on hears of
   * `stopping` only when its timers get their turn.
   */
  holds(): boolean
}

export class Tenure implements Leadership {
  readonly #ports: TenurePorts
  /** The version that the next write replaces; undefined where it has to be read first. */
  #lease: Lease | undefined
  #sighting: Sighting | undefined
  #until: Deadline = LONG_PAST

  constructor(ports: TenurePorts) {
    this.#ports = ports
  }

  holds(): boolean {
    return this.#remainingMs() > 0
  }

  /** Until the leader does something about the Lease again; sooner and sooner as the deadline comes near. */
  pauseMs(): number {
    const { durations, random } = this.#ports
    const remainingMs = Math.max(0, this.#remainingMs())
    const soonMs = Math.max(remainingMs / 2, durations.renewMs / 10)
    return Math.min(jitter(durations.renewMs, random), soonMs, remainingMs)
  }

  /** Takes or renews the Lease where that may be. Otherwise it is another's, for at least the answer's milliseconds. */
  async tryToHold(signal: AbortSignal): Promise<{ readonly waitMs: number } | undefined> {
    const { identity, clock, durations } = this.#ports
    const known = this.#lease
    // Whatever goes wrong from here on, the Lease is read again: a lost answer may have been a success.
    this.#lease = undefined
    const lease = known ?? (await this.#ask((asking) => this.#ports.api.get(asking), signal))
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
    const { api, identity, clock, durations } = this.#ports
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
    const { api, clock, identity, log } = this.#ports
    this.#until = LONG_PAST
    this.#lease = undefined
    const signal = new AbortController().signal
    try {
      const lease = await this.#ask((asking) => api.get(asking), signal)
      if (lease?.holder !== identity) return
      await this.#ask((asking) => api.update(lease, composeReleased(lease, clock.now()), asking), signal)
    } catch (error) {
      log.warn('Could not release the Lease; the next leader waits for it to run out', describeForLog(error))
    }
  }

  #remainingMs(): number {
    return msUntil(this.#until, this.#ports.clock)
  }

  /** A call gets a third of the deadline, so that there is time for another, and a leader waits for none past the deadline. */
  async #ask<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const attemptMs = this.#ports.durations.renewDeadlineMs / 3
    const limitMs = this.holds() ? Math.min(attemptMs, this.#remainingMs()) : attemptMs
    const over = new AbortController()
    const expire = async (asking: AbortSignal): Promise<never> => {
      await this.#ports.clock.sleep(limitMs, asking)
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

/** At most `ms`, at least two thirds of it, so that candidates do not move in step. */
export function jitter(ms: number, random: Random): number {
  return ms * (1 - random() / 3)
}

export function describeForLog(error: unknown): { readonly reason: string; readonly error: string } {
  const { reason, message } = toReconcileError(error)
  return { reason, error: message }
}
