// Records of which what they rest on may have changed. They are derived at once, in slices, so that their changes reach the zones
// together: a reconcile would first wait until the statuses of those before it are written.

const SLICE_MS = 10

export class StaleRecords {
  readonly #refs = new Set<string>()
  /** Those that the next sweep takes up. */
  readonly #next = new Set<string>()
  /** Those that a sweep under way takes up before all others. */
  readonly #urgent = new Set<string>()
  readonly #derive: (ref: string) => void
  readonly #stopping: AbortSignal
  #sweeping: Promise<void> | undefined

  /** `derive` must not throw, and may leave a record as it is: then it stays stale until its reconcile. */
  constructor(derive: (ref: string) => void, stopping: AbortSignal) {
    this.#derive = derive
    this.#stopping = stopping
  }

  add(ref: string, isUrgent = false): void {
    this.#refs.add(ref)
    if (isUrgent) this.#urgent.add(ref)
    else this.#next.add(ref)
    this.#sweeping ??= this.#sweep()
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
    this.#next.delete(ref)
    this.#urgent.delete(ref)
  }

  /** DNS comes before what is said of it: resolves when the sweep under way, if any, has ended. */
  async whenSwept(): Promise<void> {
    await this.#sweeping
  }

  async #sweep(): Promise<void> {
    // Whoever adds one often adds more.
    await Promise.resolve()
    const round = [...this.#next]
    this.#next.clear()
    let sliceEndsAt = performance.now() + SLICE_MS
    for (const ref of this.#inOrder(round)) {
      if (this.#stopping.aborted) break
      if (this.#refs.has(ref)) this.#derive(ref)
      if (performance.now() < sliceEndsAt) continue
      await breathe()
      sliceEndsAt = performance.now() + SLICE_MS
    }
    const isMore = this.#next.size > 0 || this.#urgent.size > 0
    this.#sweeping = isMore && !this.#stopping.aborted ? this.#sweep() : undefined
  }

  *#inOrder(round: readonly string[]): Generator<string> {
    for (const ref of round) {
      yield* this.#takeUrgent()
      yield ref
    }
    yield* this.#takeUrgent()
  }

  *#takeUrgent(): Generator<string> {
    for (const ref of this.#urgent) {
      this.#urgent.delete(ref)
      yield ref
    }
  }
}

/** Sockets and timers get their turn. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
