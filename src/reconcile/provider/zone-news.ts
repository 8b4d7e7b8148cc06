// What the last passes of every zone found, as the status of its DNSProvider tells it.
import type { ZoneReport } from '../../apply/zone-pass.ts'
import type { Fqdn } from '../../model/name.ts'
import { zoneText, type ZoneRef } from '../../model/zone.ts'
import type { ZoneContent, ZoneResults } from '../../status/provider-status.ts'

type News = Pick<ZoneResults, 'content' | 'held' | 'consumedHash'>

const NO_NEWS: News = { content: undefined, held: undefined, consumedHash: undefined }

export class ZoneNews {
  readonly #byZone = new Map<string, News>()

  /** Returns whether the status has anything new to say. */
  learn(report: ZoneReport): boolean {
    const text = zoneText(report.zone)
    const before = this.#byZone.get(text) ?? NO_NEWS
    const after = {
      content: contentOf(report, before.content),
      held: heldBy(report, before.held),
      consumedHash: report.consumedHash ?? before.consumedHash,
    }
    this.#byZone.set(text, after)
    return JSON.stringify(summaryOf(before)) !== JSON.stringify(summaryOf(after))
  }

  of(provider: string, zone: Fqdn): News {
    return this.#byZone.get(zoneText({ provider, zone })) ?? NO_NEWS
  }

  /** The approval that was used up is on record now. */
  settle(provider: string, zone: Fqdn): void {
    const text = zoneText({ provider, zone })
    const news = this.#byZone.get(text)
    if (news !== undefined) this.#byZone.set(text, { ...news, consumedHash: undefined })
  }

  /** Approvals that were used up and are not on record yet. */
  consumed({ provider, zone }: ZoneRef): string | undefined {
    return this.of(provider, zone).consumedHash
  }
}

/** Orphans are only looked for when all names are. */
function contentOf(
  { recordSets, owned, orphans }: ZoneReport,
  before: ZoneContent | undefined,
): ZoneContent | undefined {
  const known = orphans ?? before?.orphans
  return known && { recordSets, owned, orphans: known }
}

/** What is held stays so until its names have been looked at again. */
function heldBy({ verdict, names }: ZoneReport, before: News['held']): News['held'] {
  if (verdict.verdict === 'held') return verdict
  if (names === undefined || before === undefined) return undefined
  const looked = new Set(names)
  return before.held.every(({ key }) => looked.has(key.name)) ? undefined : before
}

function summaryOf({ content, held, consumedHash }: News): unknown {
  return [content?.recordSets, content?.owned, content?.orphans.hash, content?.orphans.count, held?.hash, consumedHash]
}
