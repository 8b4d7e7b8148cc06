// Whose an object is, by what it says itself.
import { API_GROUP, isKindName } from '../kinds.ts'
import { suggestName } from '../unknown-field.ts'

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
  return isKindName(kind) && (version === undefined || group.split('.').includes('stoa'))
}
