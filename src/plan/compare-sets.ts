// When two record sets are the same to us. Words in a marker that are only for people do not count, nor does the order of values.
import { canonicalText } from '../model/canonical-text.ts'
import type { OwnedValue, StoredSet } from '../model/record-set.ts'

/** Everything of a set but its key. */
export function contentText(set: StoredSet): string {
  return canonicalText([settingsOf(set), set.values.map(markOf).sort()])
}

export function sameContent(a: StoredSet, b: StoredSet): boolean {
  return contentText(a) === contentText(b)
}

/** Time to live, routing and provider options: what a set has beside its values. */
export function sameSettings(a: Settings, b: Settings): boolean {
  return canonicalText(settingsOf(a)) === canonicalText(settingsOf(b))
}

export type Settings = Pick<StoredSet, 'ttl' | 'routing' | 'options'>

/** No options and an empty block of them say the same. */
function settingsOf({ ttl, routing, options }: Settings): Settings {
  return { ttl, routing, options: options ?? {} }
}

function markOf({ value, owner }: OwnedValue): string {
  return JSON.stringify(owner === undefined ? [value] : [value, owner.id, owner.uid ?? null, owner.adopted])
}
