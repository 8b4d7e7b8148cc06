// Who a stored value belongs to, seen from one resource.
import type { OwnedValue, Owner, OwnerId, ResourceRef } from './record-set.ts'

export function ownerFor(id: OwnerId, resource: ResourceRef, adopted: boolean): Owner {
  return { id, uid: resource.uid, resource: `dynamicdnsrecord/${resource.namespace}/${resource.name}`, adopted }
}

/** Written by this Stoa, for whichever of its resources. */
export function isOwnedBy(value: OwnedValue, id: OwnerId): boolean {
  return value.owner?.id === id
}

/** Written by this Stoa for this very resource. */
export function isMarkedFor(value: OwnedValue, id: OwnerId, resource: Pick<ResourceRef, 'uid'>): boolean {
  return isOwnedBy(value, id) && value.owner?.uid === resource.uid
}
