// Whose an object is, by what it says itself.
import { API_GROUP, isKindName } from '../kinds.ts'
import { suggestName } from '../../model/suggest-name.ts'

const OUR_DOMAIN = 'stoa.dev'

export interface ObjectType {
  readonly apiVersion: string
  readonly kind: string | undefined
}

/**
 * By group: a wrong version or kind of ours is a finding, not something that silently goes unchecked. So is a group that was meant to be
 * ours. Others have a NodePool and a DNSProvider, too, but not without a group.
 */
export function isOurs({ apiVersion, kind = '' }: ObjectType): boolean {
  const [group = '', version] = apiVersion.split('/')
  if (group === API_GROUP || suggestName(group, [API_GROUP]) !== undefined) return true
  return isKindName(kind) && (version === undefined || isOfOurDomain(group))
}

/** A label of its own says nothing: anybody may call something stoa. */
function isOfOurDomain(group: string): boolean {
  return group === OUR_DOMAIN || group.endsWith(`.${OUR_DOMAIN}`)
}
