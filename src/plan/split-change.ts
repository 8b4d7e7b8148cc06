// Tells what membership did to a record set from what an edited spec did to it.
import type { Footing, TargetFooting } from '../model/footing.ts'
import { compareText, keyText, type OwnedValue, type RecordKey, type StoredSet } from '../model/record-set.ts'
import { sameContent } from './compare-sets.ts'
import type { Change, UpdateChange } from './plan.ts'

export interface Footings {
  readonly previous: Footing
  readonly current: Footing
}

export interface SplitChange {
  /** What membership alone does. */
  readonly apply: Change | undefined
  /** What remains to be done after that. */
  readonly held: Change | undefined
}

/**
 * | change                        | is membership when                                                                   |
 * |-------------------------------|--------------------------------------------------------------------------------------|
 * | create, or our first value    | its origin was known before, and every value is added by membership                  |
 * | delete, or our last value     | its origin is still known, and every value is removed by membership                  |
 * | update                        | as to its values; TTL, routing, options, owners and the other values wait            |
 * | release                       | never                                                                                |
 *
 * A value is added by membership when a target that was there before contributes it, and removed by membership when every target
 * that contributed it is still there.
 */
export function splitChange(change: Change, footings: Footings): SplitChange {
  switch (change.kind) {
    case 'release':
      return hold(change)
    case 'create':
      return wholly(change, isAppearance(change.key, ownValues(change.next, change), footings))
    case 'delete':
      return wholly(change, isDisappearance(change.key, ownValues(change.previous, change), footings))
    case 'update':
      return touchesOthers(change) ? hold(change) : splitUpdate(change, footings)
  }
}

function splitUpdate(change: UpdateChange, footings: Footings): SplitChange {
  const { key, resource, previous, next } = change
  const before = ownValues(previous, change)
  const after = ownValues(next, change)
  if (before.length === 0) return wholly(change, isAppearance(key, after, footings))
  if (after.length === 0) return wholly(change, isDisappearance(key, before, footings))
  const leaving = without(before, after).filter((value) => isRemoved(value, footings))
  const joining = without(after, before).filter((value) => isAdded(value, footings))
  const own = [...without(before, leaving), ...joining]
  // Half a change must not leave a name empty, nor with more values than either side has (a CNAME has one).
  if (own.length === 0 || own.length > Math.max(before.length, after.length)) return hold(change)
  const values = [...without(previous.values, before), ...own].sort((a, b) => compareText(a.value, b.value))
  const between = { ...previous, values }
  if (sameContent(between, next)) return { apply: change, held: undefined }
  if (sameContent(between, previous)) return hold(change)
  return { apply: { ...change, next: between }, held: { kind: 'update', key, resource, previous: between, next } }
}

function isAppearance(key: RecordKey, values: readonly OwnedValue[], footings: Footings): boolean {
  const origin = footings.current.origins.get(keyText(key))
  const known = origin !== undefined && footings.previous.knownOrigins.has(origin)
  return known && values.every((value) => isAdded(value, footings))
}

function isDisappearance(key: RecordKey, values: readonly OwnedValue[], footings: Footings): boolean {
  const origin = footings.previous.origins.get(keyText(key))
  const known = origin !== undefined && footings.current.knownOrigins.has(origin)
  return known && values.every((value) => isRemoved(value, footings))
}

function isAdded({ value }: OwnedValue, { previous, current }: Footings): boolean {
  return contributorsOf(value, current).some(([target, { source }]) => previous.targets.get(target)?.source === source)
}

function isRemoved({ value }: OwnedValue, { previous, current }: Footings): boolean {
  const contributors = contributorsOf(value, previous)
  const stillThere = contributors.filter(([target, { source }]) => current.targets.get(target)?.source === source)
  return contributors.length > 0 && stillThere.length === contributors.length
}

function contributorsOf(value: string, { targets }: Footing): readonly (readonly [string, TargetFooting])[] {
  return [...targets].filter(([, { values }]) => values.has(value))
}

function hold(change: Change): SplitChange {
  return { apply: undefined, held: change }
}

function wholly(change: Change, isMembership: boolean): SplitChange {
  return isMembership ? { apply: change, held: undefined } : hold(change)
}

function ownValues({ values }: StoredSet, { resource }: Change): readonly OwnedValue[] {
  return values.filter(({ owner }) => owner?.uid === resource.uid)
}

function without(values: readonly OwnedValue[], gone: readonly OwnedValue[]): readonly OwnedValue[] {
  const texts = new Set(gone.map(({ value }) => value))
  return values.filter(({ value }) => !texts.has(value))
}

/** A handover or an adoption: values that were not this resource's change hands, or go. */
function touchesOthers({ previous, next, resource }: UpdateChange): boolean {
  const others = ({ values }: StoredSet): StoredSet => {
    return { ...previous, values: values.filter(({ owner }) => owner?.uid !== resource.uid) }
  }
  return !sameContent(others(previous), others(next))
}
