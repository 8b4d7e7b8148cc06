// What is probed for whom: the wishes of all pools and records become one list for the monitor, and verdicts find their way back.
import type { HealthCheck } from '../../api/generated/node-pool.ts'
import type { HealthReport, HealthVerdict } from '../../desired/health-verdicts.ts'
import type { IpAddress } from '../../model/address.ts'
import type { Clock, Random } from '../../model/clock.ts'
import { FIRST_WITHIN_MS, HealthMonitor } from '../../observe/health/health-monitor.ts'
import { probeKey, type Probe, type ProbeSpec } from '../../observe/health/probe-spec.ts'
import { Dependents } from '../dependents.ts'
import { deriveProbeSpec } from './probe-specs.ts'

export interface HealthBoardOptions {
  readonly clock: Clock
  readonly random: Random
  readonly probe: Probe
  /** A verdict came, or changed, that this owner asked for. */
  readonly onVerdict: (owner: string) => void
}

const CONCURRENCY = 256
/** Owners change their wishes one after another: the monitor hears of many at once. */
const GATHER_MS = 20

/** For probes that wait for their turn. */
const SPARE_MS = 5_000

interface Wish {
  readonly specs: readonly ProbeSpec[]
  /** When even an address that never answers has a verdict, of those that were asked about first. */
  readonly settledAt: number
}

export class HealthBoard {
  readonly #options: HealthBoardOptions
  readonly #monitor: HealthMonitor
  readonly #wishes = new Map<string, Wish>()
  readonly #owners = new Dependents()
  readonly #stopping = new AbortController()
  #isGathering = false

  constructor(options: HealthBoardOptions) {
    const { clock, random, probe, onVerdict } = options
    this.#options = options
    this.#monitor = new HealthMonitor({
      ...{ clock, random, probe, concurrency: CONCURRENCY },
      onVerdict: (spec) => {
        for (const owner of this.#owners.of(probeKey(spec))) onVerdict(owner)
      },
    })
  }

  /** From now on these addresses are probed for the owner; none without a check. */
  want(owner: string, check: HealthCheck | undefined, addresses: Iterable<IpAddress>): void {
    const specs = check === undefined ? [] : [...new Set(addresses)].map((address) => deriveProbeSpec(check, address))
    const keys = specs.map(probeKey)
    const before = this.#wishes.get(owner)
    if (before === undefined && specs.length === 0) return
    if (before !== undefined && sameKeys(before.specs.map(probeKey), keys)) return
    if (check === undefined || specs.length === 0) this.#wishes.delete(owner)
    else {
      // Whoever comes later puts nothing off: an owner whose addresses keep changing would never be settled.
      const settledAt = before?.settledAt ?? this.#options.clock.monotonicNow() + longestVerdictMs(check)
      this.#wishes.set(owner, { specs, settledAt })
    }
    this.#owners.set(owner, keys)
    this.#gather()
  }

  /** Whether every address the owner asks about has a verdict, or has had its chance. */
  isSettled(owner: string): boolean {
    const wish = this.#wishes.get(owner)
    if (wish === undefined || this.#options.clock.monotonicNow() >= wish.settledAt) return true
    return wish.specs.every((spec) => this.#monitor.verdictOf(spec) !== undefined)
  }

  report(check: HealthCheck, addresses: Iterable<IpAddress>): HealthReport {
    const verdicts = new Map<IpAddress, HealthVerdict>()
    for (const address of addresses) {
      const verdict = this.#monitor.verdictOf(deriveProbeSpec(check, address))
      if (verdict !== undefined) verdicts.set(address, verdict)
    }
    return { check, verdicts }
  }

  stop(): void {
    this.#stopping.abort()
    this.#monitor.stop()
  }

  #gather(): void {
    if (this.#isGathering) return
    this.#isGathering = true
    this.#options.clock.sleep(GATHER_MS, this.#stopping.signal).then(
      () => {
        this.#isGathering = false
        this.#monitor.watch([...this.#wishes.values()].flatMap(({ specs }) => specs))
      },
      () => undefined,
    )
  }
}

/** The first probe comes soon, and then as many as the threshold asks for, a twentieth of a period late at most. */
function longestVerdictMs({ periodSeconds, timeoutSeconds, failureThreshold, successThreshold }: HealthCheck): number {
  const furtherMs = 1_050 * periodSeconds * (Math.max(failureThreshold, successThreshold) - 1)
  return FIRST_WITHIN_MS + furtherMs + 1_000 * timeoutSeconds + SPARE_MS
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index])
}
