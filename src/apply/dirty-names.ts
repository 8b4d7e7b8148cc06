// Which names of a zone want another look, and when. Handlers only add names; nothing else about an event is kept.
import type { Random } from '../model/clock.ts'
import type { Fqdn } from '../model/name.ts'
import type { ChangeOutcome } from '../providers/provider.ts'
import { backOffMs, leastDelayMs } from './back-off.ts'

interface Retry {
  readonly attempts: number
  readonly at: number
}

interface PassEnd {
  /** All names when undefined. */
  readonly names: readonly Fqdn[] | undefined
  /** Names of it that were left alone. */
  readonly resting: ReadonlySet<Fqdn>
  readonly outcomes: readonly ChangeOutcome[]
}

export class DirtyNames {
  readonly #random: Random
  readonly #dirty = new Set<Fqdn>()
  readonly #retries = new Map<Fqdn, Retry>()
  /** What the pass under way has taken. */
  #taken: ReadonlySet<Fqdn> = new Set()

  constructor(random: Random) {
    this.#random = random
  }

  get size(): number {
    return this.#dirty.size
  }

  add(names: Iterable<Fqdn>): void {
    for (const name of names) this.#dirty.add(name)
  }

  /** A name of which any change is unfinished is tried again, however well its others went. */
  settle({ names, resting, outcomes }: PassEnd, now: number): void {
    const delays = new Map<Fqdn, number>()
    const stale: Fqdn[] = []
    for (const outcome of outcomes) {
      if (outcome.kind === 'applied') continue
      const { name } = outcome.change.key
      delays.set(name, Math.max(delays.get(name) ?? 0, outcome.kind === 'failed' ? leastDelayMs(outcome.error) : 0))
      if (outcome.kind === 'outdated' && this.attemptsOf(name) === 0) stale.push(name)
    }
    this.#forgive(names, (name) => delays.has(name) || resting.has(name))
    this.retry(delays, now)
    this.add(stale)
  }

  /** Looked at (all names when undefined) and found well, but for some: whatever had gone wrong before no longer counts. */
  #forgive(names: Iterable<Fqdn> | undefined, isExcepted: (name: Fqdn) => boolean): void {
    for (const name of names ?? [...this.#retries.keys()]) if (!isExcepted(name)) this.#retries.delete(name)
  }

  /** Names that failed and whose next try lies ahead. */
  resting(): ReadonlySet<Fqdn> {
    const waiting = new Set<Fqdn>()
    for (const [name, { attempts }] of this.#retries) if (attempts > 0 && !this.#taken.has(name)) waiting.add(name)
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

  /** What they failed for may be another matter now: they are tried as if it were one that passes. */
  trySooner(names: readonly Fqdn[], now: number): void {
    for (const name of names) this.lookAgain([name], now + backOffMs(this.attemptsOf(name), this.#random))
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

  /** For a new pass: all that is dirty or due now, in order; it is no longer dirty then. */
  take(now: number): readonly Fqdn[] {
    this.#taken = new Set()
    return this.takeMore(now)
  }

  /** For the pass under way: what has become dirty or due meanwhile. */
  takeMore(now: number): readonly Fqdn[] {
    for (const [name, { at, attempts }] of this.#retries) {
      if (at > now) continue
      this.#dirty.add(name)
      this.#retries.set(name, { attempts, at: Infinity })
    }
    const names = [...this.#dirty].sort()
    this.#taken = new Set([...this.#taken, ...names])
    this.#dirty.clear()
    return names
  }

  /** The pass under way failed: whatever it has taken is dirty again. */
  putBack(): void {
    this.add(this.#taken)
  }
}
