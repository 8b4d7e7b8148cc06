// The gate of a credential: providers count, throttle and block by credential, so everything that uses one waits at the same place.
import type { Clock } from '../model/clock.ts'
import type { CallGate, CallsLeft, Lesson, Purpose } from '../providers/call-gate.ts'
import type { Breaker } from './breaker.ts'
import { TokenBucket, type BucketSpec } from './token-bucket.ts'

/** Ordinary work leaves this share of the allowance for settling lost answers and undoing harm. */
const REPAIR_SHARE = 0.1

/**
 * The gate for one run of workers: when that run is stopped nothing more is let through it. A write that was waiting for its turn
 * must not be sent by a Stoa that is no longer the leader.
 */
export function fenceGate(gate: CallGate, stopping: AbortSignal): CallGate {
  return {
    settle: (lesson) => gate.settle(lesson),
    async admit(purpose, signal) {
      const either = new AbortController()
      const stop = ({ target }: Event): void => either.abort(target === stopping ? stopping.reason : signal.reason)
      stopping.throwIfAborted()
      signal.throwIfAborted()
      stopping.addEventListener('abort', stop, { once: true })
      signal.addEventListener('abort', stop, { once: true })
      try {
        await gate.admit(purpose, either.signal)
      } finally {
        stopping.removeEventListener('abort', stop)
        signal.removeEventListener('abort', stop)
      }
    },
  }
}

export interface CallBudgetOptions {
  readonly allowance: BucketSpec
  readonly clock: Clock
  /** Several allowances of one credential have one. */
  readonly breaker: Breaker
}

export class CallBudget implements CallGate {
  readonly #bucket: TokenBucket
  readonly #reserve: number
  readonly #clock: Clock
  readonly #breaker: Breaker
  #admitted = 0

  constructor({ allowance, clock, breaker }: CallBudgetOptions) {
    this.#bucket = new TokenBucket(allowance, clock.monotonicNow())
    // However small the allowance, ordinary work fits into a full one.
    this.#reserve = Math.max(0, Math.min(allowance.capacity * REPAIR_SHARE, allowance.capacity - 1))
    this.#clock = clock
    this.#breaker = breaker
  }

  /** Calls let through so far. */
  get admitted(): number {
    return this.#admitted
  }

  async admit(purpose: Purpose, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted()
      const waitMs = this.#tryAdmit(purpose)
      if (waitMs === undefined) return
      await this.#clock.sleep(waitMs, signal)
    }
  }

  settle(lesson: Lesson): void {
    if (lesson.kind === 'throttled') this.#breaker.throttled(lesson.afterMs)
    else if (lesson.kind === 'failed') this.#breaker.failed()
    else if (lesson.kind === 'unsent') this.#breaker.withdrawn()
    else {
      this.#breaker.answered()
      this.#learnRemaining(lesson)
    }
  }

  /** The bucket fills by itself; what the provider counts may come back only at the end of its window. */
  #learnRemaining({ remaining, renewedAfterMs }: Partial<CallsLeft>): void {
    if (remaining === undefined) return
    this.#bucket.lowerTo(remaining, this.#clock.monotonicNow())
    if (remaining < 1 && renewedAfterMs !== undefined) this.#breaker.throttled(renewedAfterMs)
  }

  /** Undefined while calls flow; otherwise when, by the monotonic clock, the next one may be tried. */
  closedUntil(): number | undefined {
    return this.#breaker.closedUntil
  }

  /** How long the provider wants to be asked nothing more; 0 where it does not. */
  restMs(): number {
    return this.#breaker.restMs
  }

  /** From 0 (spent) to 1 (full): the emptier, the longer it pays to gather changes before a call. */
  fill(): number {
    return this.#bucket.fill(this.#clock.monotonicNow())
  }

  #tryAdmit(purpose: Purpose): number | undefined {
    const { waitMs } = this.#breaker
    if (waitMs !== undefined) return waitMs
    const taken = this.#bucket.take(this.#clock.monotonicNow(), purpose === 'Repair' ? 0 : this.#reserve)
    if (!taken.taken) return taken.afterMs
    this.#breaker.begin()
    this.#admitted += 1
    return undefined
  }
}
