// One gate per credential: providers count, throttle and block by credential, so everything that uses one waits at the same place.
import type { Clock, Random } from '../model/clock.ts'
import type { CallGate, Lesson, Purpose } from '../providers/call-gate.ts'
import { TokenBucket, type BucketSpec } from './token-bucket.ts'

/** Ordinary work leaves this share of the allowance for settling lost answers and undoing harm. */
const REPAIR_SHARE = 0.1
const FAILURES_TO_OPEN = 5
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

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

export class CallBudget implements CallGate {
  readonly #bucket: TokenBucket
  readonly #reserve: number
  readonly #clock: Clock
  readonly #random: Random
  #failures = 0
  #closedUntil = 0
  #trial = false
  #admitted = 0

  constructor(spec: BucketSpec, clock: Clock, random: Random) {
    this.#bucket = new TokenBucket(spec, clock.monotonicNow())
    // However small the allowance, ordinary work fits into a full one.
    this.#reserve = Math.max(0, Math.min(spec.capacity * REPAIR_SHARE, spec.capacity - 1))
    this.#clock = clock
    this.#random = random
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
    this.#trial = false
    const now = this.#clock.monotonicNow()
    if (lesson.kind === 'answered') {
      this.#failures = 0
      if (lesson.remaining !== undefined) this.#bucket.lowerTo(lesson.remaining, now)
    } else if (lesson.kind === 'throttled') {
      this.#closedUntil = Math.max(this.#closedUntil, now + lesson.afterMs)
    } else {
      this.#failures += 1
      if (this.#failures >= FAILURES_TO_OPEN) this.#closedUntil = Math.max(this.#closedUntil, now + this.#pauseMs())
    }
  }

  /** Undefined while calls flow; otherwise when, by the monotonic clock, the next one may be tried. */
  closedUntil(): number | undefined {
    return this.#closedUntil > this.#clock.monotonicNow() ? this.#closedUntil : undefined
  }

  /** From 0 (spent) to 1 (full): the emptier, the longer it pays to gather changes before a call. */
  fill(): number {
    return this.#bucket.fill(this.#clock.monotonicNow())
  }

  #tryAdmit(purpose: Purpose): number | undefined {
    const now = this.#clock.monotonicNow()
    if (this.#closedUntil > now) return this.#closedUntil - now
    // After a pause one call goes ahead alone; the rest follow once it has come back well.
    const recovering = this.#failures >= FAILURES_TO_OPEN
    if (recovering && this.#trial) return FIRST_PAUSE_MS / 10
    const taken = this.#bucket.take(now, purpose === 'Repair' ? 0 : this.#reserve)
    if (!taken.taken) return taken.afterMs
    this.#trial = recovering
    this.#admitted += 1
    return undefined
  }

  #pauseMs(): number {
    const doubled = FIRST_PAUSE_MS * 2 ** Math.min(this.#failures - FAILURES_TO_OPEN, 10)
    return Math.min(doubled, LONGEST_PAUSE_MS) * (0.5 + this.#random() / 2)
  }
}
