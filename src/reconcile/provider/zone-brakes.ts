// What a DNSProvider says of brakes and approvals, as its zones ask for it at every look.
import { APPROVE_ANNOTATION, PRUNE_ANNOTATION } from '../../api/kinds.ts'
import type { Brakes } from '../../apply/zone-pass.ts'
import type { Fqdn } from '../../model/name.ts'
import type { ZoneRef } from '../../model/zone.ts'
import { readApprovals } from '../../plan/approvals.ts'
import type { PastDeletion } from '../../plan/judge-safety.ts'
import type { StoreReader } from '../../store/store.ts'
import { parseRef } from '../object-keys.ts'

/** The defaults of the CRD, for a provider that is just gone. */
const DEFAULT_GUARD = { maxDeletePercent: 30, windowSeconds: 600 }

/** `consumed`: approvals that were used up, and that the status does not say so of yet. */
export function readBrakes(
  store: Pick<StoreReader, 'get'>,
  zone: ZoneRef,
  consumed: ReadonlySet<string>,
): Omit<Brakes, 'dryRun'> {
  const provider = store.get('DNSProvider', parseRef(zone.provider))
  const { [APPROVE_ANNOTATION]: approve, [PRUNE_ANNOTATION]: prune } = provider?.metadata.annotations ?? {}
  const applied = provider?.status?.zones?.find(({ name }) => name === zone.zone)?.appliedHash
  const approvals = readApprovals({ approve, prune }, applied)
  const isUnused = (hash: string): boolean => !consumed.has(hash)
  return {
    guard: provider?.resource?.spec.guard ?? DEFAULT_GUARD,
    approvedHashes: approvals.approve.filter(isUnused),
    pruneHashes: approvals.prune.filter(isUnused),
  }
}

/** What the guard had counted when the status was last written: another process, or this one before, may have deleted. */
export function readDeletions(store: Pick<StoreReader, 'get'>, zone: ZoneRef, now: number): PastDeletion | undefined {
  const zones = store.get('DNSProvider', parseRef(zone.provider))?.status?.zones
  const deletions = zones?.find(({ name }) => name === zone.zone)?.recentDeletions
  if (deletions === undefined) return undefined
  const { time, recordSets, names = [] } = deletions
  // The clock may have been set back since. The names were ours when they were written.
  return { at: Math.min(Date.parse(time), now), sets: recordSets, names: names as readonly Fqdn[] }
}

/** An approved move counts for as long as it is asked for: it is over when nothing is left to move. */
export function listApprovedMoves(store: Pick<StoreReader, 'list'>): readonly string[] {
  return [...store.list('DNSProvider')].flatMap(({ metadata }) => {
    return readApprovals({ approve: metadata.annotations?.[APPROVE_ANNOTATION] }, undefined).approve
  })
}
