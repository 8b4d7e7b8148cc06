// Which names of a zone want another look, and when. Handlers only add names; nothing else about an event is kept.
import type { Random } from '../model/clock.ts'
import type { Fqdn } from '../model/name.ts'

const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 60_000

interface Retry {
  readonly attempts: number
  readonly at: number
}

export class DirtyNames {
  readonly #random: Random
  readonly #dirty = new Set<Fqdn>()
  readonly #retries = new Map<Fqdn, Retry>()

  constructor(random: Random) {
    this.#random = random
  }

  get size(): number {
    return this.#dirty.size
  }

  add(names: Iterable<Fqdn>): void {
    for (const name of names) this.#dirty.add(name)
  }

  /** Settled: whatever had gone wrong with it before no longer counts. */
  forgive(name: Fqdn): void {
    this.#retries.delete(name)
  }

  /** Tried again, at once the first time when only our knowledge was stale, else after growing pauses. */
  retry(name: Fqdn, now: number, afterMs = 0): void {
    const attempts = (this.#retries.get(name)?.attempts ?? 0) + 1
    const doubled = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LONGEST_RETRY_MS) * (0.5 + this.#random() / 2)
    this.#retries.set(name, { attempts, at: now + Math.max(doubled, afterMs) })
  }

  attemptsOf(name: Fqdn): number {
    return this.#retries.get(name)?.attempts ?? 0
  }

  /** When the next retry is due. */
  nextRetryAt(): number | undefined {
    let next: number | undefined
    for (const [name, { at }] of this.#retries) if (!this.#dirty.has(name) && at < (next ?? Infinity)) next = at
    return next === Infinity ? undefined : next
  }

  /** All that is dirty or due now, in order; it is no longer dirty then. */
  take(now: number): readonly Fqdn[] {
    for (const [name, { at, attempts }] of this.#retries) {
      if (at > now) continue
      this.#dirty.add(name)
      this.#retries.set(name, { attempts, at: Infinity })
    }
    const names = [...this.#dirty].sort()
    this.#dirty.clear()
    return names
  }
}
