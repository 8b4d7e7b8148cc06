// Holds back every call of a credential for as long as its provider asks, or seems to be away.
import type { Clock, Random } from '../model/clock.ts'

const FAILURES_TO_OPEN = 5
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

export class Breaker {
  readonly #clock: Clock
  readonly #random: Random
  #failures = 0
  #closedUntil = 0
  #trial = false

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** How long to wait before asking again; undefined where a call may go. */
  get waitMs(): number | undefined {
    const now = this.#clock.monotonicNow()
    if (this.#closedUntil > now) return this.#closedUntil - now
    // After a pause one call goes ahead alone; the rest follow once it has come back well.
    return this.#isRecovering && this.#trial ? FIRST_PAUSE_MS / 10 : undefined
  }

  /** Undefined while calls flow; otherwise when, by the monotonic clock, the next one may be tried. */
  get closedUntil(): number | undefined {
    return this.#closedUntil > this.#clock.monotonicNow() ? this.#closedUntil : undefined
  }

  /** A call goes. */
  begin(): void {
    this.#trial = this.#isRecovering
  }

  answered(): void {
    this.#trial = false
    this.#failures = 0
  }

  throttled(afterMs: number): void {
    this.#trial = false
    this.#closeFor(afterMs)
  }

  failed(): void {
    this.#trial = false
    this.#failures += 1
    if (this.#isRecovering) this.#closeFor(this.#pauseMs())
  }

  get #isRecovering(): boolean {
    return this.#failures >= FAILURES_TO_OPEN
  }

  #closeFor(pauseMs: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, this.#clock.monotonicNow() + pauseMs)
  }

  #pauseMs(): number {
    const doubled = FIRST_PAUSE_MS * 2 ** Math.min(this.#failures - FAILURES_TO_OPEN, 10)
    return Math.min(doubled, LONGEST_PAUSE_MS) * (0.5 + this.#random() / 2)
  }
}
