// A call allowance that refills steadily. Pure arithmetic over a monotonic time passed in: whoever holds the bucket decides how to wait.

export interface BucketSpec {
  readonly capacity: number
  readonly refillPerSecond: number
}

export class TokenBucket {
  readonly #spec: BucketSpec
  #tokens: number
  #at: number

  constructor(spec: BucketSpec, now: number) {
    this.#spec = spec
    this.#tokens = spec.capacity
    this.#at = now
  }

  /** Takes one token if that leaves at least `reserve` behind; otherwise says after how long it would. */
  take(now: number, reserve = 0): { readonly taken: true } | { readonly taken: false; readonly afterMs: number } {
    this.#refill(now)
    if (this.#tokens >= 1 + reserve) {
      this.#tokens -= 1
      return { taken: true }
    }
    const missing = 1 + reserve - this.#tokens
    return { taken: false, afterMs: Math.ceil((missing / this.#spec.refillPerSecond) * 1000) }
  }

  /** How much of the allowance is left, from 0 to 1. */
  fill(now: number): number {
    this.#refill(now)
    return this.#tokens / this.#spec.capacity
  }

  /** The provider counts too, and is right: others may share the allowance. */
  lowerTo(tokens: number, now: number): void {
    this.#refill(now)
    this.#tokens = Math.max(0, Math.min(this.#tokens, tokens))
  }

  #refill(now: number): void {
    const elapsedMs = now - this.#at
    this.#tokens = Math.min(this.#spec.capacity, this.#tokens + (elapsedMs / 1000) * this.#spec.refillPerSecond)
    this.#at = now
  }
}
