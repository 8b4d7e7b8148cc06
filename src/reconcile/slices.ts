/** Long work in slices of so many milliseconds, so that sockets and timers have their turn in between. The first begins at once. */
export class Slices {
  readonly #ms: number
  #endsAt: number

  constructor(ms: number) {
    this.#ms = ms
    this.#endsAt = performance.now() + ms
  }

  /** The slice under way has taken its time. */
  get isOver(): boolean {
    return performance.now() >= this.#endsAt
  }

  /** Resolves when all others had their turn. */
  async next(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.#endsAt = performance.now() + this.#ms
  }
}
