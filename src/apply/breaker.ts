// Holds back every call of a credential for as long as its provider asks, or seems to be away.
import type { Clock, Random } from '../model/clock.ts'
import { jitteredRestAfter } from '../model/rest-after.ts'

const FAILURES_TO_OPEN = 5
const PAUSES = { firstMs: 1_000, longestMs: 60_000 }
/** How soon the others look whether the one call that was let through has come back. */
const TRIAL_CHECK_MS = 100

export class Breaker {
  readonly #clock: Clock
  readonly #random: Random
  #failures = 0
  #closedUntil = 0
  /** As far as the provider itself has asked for it. */
  #throttledUntil = 0
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
    return this.#isRecovering && this.#trial ? TRIAL_CHECK_MS : undefined
  }

  /** Undefined while calls flow; otherwise when, by the monotonic clock, the next one may be tried. */
  get closedUntil(): number | undefined {
    return this.#closedUntil > this.#clock.monotonicNow() ? this.#closedUntil : undefined
  }

  /** How long the provider wants to be asked nothing more; 0 where it does not. */
  get restMs(): number {
    return Math.max(0, this.#throttledUntil - this.#clock.monotonicNow())
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
    this.#throttledUntil = Math.max(this.#throttledUntil, this.#clock.monotonicNow() + afterMs)
  }

  failed(): void {
    this.#trial = false
    this.#failures += 1
    if (this.#isRecovering) this.#closeFor(this.#pauseMs())
  }

  /** It did not go after all. */
  withdrawn(): void {
    this.#trial = false
  }

  get #isRecovering(): boolean {
    return this.#failures >= FAILURES_TO_OPEN
  }

  #closeFor(pauseMs: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, this.#clock.monotonicNow() + pauseMs)
  }

  #pauseMs(): number {
    return jitteredRestAfter(this.#failures - FAILURES_TO_OPEN + 1, PAUSES, this.#random())
  }
}
