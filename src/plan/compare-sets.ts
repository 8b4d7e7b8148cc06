// When two record sets are the same to us. Words in a marker that are only for people do not count, nor does the order of values.
import { canonicalText } from '../model/canonical-text.ts'
import type { OwnedValue, StoredSet } from '../model/record-set.ts'

/** Everything of a set but its key. */
export function contentText(set: StoredSet): string {
  return canonicalText([settingsOf(set), set.values.map(markOf).sort()])
}

/** As `contentText` has it. A zone is full of sets that are compared at every look, so texts are only made of what needs them. */
export function sameContent(a: StoredSet, b: StoredSet): boolean {
  return sameSettings(a, b) && sameValues(a.values, b.values)
}

/** Time to live, routing and provider options: what a set has beside its values. */
export function sameSettings(a: Settings, b: Settings): boolean {
  return a.ttl === b.ttl && ((isPlain(a) && isPlain(b)) || settingsText(a) === settingsText(b))
}

export type Settings = Pick<StoredSet, 'ttl' | 'routing' | 'options'>

/** No options and an empty block of them say the same. */
function settingsOf({ ttl, routing, options }: Settings): Settings {
  return { ttl, routing, options: options ?? {} }
}

function isPlain({ routing, options }: Settings): boolean {
  return routing === undefined && options === undefined
}

function settingsText(settings: Settings): string {
  return canonicalText(settingsOf(settings))
}

/** Mostly they come in the same order, are not as many, or one is not among the others. */
function sameValues(a: readonly OwnedValue[], b: readonly OwnedValue[]): boolean {
  if (a.length !== b.length) return false
  if (a.every((value, index) => sameMark(value, b[index]))) return true
  return a.every((value) => b.some((other) => sameMark(value, other))) && marksText(a) === marksText(b)
}

function sameMark(a: OwnedValue, b: OwnedValue | undefined): boolean {
  const [mine, other] = [a.owner, b?.owner]
  return a.value === b?.value && mine?.id === other?.id && mine?.uid === other?.uid && mine?.adopted === other?.adopted
}

function marksText(values: readonly OwnedValue[]): string {
  return values.map(markOf).sort().join()
}

function markOf({ value, owner }: OwnedValue): string {
  return JSON.stringify(owner === undefined ? [value] : [value, owner.id, owner.uid ?? null, owner.adopted])
}
