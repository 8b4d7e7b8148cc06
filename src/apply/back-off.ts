// How long to wait before trying again: longer from try to try, and jittered, so that not everything comes back at once.
import type { Random } from '../model/clock.ts'
import { WaitingError, type ReconcileError } from '../model/errors.ts'
import { jitteredRestAfter } from '../model/rest-after.ts'

const FIRST_MS = 1_000
const LONGEST_BACK_OFF_MS = 60_000
/** What only a person can put right is still tried now and then: not every cure makes an event. */
export const TERMINAL_RETRY_MS = 600_000

export function backOffMs(attempts: number, random: Random, longestMs = LONGEST_BACK_OFF_MS): number {
  return jitteredRestAfter(attempts, { firstMs: FIRST_MS, longestMs }, random())
}

/** Before which another try is pointless, or not wanted. */
export function leastDelayMs(error: ReconcileError): number {
  if (error instanceof WaitingError) return error.retryAfterMs
  return error.kind === 'terminal' ? TERMINAL_RETRY_MS : 0
}

/** The rest that is taken when a zone cannot be opened or read. */
export class Pause {
  readonly #random: Random
  #failures = 0
  #until = 0
  #soonest = 0
  /** Since the last failure. */
  #isShortened = false

  constructor(random: Random) {
    this.#random = random
  }

  get until(): number {
    return this.#until
  }

  begin(error: ReconcileError, now: number): void {
    this.#failures += 1
    const ordinary = backOffMs(this.#failures, this.#random)
    const longestMs = error.kind === 'terminal' ? TERMINAL_RETRY_MS : LONGEST_BACK_OFF_MS
    const wanted = Math.max(ordinary, backOffMs(this.#failures, this.#random, longestMs))
    const askedMs = error instanceof WaitingError ? error.retryAfterMs : 0
    this.#until = now + Math.max(wanted, askedMs)
    this.#soonest = error.kind === 'terminal' ? now + ordinary : this.#until
    // What was put right during a try may have come too late for it.
    if (this.#isShortened) this.#until = this.#soonest
    this.#isShortened = false
  }

  /** Somebody may have put right what was wrong. That is no reason to ask more often than about an ordinary failure. */
  shorten(): void {
    this.#isShortened = true
    this.#until = this.#soonest
  }

  /** All is well. Returns whether it was not. */
  end(): boolean {
    const hadFailed = this.#failures > 0
    this.#failures = 0
    this.#isShortened = false
    return hadFailed
  }
}
