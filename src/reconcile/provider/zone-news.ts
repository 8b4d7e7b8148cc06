// What the last passes of every zone found, as the status of its DNSProvider tells it.
import type { ZoneReport } from '../../apply/zone-pass.ts'
import { zoneText, type ZoneRef } from '../../model/zone.ts'
import type { ZoneContent, ZoneResults } from '../../status/provider-status.ts'

interface News extends Pick<ZoneResults, 'content' | 'held' | 'deletions'> {
  /** Approvals that were used up and are not on record yet. */
  readonly consumed: ReadonlySet<string>
}

const NO_NEWS: News = { content: undefined, held: undefined, deletions: undefined, consumed: new Set() }

export class ZoneNews {
  readonly #byZone = new Map<string, News>()

  /** Returns whether the status has anything new to say. */
  learn(report: ZoneReport): boolean {
    const text = zoneText(report.zone)
    const before = this.#byZone.get(text) ?? NO_NEWS
    const after = {
      content: contentOf(report, before.content),
      held: heldBy(report, before.held),
      deletions: lastOf(report, before.deletions),
      consumed: new Set([...before.consumed, ...report.consumedHashes]),
    }
    this.#byZone.set(text, after)
    return JSON.stringify(summaryOf(before)) !== JSON.stringify(summaryOf(after))
  }

  of(zone: ZoneRef): Omit<ZoneResults, 'name' | 'error'> {
    const { content, held, deletions, consumed } = this.#byZone.get(zoneText(zone)) ?? NO_NEWS
    return { content, held, deletions, consumedHash: consumed.size === 0 ? undefined : [...consumed].join(',') }
  }

  /** These used-up approvals are on record now; others may have been used while that was written. */
  settle(zone: ZoneRef, consumedHash: string): void {
    const text = zoneText(zone)
    const news = this.#byZone.get(text)
    if (news === undefined) return
    const told = new Set(consumedHash.split(','))
    this.#byZone.set(text, { ...news, consumed: new Set([...news.consumed].filter((hash) => !told.has(hash))) })
  }

  consumed(zone: ZoneRef): ReadonlySet<string> {
    return this.#byZone.get(zoneText(zone))?.consumed ?? NO_NEWS.consumed
  }
}

/** A pass that says nothing of orphans has found none, and has taken none away. */
function contentOf(
  { recordSets, owned, orphans }: ZoneReport,
  before: ZoneContent | undefined,
): ZoneContent | undefined {
  const known = orphans ?? before?.orphans
  return known && { recordSets, owned, orphans: known }
}

/** A zone worker that holds something, or looks at some of it again, looks at all names: other passes say nothing of it. */
function heldBy({ verdict, names }: ZoneReport, before: News['held']): News['held'] {
  if (verdict.verdict === 'held') return verdict
  return names === undefined ? undefined : before
}

/** That some of it is long ago is no news. */
function lastOf({ deletions }: ZoneReport, before: News['deletions']): News['deletions'] {
  return (deletions?.at ?? 0) > (before?.at ?? 0) ? deletions : before
}

function summaryOf({ content, held, deletions, consumed }: News): unknown {
  const { recordSets, owned, orphans } = content ?? {}
  return [recordSets, owned, orphans?.hash, orphans?.count, held?.hash, deletions?.at, [...consumed]]
}
