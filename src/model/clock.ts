/** Time as a port: real at the edge, simulated in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds since a moment that means nothing. Nobody sets it, unlike `now`: everything that is to happen after a while is counted with it. */
  monotonicNow(): number
  /** Resolves after `ms`, rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** A number in [0, 1), for jitter. */
export type Random = () => number
