// How long to rest after so many failures in a row. Pure: chance comes in as an argument.

export interface BackOff {
  readonly firstMs: number
  readonly longestMs: number
}

/** Twice as long after each failure. */
export function restAfter(failures: number, { firstMs, longestMs }: BackOff): number {
  return Math.min(firstMs * 2 ** Math.max(0, failures - 1), longestMs)
}

/** Half of that or more, up to all of it, so that not everything comes back at once. */
export function jitteredRestAfter(failures: number, backOff: BackOff, chance: number): number {
  return restAfter(failures, backOff) * (0.5 + chance / 2)
}
