// Which names of a zone want another look, and when. Handlers only add names; nothing else about an event is kept.
import type { Random } from '../model/clock.ts'
import type { Fqdn } from '../model/name.ts'
import { backOffMs } from './back-off.ts'

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

  hasAny(names: readonly Fqdn[]): boolean {
    return this.#dirty.size > 0 && names.some((name) => this.#dirty.has(name))
  }

  /** Looked at (all names when undefined) and found well, but for some: whatever had gone wrong before no longer counts. */
  forgive(names: Iterable<Fqdn> | undefined, isExcepted: (name: Fqdn) => boolean): void {
    for (const name of names ?? [...this.#retries.keys()]) if (!isExcepted(name)) this.#retries.delete(name)
  }

  /** Names that failed and whose next try lies ahead, but for those that were just taken. */
  resting(taken: readonly Fqdn[]): ReadonlySet<Fqdn> {
    const waiting = new Set<Fqdn>()
    for (const [name, { attempts }] of this.#retries) if (attempts > 0) waiting.add(name)
    for (const name of taken) waiting.delete(name)
    return waiting
  }

  /** Each tried again after growing pauses, but not before its own delay. What failed together is tried again together. */
  retry(delays: ReadonlyMap<Fqdn, number>, now: number): void {
    const jitter = this.#random()
    for (const [name, delayMs] of delays) {
      const attempts = this.attemptsOf(name) + 1
      this.#retries.set(name, {
        attempts,
        at:
          now +
          Math.max(
            backOffMs(attempts, () => jitter),
            delayMs,
          ),
      })
    }
  }

  /** Another look at a known time, although nothing went wrong. Where something did, its next try is not put off. */
  lookAgain(names: Iterable<Fqdn>, at: number): void {
    for (const name of names) {
      const { attempts = 0, at: retryAt = Infinity } = this.#retries.get(name) ?? {}
      this.#retries.set(name, { attempts, at: Math.min(retryAt, at) })
    }
  }

  attemptsOf(name: Fqdn): number {
    return this.#retries.get(name)?.attempts ?? 0
  }

  /** When the next retry is due. */
  nextRetryAt(): number | undefined {
    let next = Infinity
    for (const [name, { at }] of this.#retries) if (!this.#dirty.has(name) && at < next) next = at
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
