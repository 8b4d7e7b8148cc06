// One update message for many changes: each set must be exactly what it was, or nothing at all is done.
import { keyText, type RecordKey } from '../../model/record-set.ts'
import type { DnsRecord, TypedData } from '../../wire/message.ts'
import { addRecord, deleteSet, requireNoName, requireNoSet, requireValues } from '../../wire/update.ts'
import type { RawChange } from '../raw-zone.ts'
import { dataOf } from './dns-records.ts'

export interface UpdateRecords {
  readonly prerequisites: readonly DnsRecord[]
  readonly updates: readonly DnsRecord[]
}

/** What may be at a name beside what leaves it. */
const MAY_STAND_THERE = ['A', 'AAAA', 'TXT'] as const

export type StoredData = (key: RecordKey) => readonly [TypedData, ...TypedData[]] | undefined

/** Deletes first: a CNAME beside other data would be dropped without a word. */
export function deriveUpdate(changes: readonly RawChange[], storedData: StoredData): UpdateRecords {
  const deletes = changes.filter(({ next }) => next === undefined)
  const leaving = new Set(deletes.map(({ key }) => keyText(key)))
  return {
    prerequisites: changes.flatMap((change) => requirementsOf(change, storedData, leaving)),
    updates: [
      ...deletes.map(({ key }) => deleteSet(key.name, wireType(key))),
      ...changes.flatMap((change) => writesOf(change)),
    ],
  }
}

/** A value that no server could hold. */
export function findUnencodable(changes: readonly RawChange[]): RawChange | undefined {
  return changes.find(({ key, next }) => next?.values.some((value) => dataOf(key.type, value) === undefined))
}

function requirementsOf(
  { key, previous }: RawChange,
  storedData: StoredData,
  leaving: ReadonlySet<string>,
): readonly DnsRecord[] {
  const stored = previous && storedData(key)
  if (stored !== undefined) return requireValues(key.name, stored)
  const absent = requireNoSet(key.name, wireType(key))
  // Servers ignore a CNAME that is added beside other data, and other data beside a CNAME, and answer that all went well.
  if (key.type === 'CNAME') {
    const staying = MAY_STAND_THERE.filter((type) => !leaving.has(keyText({ ...key, type })))
    if (staying.length === MAY_STAND_THERE.length) return [requireNoName(key.name)]
    return [absent, ...staying.map((type) => requireNoSet(key.name, type))]
  }
  const aliasLeaves = leaving.has(keyText({ ...key, type: 'CNAME' }))
  return aliasLeaves ? [absent] : [absent, requireNoSet(key.name, 'CNAME')]
}

function writesOf({ key, previous, next }: RawChange): readonly DnsRecord[] {
  if (next === undefined) return []
  const adds = next.values
    .map((value) => dataOf(key.type, value))
    .filter((data) => data !== undefined)
    .map((data) => addRecord(key.name, next.ttl, data))
  return previous === undefined ? adds : [deleteSet(key.name, wireType(key)), ...adds]
}

function wireType(key: RecordKey): 'A' | 'AAAA' | 'CNAME' | 'TXT' {
  return key.type === 'ALIAS' ? 'CNAME' : key.type
}
