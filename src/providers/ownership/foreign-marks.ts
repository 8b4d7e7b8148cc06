// Sees the TXT marks of other programs in zones whose owners we keep elsewhere, so that what they own is not taken for nobody's.
import { keyText, type StoredSet } from '../../model/record-set.ts'
import type { RawSet } from '../raw-zone.ts'
import type { TxtRegistry } from './txt-registry.ts'

/** Unmarked values of a set that a TXT record claims get that owner; the TXT records themselves are left out. */
export function readForeignMarks(sets: readonly StoredSet[], registry: TxtRegistry): readonly StoredSet[] {
  const byKey = new Map(sets.map((set) => [keyText(set.key), set]))
  return registry.join(sets.map(toRawSet)).flatMap(({ set, owner }) => {
    const stored = byKey.get(keyText(set.key))
    if (stored === undefined) return []
    if (owner === undefined) return [stored]
    return [{ ...stored, values: stored.values.map((value) => ({ ...value, owner: value.owner ?? owner })) }]
  })
}

function toRawSet({ key, ttl, routing, options, values }: StoredSet): RawSet {
  return { key, ttl, routing, options, values: values.map(({ value }) => value), note: undefined }
}
