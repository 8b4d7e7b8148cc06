// The marker as a comment or metadata text at the provider.
import { shortHash } from '../../model/hash.ts'
import type { Owner, OwnerId } from '../../model/record-set.ts'

/** The tightest provider's room for a comment (Cloudflare's free plan). */
const TIGHT_ROOM = 100
const MARKER = /^stoa owner=(\S+) uid=(\S+?)( adopted)?(?: for (\S+))?$/

/** Names the resource too where there is room for it. An owner id that is too long to leave room for the uid is given by its hash. */
export function formatNativeMarker(owner: Owner, room = TIGHT_ROOM): string {
  const ids = formatIds(owner, owner.id)
  if (ids.length > room) return formatIds(owner, shortHash(owner.id))
  const full = `${ids} for ${owner.resource}`
  return full.length <= room && /^\S+$/.test(owner.resource) ? full : ids
}

function formatIds({ uid, adopted }: Owner, id: string): string {
  return `stoa owner=${id} uid=${uid ?? 'none'}${adopted ? ' adopted' : ''}`
}

/**
 * Undefined for any other text: a comment that somebody wrote is no claim of ownership. `ourId` is the owner id that is recognised by
 * its hash, too.
 */
export function parseNativeMarker(text: string, ourId?: OwnerId): Owner | undefined {
  const [, id, uid, adopted, resource] = MARKER.exec(text) ?? []
  if (id === undefined || uid === undefined) return undefined
  return {
    id: ourId !== undefined && id === shortHash(ourId) ? ourId : (id as OwnerId),
    uid: uid === 'none' ? undefined : uid,
    resource: resource ?? `uid ${uid}`,
    adopted: adopted !== undefined,
  }
}
