// A change of an owned set as changes of what the provider stores: the set itself, and the mark beside it. Pure.
import type { Fqdn } from '../../model/name.ts'
import { compareText, keyText, type Owner, type RecordKey, type StoredSet } from '../../model/record-set.ts'
import type { Change } from '../../plan/plan.ts'
import type { RawChange, RawSet, RawUnit } from '../raw-zone.ts'
import { formatNativeMarker } from './native-marker.ts'
import type { Marked, TxtRegistry } from './txt-registry.ts'

/** Comments and metadata of the providers that keep them per set hold far more than a mark needs. */
const NOTE_ROOM = 400

export interface UnitContext {
  /** What was last seen at a key, as it is stored. */
  readonly seen: (key: RecordKey) => Marked | undefined
  readonly normalise: (set: RawSet) => RawSet
  /** The set whose mark stands at a name. */
  readonly markedAt: (name: Fqdn) => RecordKey | undefined
  /** The types at a name that are none of ours, as far as the provider shows them. */
  readonly othersAt: (name: Fqdn) => readonly string[]
  /** Undefined: the mark is a note of the set itself. */
  readonly registry: TxtRegistry | undefined
}

/** A set and its mark travel together, so that neither is ever seen without the other. */
export function deriveUnit(change: Change, context: UnitContext): RawUnit {
  const { registry, seen } = context
  const own = deriveOwnChange(change, context)
  if (registry === undefined) return [own]
  const marker = markerOf(change, registry, own.next)
  // A mark may be left of a set that somebody deleted by hand.
  const left = marker && seen(marker.key)?.set
  const markers = deriveMarkerChanges(seen(change.key)?.marker ?? left, marker, registry)
  return sameSet(own.previous, own.next) ? markers : [own, ...markers]
}

export function ownerAfter(change: Change): Owner | undefined {
  return change.kind === 'delete' ? undefined : change.next.values[0]?.owner
}

export function toRaw({ key, ttl, routing, options, values }: StoredSet): RawSet {
  return { key, ttl, routing, options, values: values.map(({ value }) => value), note: undefined }
}

function deriveOwnChange(change: Change, { seen, normalise, registry }: UnitContext): RawChange {
  const { key } = change
  const previous = seen(key)?.set
  if (change.kind === 'delete') return { key, previous, next: undefined }
  const owner = ownerAfter(change)
  const note = registry === undefined && owner !== undefined ? formatNativeMarker(owner, NOTE_ROOM) : undefined
  return { key, previous, next: normalise({ ...toRaw(change.next), note }) }
}

function markerOf(change: Change, registry: TxtRegistry, next: RawSet | undefined): RawSet | undefined {
  const owner = ownerAfter(change)
  return next === undefined || owner === undefined ? undefined : registry.markerFor(next, owner)
}

function deriveMarkerChanges(
  previous: RawSet | undefined,
  next: RawSet | undefined,
  registry: TxtRegistry,
): readonly RawChange[] {
  if (previous === undefined) return next === undefined ? [] : [{ key: next.key, previous, next }]
  // Texts that others put beside the mark stay when it goes or changes.
  const others = registry.othersIn(previous)
  const rest = others.length === 0 ? undefined : { ...previous, values: others }
  if (next === undefined) return [{ key: previous.key, previous, next: rest }]
  // A mark under a name of an older version goes when the new one is written.
  if (keyText(previous.key) !== keyText(next.key)) {
    return [
      { key: previous.key, previous, next: rest },
      { key: next.key, previous: undefined, next },
    ]
  }
  const both = rest === undefined ? next : { ...next, values: [...next.values, ...others].sort(compareText) }
  return sameSet(previous, both) ? [] : [{ key: next.key, previous, next: both }]
}

function sameSet(a: RawSet | undefined, b: RawSet | undefined): boolean {
  return textOf(a) === textOf(b)
}

function textOf(set: RawSet | undefined): string {
  return set === undefined
    ? ''
    : JSON.stringify([keyText(set.key), set.values, set.ttl, set.routing, set.options, set.note])
}
