// One update message for many changes: each set must be exactly what it was, or nothing at all is done.
import { keyText, type RecordKey } from '../../model/record-set.ts'
import type { DnsRecord, TypedData } from '../../wire/message.ts'
import { dataOf } from '../../wire/set-data.ts'
import { addRecord, deleteSet, requireNoName, requireNoSet, requireValues } from '../../wire/update.ts'
import type { RawChange } from '../raw-zone.ts'
import { dataOfAll } from './dns-records.ts'

export interface UpdateRecords {
  readonly prerequisites: readonly DnsRecord[]
  readonly updates: readonly DnsRecord[]
}

const OUR_TYPES = ['A', 'AAAA', 'TXT'] as const
/** The numbers are DNAME, NAPTR, SSHFP, TLSA, DS, SVCB, HTTPS and URI. */
const OTHER_TYPES = ['NS', 'MX', 'SRV', 'CAA', 'PTR', 39, 35, 44, 52, 43, 64, 65, 256] as const
/** How many prerequisites a CNAME has at most. */
export const MOST_ALIAS_REQUIREMENTS = OUR_TYPES.length + OTHER_TYPES.length

export type StoredData = (key: RecordKey) => readonly [TypedData, ...TypedData[]] | undefined

/** Deletes first: a CNAME beside other data would be dropped without a word. */
export function deriveUpdate(changes: readonly RawChange[], storedData: StoredData): UpdateRecords {
  const deletes = changes.filter(({ next }) => next === undefined)
  const leaving = new Set(deletes.map(({ key }) => keyText(key)))
  return {
    prerequisites: changes.flatMap((change) => requirementsOf(change, storedData, leaving)),
    updates: [
      ...deletes.map(({ key }) => deleteSet(key.name, wireType(key))),
      ...changes.flatMap((change) => writesOf(change, storedData)),
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
    const staying = OUR_TYPES.filter((type) => !leaving.has(keyText({ ...key, type })))
    // Where a set leaves in the same update, the name as a whole is not free yet.
    if (staying.length === OUR_TYPES.length) return [requireNoName(key.name)]
    return [absent, ...[...staying, ...OTHER_TYPES].map((type) => requireNoSet(key.name, type))]
  }
  const aliasLeaves = leaving.has(keyText({ ...key, type: 'CNAME' }))
  return aliasLeaves ? [absent] : [absent, requireNoSet(key.name, 'CNAME')]
}

function writesOf({ key, previous, next }: RawChange, storedData: StoredData): readonly DnsRecord[] {
  if (next === undefined) return []
  const adds = dataOfAll(key.type, next.values, previous && storedData(key)).map((data) =>
    addRecord(key.name, next.ttl, data),
  )
  return previous === undefined ? adds : [deleteSet(key.name, wireType(key)), ...adds]
}

function wireType(key: RecordKey): 'A' | 'AAAA' | 'CNAME' | 'TXT' {
  return key.type === 'ALIAS' ? 'CNAME' : key.type
}
