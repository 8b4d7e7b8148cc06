// Records of which what they rest on may have changed. They are derived at once, in slices, so that their changes reach the zones
// together: a reconcile would first wait until the statuses of those before it are written.

import type { Clock } from '../../model/clock.ts'

/** Short, because calls to the provider wait for their turn in between. */
const SLICE_MS = 5
/** Whoever waits for a sweep gets a turn after this long, however much has come in meanwhile. */
const LONGEST_SWEEP_MS = 2_000

/**
 * More than so many of the others give way for a while to what is urgent: more of that may be on its way, and writing it needs the event
 * loop for itself. After the longest time they go on whatever comes.
 */
const MANY = 200
const QUIET_MS = 300
const LONGEST_WAIT_MS = 1_000
const PAUSE_MS = 10

export class StaleRecords {
  readonly #refs = new Set<string>()
  /** Those that a sweep takes up: first what is known to be wrong in DNS. */
  readonly #urgent = new Set<string>()
  readonly #next = new Set<string>()
  readonly #derive: (ref: string) => void
  readonly #clock: Clock
  readonly #stopping: AbortSignal
  /** When what is urgent began to come, and until when the others give way. */
  #burst = { since: -Infinity, until: -Infinity }
  #sweeping: Promise<void> | undefined

  /** `derive` must not throw, and may leave a record as it is: then it stays stale until its reconcile. */
  constructor(derive: (ref: string) => void, clock: Clock, stopping: AbortSignal) {
    this.#derive = derive
    this.#clock = clock
    this.#stopping = stopping
  }

  add(ref: string, isUrgent = false): void {
    this.#refs.add(ref)
    if (isUrgent) this.#addUrgent(ref)
    else this.#next.add(ref)
    this.#sweeping ??= this.#sweep()
  }

  #addUrgent(ref: string): void {
    this.#urgent.add(ref)
    const now = this.#clock.now()
    const since = now < this.#burst.until ? this.#burst.since : now
    this.#burst = { since, until: Math.min(now + QUIET_MS, since + LONGEST_WAIT_MS) }
  }

  /** Its reconcile alone can do something about it. */
  leaveToReconcile(ref: string): void {
    this.#refs.add(ref)
  }

  has(ref: string): boolean {
    return this.#refs.has(ref)
  }

  delete(ref: string): void {
    this.#refs.delete(ref)
    this.#urgent.delete(ref)
    this.#next.delete(ref)
  }

  /** DNS comes before what is said of it: resolves when the sweep under way, if any, has ended. */
  async whenSwept(): Promise<void> {
    await this.#sweeping
  }

  async #sweep(): Promise<void> {
    // Whoever adds one often adds more.
    await Promise.resolve()
    const endsAt = performance.now() + LONGEST_SWEEP_MS
    let sliceEndsAt = performance.now() + SLICE_MS
    for (let ref = this.#take(); ref !== undefined; ref = performance.now() < endsAt ? this.#take() : undefined) {
      if (this.#refs.has(ref)) this.#derive(ref)
      if (this.#urgent.size === 0 && this.#next.size > MANY) await this.#giveWay()
      if (performance.now() < sliceEndsAt) continue
      await breathe()
      sliceEndsAt = performance.now() + SLICE_MS
    }
    const isOver = this.#stopping.aborted || this.#urgent.size + this.#next.size === 0
    this.#sweeping = isOver ? undefined : this.#sweep()
  }

  async #giveWay(): Promise<void> {
    while (this.#urgent.size === 0 && this.#clock.now() < this.#burst.until && !this.#stopping.aborted) {
      await this.#clock.sleep(PAUSE_MS, this.#stopping).catch(() => undefined)
    }
  }

  #take(): string | undefined {
    if (this.#stopping.aborted) return undefined
    const [ref] = this.#urgent.size > 0 ? this.#urgent : this.#next
    if (ref !== undefined) {
      this.#urgent.delete(ref)
      this.#next.delete(ref)
    }
    return ref
  }
}

/** Sockets and timers get their turn. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
