// How long what was touched waits for more to come, so that a burst becomes one call.
import type { Clock } from '../model/clock.ts'

const QUIET_MS = 25
const LONGEST_MS = 250
/** An allowance counts as at least so full: what comes must not wait for ever. */
const LEAST_FILL = 0.05

export class Gathering {
  readonly #clock: Clock
  #touchedAt = -Infinity
  /** When the first of what waits was touched. */
  #since: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** More has come. */
  touch(): void {
    this.#touchedAt = this.#clock.monotonicNow()
    this.#since ??= this.#touchedAt
  }

  /** All that came so far has been taken. */
  end(): void {
    this.#since = undefined
  }

  /** Resolves when nothing more comes, or when enough was waited: longer as the allowance runs down (`fill`, from 1 to 0). */
  async wait(fill: number, stopping: AbortSignal): Promise<void> {
    const clock = this.#clock
    // What came while nobody gathered, as during a pass, has waited already.
    const latest = (this.#since ?? clock.monotonicNow()) + LONGEST_MS / Math.max(fill, LEAST_FILL)
    const quietAt = (): number => Math.min(this.#touchedAt + QUIET_MS, latest)
    while (clock.monotonicNow() < quietAt() && !stopping.aborted) {
      await clock.sleep(quietAt() - clock.monotonicNow(), stopping).catch(() => undefined)
    }
  }
}
