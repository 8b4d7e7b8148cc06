// Which sources answered lately and which did not, so that the next round asks the promising ones first.
import { HEDGE_MS } from './ask-sources.ts'
import type { OrderHints } from './order-sources.ts'
import type { SourceOutcome } from './detection.ts'

/** After this long a source that failed is given another chance. */
const FORGET_MS = 10 * 60 * 1000
/** Random choice from long lists would fill the memory without end. */
const MAX_REMEMBERED = 1000

export class SourceMemory {
  readonly #failedAtMs = new Map<string, number>()
  readonly #answering = new Set<string>()

  /** Says whether a source that used to answer has failed now. `nowMs` is of a clock that nobody sets. */
  learn(outcomes: readonly SourceOutcome[], nowMs: number): boolean {
    const lost = outcomes.map((outcome) => this.#learnOne(outcome, nowMs)).includes(true)
    for (const [name, at] of this.#failedAtMs) if (nowMs - at >= FORGET_MS) this.#failedAtMs.delete(name)
    for (const remembered of [this.#failedAtMs, this.#answering])
      if (remembered.size > MAX_REMEMBERED) remembered.clear()
    return lost
  }

  hints(heard: ReadonlySet<string>): OrderHints {
    return { heard, failing: new Set(this.#failedAtMs.keys()) }
  }

  #learnOne({ source: { name }, result, elapsedMs }: SourceOutcome, nowMs: number): boolean {
    if (result.kind === 'unneeded') {
      // It kept the others waiting until everyone was asked: next time it comes last.
      if (elapsedMs >= HEDGE_MS) this.#failedAtMs.set(name, nowMs)
      return false
    }
    if (result.kind === 'answered') {
      this.#failedAtMs.delete(name)
      this.#answering.add(name)
      return false
    }
    this.#failedAtMs.set(name, nowMs)
    return this.#answering.delete(name)
  }
}
