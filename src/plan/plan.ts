// A plan is a value: sorted, printable, hashable, refusable. Making one touches nothing.
import type { HoldIntent, Refusal } from '../model/intent.ts'
import type { RecordKey, ResourceRef, StoredSet } from '../model/record-set.ts'
import type { ZoneRef } from '../model/zone.ts'

interface ChangeBase {
  readonly key: RecordKey
  /** On whose behalf. */
  readonly resource: ResourceRef
}

/** `next` is the whole set as it will be stored, values of other owners included, so that applying is never a guess. */
export interface CreateChange extends ChangeBase {
  readonly kind: 'create'
  readonly next: StoredSet
}
export interface UpdateChange extends ChangeBase {
  readonly kind: 'update'
  readonly previous: StoredSet
  readonly next: StoredSet
}
export interface DeleteChange extends ChangeBase {
  readonly kind: 'delete'
  readonly previous: StoredSet
}
/** Our marker goes, the values stay. */
export interface ReleaseChange extends ChangeBase {
  readonly kind: 'release'
  readonly previous: StoredSet
  readonly next: StoredSet
}
export type Change = CreateChange | UpdateChange | DeleteChange | ReleaseChange

/** Something a person should know about a key although nothing is refused. */
export interface PlanNote extends ChangeBase {
  readonly message: string
}

export interface Plan {
  readonly zone: ZoneRef
  /** By name; within a name deletes come first. Equal input in any order gives an equal plan. */
  readonly changes: readonly Change[]
  readonly refusals: readonly Refusal[]
  readonly holds: readonly HoldIntent[]
  readonly notes: readonly PlanNote[]
  /** Keys that are already as wanted. */
  readonly unchanged: number
}
