// What the last passes of every zone found, as the status of its DNSProvider tells it.
import type { ZoneReport } from '../../apply/zone-pass.ts'
import type { Fqdn } from '../../model/name.ts'
import type { ZoneRef } from '../../model/zone.ts'
import type { ZoneCounts, ZoneResults } from '../../status/provider-status.ts'

interface News extends Pick<ZoneResults, 'counts' | 'held' | 'deletions' | 'pruneProblem'> {
  /** Approvals that were used up and are not on record yet. */
  readonly consumed: ReadonlySet<string>
}

const NO_NEWS: News = {
  ...{ counts: undefined, held: undefined, deletions: undefined, pruneProblem: undefined },
  consumed: new Set(),
}

export class ZoneNews {
  /** By provider, and in that by zone. */
  readonly #byProvider = new Map<string, Map<Fqdn, News>>()

  /** Returns whether the status has anything new to say. */
  learn(report: ZoneReport): boolean {
    const { zone } = report
    const before = this.#get(zone)
    const after = {
      counts: countsOf(report, before.counts),
      held: heldBy(report, before.held),
      deletions: lastOf(report, before.deletions),
      pruneProblem: problemIn(report, before),
      consumed: new Set([...before.consumed, ...report.consumedHashes]),
    }
    this.#set(zone, after)
    return JSON.stringify(summaryOf(before)) !== JSON.stringify(summaryOf(after))
  }

  of(zone: ZoneRef): Omit<ZoneResults, 'name' | 'error'> {
    const { consumed, ...news } = this.#get(zone)
    return { ...news, consumedHash: consumed.size === 0 ? undefined : [...consumed].join(',') }
  }

  /** These used-up approvals are on record now; others may have been used while that was written. */
  settle(zone: ZoneRef, consumedHash: string): void {
    const { consumed, ...news } = this.#get(zone)
    if (consumed.size === 0) return
    const told = new Set(consumedHash.split(','))
    this.#set(zone, { ...news, consumed: new Set([...consumed].filter((hash) => !told.has(hash))) })
  }

  consumed(zone: ZoneRef): ReadonlySet<string> {
    return this.#get(zone).consumed
  }

  /** The provider has these zones and no others: of those it had nothing is told any more. */
  keep(provider: string, zones: readonly Fqdn[]): void {
    const known = this.#byProvider.get(provider)
    for (const zone of known?.keys() ?? []) if (!zones.includes(zone)) known?.delete(zone)
    if (zones.length === 0) this.#byProvider.delete(provider)
  }

  #get({ provider, zone }: ZoneRef): News {
    return this.#byProvider.get(provider)?.get(zone) ?? NO_NEWS
  }

  #set({ provider, zone }: ZoneRef, news: News): void {
    const zones = this.#byProvider.get(provider) ?? new Map<Fqdn, News>()
    this.#byProvider.set(provider, zones.set(zone, news))
  }
}

/** A pass that says nothing of orphans has found none, and has taken none away. */
function countsOf({ recordSets, owned, orphans }: ZoneReport, before: ZoneCounts | undefined): ZoneCounts | undefined {
  const known = orphans ?? before?.orphans
  return known && { recordSets, owned, orphans: known }
}

/** A zone worker that holds something, or looks at some of it again, looks at all names: other passes say nothing of it. */
function heldBy({ verdict, names }: ZoneReport, before: News['held']): News['held'] {
  if (verdict.verdict === 'held') return verdict
  return names === undefined ? undefined : before
}

/** Of the first that is still there. It is told of exactly the list that is left: what comes to it later was never to be removed. */
function problemIn({ pruned, orphans }: ZoneReport, { counts, pruneProblem }: News): string | undefined {
  if (pruned.length > 0) return pruned.flatMap((outcome) => ('error' in outcome ? outcome.error.message : []))[0]
  return orphans === undefined || orphans.hash === counts?.orphans.hash ? pruneProblem : undefined
}

/** That some of it is long ago is no news. */
function lastOf({ deletions }: ZoneReport, before: News['deletions']): News['deletions'] {
  return (deletions?.at ?? 0) > (before?.at ?? 0) ? deletions : before
}

function summaryOf({ counts, held, deletions, pruneProblem, consumed }: News): unknown {
  const { recordSets, owned, orphans } = counts ?? {}
  return [recordSets, owned, orphans?.hash, orphans?.count, held?.hash, deletions?.at, pruneProblem, [...consumed]]
}
