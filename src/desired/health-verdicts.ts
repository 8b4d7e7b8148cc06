// What health probes say of addresses. An address without a verdict is unknown, which by itself never changes anything.
import type { HealthCheck } from '../api/generated/node-pool.ts'
import type { IpAddress } from '../model/address.ts'

const UNASKED = 'no answer yet'

/** Thresholds have been applied already: a verdict is settled. */
export type HealthVerdict = { readonly kind: 'healthy' } | UnhealthyVerdict

export interface UnhealthyVerdict {
  readonly kind: 'unhealthy'
  /** When it became unhealthy, in milliseconds since the epoch. */
  readonly since: number
  /** What went wrong, without the address: `connection refused`. */
  readonly message: string
}

/** A health check and what it found at each address. */
export interface HealthReport {
  readonly check: HealthCheck
  readonly verdicts: ReadonlyMap<IpAddress, HealthVerdict>
}

/**
 * A member is as healthy as its best address: what fails for one family alone is mostly a family that the prober lacks, and no
 * member should leave DNS for that.
 */
export function judgeHealth(addresses: readonly IpAddress[], { verdicts }: HealthReport): HealthVerdict | undefined {
  let latest: UnhealthyVerdict | undefined
  for (const address of addresses) {
    const verdict = verdicts.get(address)
    if (verdict?.kind === 'healthy') return verdict
    if (verdict !== undefined && verdict.since > (latest?.since ?? -Infinity)) latest = verdict
  }
  return latest
}

/**
 * Before anybody has answered: who is in DNS already is taken for well, and nobody else is, so that nothing comes, and only what leaves
 * for another reason goes.
 */
export function presumeHealth(
  check: HealthCheck,
  addresses: Iterable<IpAddress>,
  given: ReadonlySet<IpAddress>,
  now: number,
): HealthReport {
  const verdicts = new Map<IpAddress, HealthVerdict>()
  for (const address of addresses) {
    verdicts.set(
      address,
      given.has(address) ? { kind: 'healthy' } : { kind: 'unhealthy', since: now, message: UNASKED },
    )
  }
  return { check, verdicts }
}

/** When an address that has been unhealthy since then is to leave DNS. */
export function removalTime(since: number, { removalDelaySeconds }: HealthCheck): number {
  return since + removalDelaySeconds * 1000
}
