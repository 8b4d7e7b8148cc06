// Records of which what they rest on may have changed. They are derived at once, in slices, so that their changes reach the zones
// together: a reconcile would first wait until the statuses of those before it are written.
import type { Clock } from '../../model/clock.ts'
import { Slices } from '../slices.ts'

/** Short, because calls to the provider wait for their turn in between. */
const SLICE_MS = 5
/** Whoever waits for a sweep gets a turn after this long, however much has come in meanwhile. */
const LONGEST_SWEEP_MS = 2_000

/**
 * More than so many of the others give way to what is urgent, for a while and until that is written: more of it may be on its way, and
 * writing needs the event loop for itself. After the longest time they go on for as long, whatever comes.
 */
const MANY = 40
const QUIET_MS = 300
const LONGEST_WAIT_MS = 1_000
const PAUSE_MS = 10

export interface StaleRecordsPorts {
  /** Must not throw, and may leave a record as it is: then it stays stale until its reconcile. */
  readonly derive: (ref: string) => void
  /** Whether names wait to be written. */
  readonly isWriting: () => boolean
  readonly clock: Clock
  /** After it nothing is derived. */
  readonly stopping: AbortSignal
}

export class StaleRecords {
  /** What is known to be wrong in DNS. A sweep takes it up first. */
  readonly #urgent = new Set<string>()
  readonly #next = new Set<string>()
  /** No sweep can do anything about these. */
  readonly #left = new Set<string>()
  readonly #ports: StaleRecordsPorts
  /** When what is urgent began to come, and when it last did. */
  #burst = { since: -Infinity, last: -Infinity }
  #sweeping: Promise<void> | undefined

  constructor(ports: StaleRecordsPorts) {
    this.#ports = ports
  }

  /** How many wait for a sweep. */
  get size(): number {
    return this.#urgent.size + this.#next.size
  }

  get hasUrgent(): boolean {
    return this.#urgent.size > 0
  }

  add(ref: string, isUrgent = false): void {
    if (isUrgent) this.#addUrgent(ref)
    else this.#next.add(ref)
    this.#sweeping ??= this.#sweep()
  }

  #addUrgent(ref: string): void {
    this.#urgent.add(ref)
    const now = this.#ports.clock.monotonicNow()
    const { since } = this.#burst
    // Where it never ends, the others have waited long enough, and have their turn for as long.
    const isTheirTurn = now >= since + LONGEST_WAIT_MS && now < since + 2 * LONGEST_WAIT_MS
    this.#burst = { since: this.#isBurst || isTheirTurn ? since : now, last: now }
  }

  /** Its reconcile alone can do something about it. */
  leaveToReconcile(ref: string): void {
    this.#left.add(ref)
  }

  has(ref: string): boolean {
    return this.#urgent.has(ref) || this.#next.has(ref) || this.#left.has(ref)
  }

  delete(ref: string): void {
    this.#urgent.delete(ref)
    this.#next.delete(ref)
    this.#left.delete(ref)
  }

  /** DNS comes before what is said of it: resolves when the sweep under way, if any, has ended. */
  async whenSwept(): Promise<void> {
    await this.#sweeping
  }

  async #sweep(): Promise<void> {
    // Whoever adds one often adds more.
    await Promise.resolve()
    const endsAt = performance.now() + LONGEST_SWEEP_MS
    const slices = new Slices(SLICE_MS)
    for (let ref = this.#first(); ref !== undefined; ref = performance.now() < endsAt ? this.#first() : undefined) {
      this.#ports.derive(ref)
      if (this.has(ref)) this.#leave(ref)
      if (this.#urgent.size === 0 && this.#next.size > MANY) await this.#giveWay()
      if (slices.isOver) await slices.next()
    }
    const isOver = this.#ports.stopping.aborted || this.size === 0
    this.#sweeping = isOver ? undefined : this.#sweep()
  }

  async #giveWay(): Promise<void> {
    const { clock, stopping } = this.#ports
    while (this.#urgent.size === 0 && this.#isBurst && !stopping.aborted) {
      await clock.sleep(PAUSE_MS, stopping).catch(() => undefined)
    }
  }

  get #isBurst(): boolean {
    const now = this.#ports.clock.monotonicNow()
    const { since, last } = this.#burst
    return now < since + LONGEST_WAIT_MS && (now < last + QUIET_MS || this.#ports.isWriting())
  }

  #first(): string | undefined {
    if (this.#ports.stopping.aborted) return undefined
    const [ref] = this.#urgent.size > 0 ? this.#urgent : this.#next
    return ref
  }

  #leave(ref: string): void {
    this.delete(ref)
    this.#left.add(ref)
  }
}
