// Keys that want a reconcile: each at most once, never twice at the same time, later and later while it fails.
import type { Clock, Random } from '../model/clock.ts'
import { toReconcileError, WaitingError, type ReconcileError } from '../model/errors.ts'
import { jitteredRestAfter } from '../model/rest-after.ts'
import { Slices } from './slices.ts'

export interface WorkQueueOptions {
  readonly clock: Clock
  readonly random: Random
  /** How many keys are worked on at the same time. */
  readonly concurrency: number
  /** Resolves with the milliseconds after which the key wants another look whatever happens, or undefined. What rejects is tried again. */
  readonly work: (key: string, stopping: AbortSignal) => Promise<number | undefined>
}

const BACK_OFF = { firstMs: 500, longestMs: 60_000 }
/** Timers of more than 24 days end at once. */
const LONGEST_REST_MS = 86_400_000
const SLICE_MS = 10
/** A reason of its own is cheaper than the error with a stack that would else be made at every wake. */
const WOKEN = 'there is work'

export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #ready = new Set<string>()
  readonly #running = new Set<string>()
  readonly #later = new Map<string, number>()
  /** None of those is due before: so many can wait that they are not to be looked through at every wake. */
  #nextAt = Infinity
  readonly #failures = new Map<string, number>()
  #wake: () => void = () => undefined

  constructor(options: WorkQueueOptions) {
    this.#options = options
  }

  /** Keys that are ready or under way. */
  get depth(): number {
    return this.#ready.size + this.#running.size
  }

  /** Now, or as soon as the run under way has ended: what that run has read may be older than the reason for this. */
  add(key: string): void {
    this.#ready.add(key)
    this.#later.delete(key)
    this.#wake()
  }

  /** No later than in so many milliseconds. */
  addAfter(key: string, ms: number): void {
    if (this.#ready.has(key)) return
    const at = this.#options.clock.monotonicNow() + ms
    this.#later.set(key, Math.min(at, this.#later.get(key) ?? Infinity))
    this.#nextAt = Math.min(at, this.#nextAt)
    this.#wake()
  }

  /** Works until aborted; what was begun is finished first. */
  async run(stopping: AbortSignal): Promise<void> {
    const { concurrency } = this.#options
    const wake = (): void => this.#wake()
    stopping.addEventListener('abort', wake, { once: true })
    const slices = new Slices(SLICE_MS)
    while (!stopping.aborted) {
      const key = this.#running.size < concurrency ? this.#takeReady() : undefined
      if (key === undefined) await this.#waitForWork(stopping)
      else void this.#workOn(key, stopping)
      // Most reconciles never wait for anything: without a breath a burst of them would keep sockets and timers from their turn.
      if (slices.isOver) await slices.next()
    }
    while (this.#running.size > 0) await this.#untilWoken()
    stopping.removeEventListener('abort', wake)
  }

  async #workOn(key: string, stopping: AbortSignal): Promise<void> {
    this.#running.add(key)
    try {
      const againAfterMs = await this.#options.work(key, stopping)
      this.#failures.delete(key)
      if (againAfterMs !== undefined) this.addAfter(key, againAfterMs)
    } catch (thrown) {
      if (!stopping.aborted) this.#retry(key, toReconcileError(thrown))
    } finally {
      this.#running.delete(key)
      this.#wake()
    }
  }

  #retry(key: string, error: ReconcileError): void {
    const { random } = this.#options
    const failures = (this.#failures.get(key) ?? 0) + 1
    this.#failures.set(key, failures)
    const pauseMs = jitteredRestAfter(failures, BACK_OFF, random())
    this.addAfter(key, error instanceof WaitingError ? Math.max(pauseMs, error.retryAfterMs) : pauseMs)
  }

  #takeReady(): string | undefined {
    for (const key of this.#ready) {
      if (this.#running.has(key)) continue
      this.#ready.delete(key)
      return key
    }
    return undefined
  }

  async #waitForWork(stopping: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const now = clock.monotonicNow()
    if (this.#nextAt <= now) this.#takeDue(now)
    if (stopping.aborted || (this.#running.size < this.#options.concurrency && this.#hasReady())) return
    const alarm = new AbortController()
    const restMs = Math.min(this.#nextAt - now, LONGEST_REST_MS)
    if (this.#nextAt < Infinity) clock.sleep(restMs, alarm.signal).then(this.#ring, () => undefined)
    await this.#untilWoken()
    alarm.abort(WOKEN)
  }

  #takeDue(now: number): void {
    this.#nextAt = Infinity
    for (const [key, at] of this.#later) {
      if (at > now) this.#nextAt = Math.min(this.#nextAt, at)
      else this.add(key)
    }
  }

  readonly #ring = (): void => this.#wake()

  #hasReady(): boolean {
    for (const key of this.#ready) if (!this.#running.has(key)) return true
    return false
  }

  #untilWoken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = () => undefined
        resolve()
      }
    })
  }
}
