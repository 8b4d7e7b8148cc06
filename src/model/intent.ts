// What a resource wants of one record key, and why a wish cannot be granted: the words between `desired/` and `plan/`.
import type { ProviderOptions, RecordKey, ResourceRef, Routing } from './record-set.ts'
import type { ZoneRef } from './zone.ts'

/** A value and the target of the resource that contributes it. */
export interface DesiredValue {
  readonly value: string
  readonly target: string
}

/**
 * What becomes of a key that its resource gives up.
 * - Delete: it goes. DeleteUnlessAdopted: it goes, but what was there before us stays. Retain: it stays without our marker.
 * - Refuse: it stays as it is, marker included, and the resource says so (`syncPolicy: UpsertOnly`).
 */
export type Disposal = 'Delete' | 'DeleteUnlessAdopted' | 'Retain' | 'Refuse'

interface IntentBase {
  readonly key: RecordKey
  readonly zone: ZoneRef
  readonly resource: ResourceRef
}

export interface UpdateIntent extends IntentBase {
  readonly kind: 'update'
  /** Sorted by value, free of duplicates. Empty only where the resource allows an empty answer. */
  readonly values: readonly DesiredValue[]
  readonly ttl: number
  readonly routing: Routing | undefined
  readonly options: ProviderOptions | undefined
  /** Take over an unowned set found at the key: `spec.adopt`, until its generation was carried out in full. */
  readonly adopt: boolean
}

export interface ClearIntent extends IntentBase {
  readonly kind: 'clear'
  readonly disposal: Disposal
  readonly successor?: Successor
}

/**
 * What takes a key's place at its name, where the two cannot stand side by side. The key goes then, whatever its disposal, as a part of
 * what its successor's resource changes, and not before its successor can be there.
 */
export interface Successor {
  readonly key: RecordKey
  readonly resource: ResourceRef
}

/** In scope, but not decidable now: whatever is there stays exactly as it is. */
export interface HoldIntent extends IntentBase {
  readonly kind: 'hold'
  readonly reason: string
  readonly message: string
}

export type Intent = UpdateIntent | ClearIntent | HoldIntent

export type RefusalReason =
  | 'AliasUnsupported'
  | 'AmbiguousProvider'
  | 'CNAMEConflict'
  | 'Conflicted'
  | 'HostnameNotAllowed'
  | 'InvalidName'
  | 'InvalidSpec'
  | 'MemberNameCollision'
  | 'MoveHeld'
  | 'NoProviderForZone'
  | 'NotOwned'
  | 'Occluded'
  | 'PolicyForbidsDelete'
  | 'ProviderNotFound'
  | 'ProviderOptionsMismatch'
  | 'RoutingUnsupported'
  | 'WildcardUnsupported'

/** A difference we saw and chose not to act on. It names the present state, its owner and the remedy. */
export interface Refusal {
  readonly resource: ResourceRef
  /** The name concerned, as far as it is known: an expanded name, or the spec's own entry. */
  readonly name: string
  readonly key: RecordKey | undefined
  readonly reason: RefusalReason
  readonly message: string
}
