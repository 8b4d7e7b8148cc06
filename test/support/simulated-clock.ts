// A clock that stands still until told otherwise, and wakes its sleepers in order.
import type { Clock } from '../../src/model/clock.ts'

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

export class SimulatedClock implements Clock {
  readonly #startMs: number
  /** Since the start. */
  #passedMs = 0
  #setByMs = 0
  /** The next to wake first; of two for the same moment, the one who went to sleep first. */
  #sleepers: Sleeper[] = []

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs
  }

  now(): number {
    return this.#startMs + this.#setByMs + this.#passedMs
  }

  monotonicNow(): number {
    return this.#passedMs
  }

  /** As NTP does with a host that booted with the wrong time: the date is another from now on, and nobody's sleep is longer or shorter. */
  set(byMs: number): void {
    this.#setByMs += byMs
  }

  get sleeping(): number {
    return this.#sleepers.length
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is whatever the aborter gave
        reject(signal.reason)
      }
      const wake = (): void => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      const sleeper: Sleeper = { at: this.#passedMs + Math.max(0, ms), wake }
      if (signal.aborted) return abort()
      signal.addEventListener('abort', abort, { once: true })
      this.#sleepers.splice(this.#placeFor(sleeper.at), 0, sleeper)
    })
  }

  /** Lets time pass, waking each sleeper at its time and letting what it starts settle before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#passedMs + ms
    await settle()
    for (;;) {
      const [next] = this.#sleepers
      if (next === undefined || next.at > end) break
      this.#sleepers.shift()
      this.#passedMs = Math.max(this.#passedMs, next.at)
      next.wake()
      await settle()
    }
    this.#passedMs = end
  }

  /** By halves: benches have thousands of sleepers. */
  #placeFor(at: number): number {
    let [low, high] = [0, this.#sleepers.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const isEarlier = (this.#sleepers[middle]?.at ?? 0) <= at
      if (isEarlier) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Promise chains of any reasonable depth run dry within a few turns of the event loop. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
