// Instants are milliseconds since the epoch here. Those that are kept in a status are whole seconds, as Kubernetes writes them, so that a
// restart finds exactly what was there before.

/** Undefined for what is no time. */
export function toInstant(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? '')
  return Number.isNaN(ms) ? undefined : ms
}

export function secondBefore(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}

/** Undefined where there is none, or only what never comes. */
export function earliest(instants: Iterable<number | undefined>): number | undefined {
  let first: number | undefined
  for (const instant of instants) {
    if (instant !== undefined && instant < (first ?? Infinity)) first = instant
  }
  return first
}
