// How long what was touched waits for more to come, so that a burst becomes one call.
import type { Clock } from '../model/clock.ts'

const QUIET_MS = 25
/** An allowance counts as at least so full: what comes must not wait for ever. */
const LEAST_FILL = 0.05

export interface GatheringOptions {
  readonly clock: Clock
  readonly isMoreComing: () => boolean
  /** With all of the allowance, for what is there by now. */
  readonly longestMs: () => number
}

export class Gathering {
  readonly #options: GatheringOptions
  #touchedAt = -Infinity
  /** When the first of what waits was touched. */
  #since: number | undefined

  constructor(options: GatheringOptions) {
    this.#options = options
  }

  /** More has come. */
  touch(): void {
    this.#touchedAt = this.#options.clock.monotonicNow()
    this.#since ??= this.#touchedAt
  }

  /** Nothing more has come for a moment, and nothing is known to come. */
  get isQuiet(): boolean {
    return this.#options.clock.monotonicNow() >= this.#touchedAt + QUIET_MS && !this.#options.isMoreComing()
  }

  /** All that came so far has been taken. */
  end(): void {
    this.#since = undefined
  }

  /** Resolves when nothing more comes, or when enough was waited: longer as the allowance runs down (`fill`, from 1 to 0). */
  async wait(fill: number, stopping: AbortSignal): Promise<void> {
    const { clock, longestMs } = this.#options
    // What came while nobody gathered, as during a pass, has waited already.
    const since = this.#since ?? clock.monotonicNow()
    const latest = (): number => since + longestMs() / Math.max(fill, LEAST_FILL)
    while (clock.monotonicNow() < latest() && !this.isQuiet && !stopping.aborted) {
      const now = clock.monotonicNow()
      // What is known to come is not heard of here before it does.
      const quietAt = now < this.#touchedAt + QUIET_MS ? this.#touchedAt + QUIET_MS : now + QUIET_MS
      await clock.sleep(Math.min(quietAt, latest()) - now, stopping).catch(() => undefined)
    }
  }
}
