// The marker as a comment or metadata text at the provider.
import { shortHash } from '../../model/hash.ts'
import type { Owner, OwnerId } from '../../model/record-set.ts'

/** The tightest provider's room for a comment (Cloudflare's free plan). */
const TIGHT_ROOM = 100
const LONGEST_ID = 40
const MARKER = /^stoa owner=(\S+) uid=(\S+?)( adopted)?(?: for (\S+))?$/

/** Names the resource too where there is room for it; the ids alone always fit. */
export function formatNativeMarker(owner: Owner, room = TIGHT_ROOM): string {
  const ids = `stoa owner=${owner.id} uid=${owner.uid ?? 'none'}${owner.adopted ? ' adopted' : ''}`
  const full = `${ids} for ${owner.resource}`
  return full.length <= room && /^\S+$/.test(owner.resource) ? full : ids
}

/** Undefined for any other text: a comment that somebody wrote is no claim of ownership. */
export function parseNativeMarker(text: string): Owner | undefined {
  const [, id, uid, adopted, resource] = MARKER.exec(text) ?? []
  if (id === undefined || uid === undefined) return undefined
  return {
    id: id as OwnerId,
    uid: uid === 'none' ? undefined : uid,
    resource: resource ?? `uid ${uid}`,
    adopted: adopted !== undefined,
  }
}

/** Owner ids are chosen by people: one that would not fit into a marker, or not survive it, is replaced by its hash. */
export function ownerIdOf(chosen: string): OwnerId {
  const fits = chosen.length <= LONGEST_ID && /^[A-Za-z0-9._:-]+$/.test(chosen)
  return (fits ? chosen : shortHash(chosen)) as OwnerId
}
