// Thresholds both ways: a verdict changes only after enough answers in a row say so. Pure.

export type Verdict =
  | { readonly kind: 'healthy' }
  /** `since`: milliseconds since the epoch; `message`: what is wrong, without the address. */
  | { readonly kind: 'unhealthy'; readonly since: number; readonly message: string }

export interface ProbeRecord {
  /** Undefined until the first verdict: an address nobody has asked enough is unknown. */
  readonly verdict: Verdict | undefined
  readonly successes: number
  readonly failures: number
}

export interface Thresholds {
  readonly failureThreshold: number
  readonly successThreshold: number
}

export const UNPROBED: ProbeRecord = { verdict: undefined, successes: 0, failures: 0 }

/** `problem` undefined means that the probe went well. */
export function recordAnswer(
  record: ProbeRecord,
  problem: string | undefined,
  { failureThreshold, successThreshold }: Thresholds,
  now: number,
): ProbeRecord {
  if (problem === undefined) {
    const successes = Math.min(record.successes + 1, successThreshold)
    return { verdict: successes >= successThreshold ? { kind: 'healthy' } : record.verdict, successes, failures: 0 }
  }
  const failures = Math.min(record.failures + 1, failureThreshold)
  if (failures < failureThreshold) return { verdict: record.verdict, successes: 0, failures }
  // It stays unhealthy since it became so, whatever it fails with later.
  const verdict: Verdict =
    record.verdict?.kind === 'unhealthy' ? record.verdict : { kind: 'unhealthy', since: now, message: problem }
  return { verdict, successes: 0, failures }
}

export function sameVerdict(a: Verdict | undefined, b: Verdict | undefined): boolean {
  if (a?.kind !== b?.kind) return false
  return a?.kind !== 'unhealthy' || (b?.kind === 'unhealthy' && a.since === b.since && a.message === b.message)
}
