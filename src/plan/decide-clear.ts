import type { ClearIntent, Disposal, UpdateIntent } from '../model/intent.ts'
import { isMarkedFor } from '../model/owner.ts'
import type { OwnedValue, OwnerId, StoredSet } from '../model/record-set.ts'
import { toDecision, type Decision } from './decision.ts'
import type { DeleteChange, UpdateChange } from './plan.ts'
import { refuseDelete } from './refuse.ts'

/**
 * One key that a resource gives up, against what the zone holds there. Only values marked for this very resource are concerned.
 *
 * | observed            | Delete | DeleteUnlessAdopted | Retain         | Refuse                        |
 * |---------------------|--------|---------------------|----------------|-------------------------------|
 * | nothing of its own  | none   | none                | none           | none                          |
 * | its own             | delete | delete              | release        | refused (PolicyForbidsDelete) |
 * | its own, adopted    | delete | release             | release        | refused (PolicyForbidsDelete) |
 *
 * Where values of others stay, a delete becomes an update. Where the key has a successor, all its own values go with whatever disposal:
 * its name is not given up.
 */
export function decideClear(intent: ClearIntent, observed: StoredSet | undefined, ownerId: OwnerId): Decision {
  const own = observed?.values.filter((value) => isMarkedFor(value, ownerId, intent.resource)) ?? []
  if (observed === undefined || own.length === 0) return { kind: 'none' }
  if (intent.disposal === 'Refuse') return { kind: 'refused', refusal: refuseDelete(intent) }
  const { key, resource, successor } = intent
  if (successor !== undefined) {
    return toDecision(removeValues({ key, resource: successor.resource }, observed, own))
  }
  const kept = own.filter(({ owner }) => isKept(intent.disposal, owner?.adopted === true))
  if (kept.length < own.length) return toDecision(removeValues(intent, observed, own, kept))
  const next = { ...observed, values: observed.values.map((value) => unmark(value, kept)) }
  return toDecision({ kind: 'release', key, resource, previous: observed, next })
}

/** Takes values out of a set, keeping some of them without their mark. */
export function removeValues(
  { key, resource }: Pick<ClearIntent | UpdateIntent, 'key' | 'resource'>,
  previous: StoredSet,
  removed: readonly OwnedValue[],
  kept: readonly OwnedValue[] = [],
): DeleteChange | UpdateChange {
  const values = previous.values
    .filter((value) => kept.includes(value) || !removed.includes(value))
    .map((value) => unmark(value, kept))
  if (values.length === 0) return { kind: 'delete', key, resource, previous }
  return { kind: 'update', key, resource, previous, next: { ...previous, values } }
}

function isKept(disposal: Disposal, adopted: boolean): boolean {
  return disposal === 'Retain' || (disposal === 'DeleteUnlessAdopted' && adopted)
}

function unmark(value: OwnedValue, kept: readonly OwnedValue[]): OwnedValue {
  return kept.includes(value) ? { value: value.value, owner: undefined } : value
}
