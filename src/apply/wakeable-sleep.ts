import type { Clock } from '../model/clock.ts'

/** The sleep of one who works alone, which others may end. */
export class WakeableSleep {
  readonly #clock: Clock
  #wake: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Does nothing to one who is awake. */
  wake(): void {
    this.#wake?.()
  }

  /** `at` in monotonic time. Ends early when woken, and when stopped. */
  async until(at: number, stopping: AbortSignal): Promise<void> {
    const ms = at - this.#clock.monotonicNow()
    if (ms <= 0 || stopping.aborted) return
    const waking = new AbortController()
    const wake = (): void => waking.abort()
    this.#wake = wake
    stopping.addEventListener('abort', wake, { once: true })
    // Being woken is what the sleep is for: its rejection says nothing.
    await this.#clock.sleep(Math.min(ms, 2 ** 31 - 1), waking.signal).catch(() => undefined)
    stopping.removeEventListener('abort', wake)
    this.#wake = undefined
  }

  /** Until a moment that may be another by the time the sleeper is woken. */
  async outlast(at: () => number, stopping: AbortSignal): Promise<void> {
    while (this.#clock.monotonicNow() < at() && !stopping.aborted) await this.until(at(), stopping)
  }
}
