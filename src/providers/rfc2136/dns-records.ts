// Records of the wire and sets of ours. What a server stored is kept beside a set, since prerequisites must repeat it to the letter.
import { parseStoredName, type Fqdn } from '../../model/name.ts'
import type { ZoneCut } from '../../model/zone.ts'
import { compareText, keyText, type RecordKey, type RecordType } from '../../model/record-set.ts'
import type { DnsRecord, RecordData, TypedData } from '../../wire/message.ts'
import { describeType, type DnsType } from '../../wire/numbers.ts'
import { dataOf } from '../../wire/set-data.ts'
import { joinStrings } from '../../wire/txt-text.ts'
import type { RawSet } from '../raw-zone.ts'
import { readCut } from '../zone-cuts.ts'

/** SIG, KEY, NXT, RRSIG and NSEC stand beside a CNAME, too (RFC 4035 §2.5). */
const BESIDE_ANYTHING: ReadonlySet<DnsType> = new Set([24, 25, 30, 46, 47])

const DNAME: DnsType = 39

export interface StoredRecords {
  readonly set: RawSet
  /** In the order of the values; one value has several where they differ only in what text cannot tell. */
  readonly data: readonly [TypedData, ...TypedData[]]
}

export function groupDnsRecords(records: readonly DnsRecord[]): readonly StoredRecords[] {
  const groups = new Map<string, { key: RecordKey; ttl: number; found: Map<string, ReadValue> }>()
  for (const { name, ttl, data } of records) {
    const stored = parseStoredName(name)
    const read = readValue(data)
    if (stored === undefined || read === undefined) continue
    const key: RecordKey = { name: stored, type: read.type, setId: '' }
    const group = groups.get(keyText(key)) ?? { key, ttl, found: new Map<string, ReadValue>() }
    group.found.set(toTheLetter(read), read)
    groups.set(keyText(key), group)
  }
  return [...groups.values()].flatMap(({ key, ttl, found }) => {
    const sorted = [...found.values()].sort((a, b) => compareText(a.value, b.value))
    const [first, ...rest] = sorted.map(({ data }) => data)
    const set = {
      key,
      values: [...new Set(sorted.map(({ value }) => value))],
      ttl,
      routing: undefined,
      options: undefined,
      note: undefined,
    }
    return first === undefined ? [] : [{ set, data: [first, ...rest] as const }]
  })
}

/** Texts that read alike may be cut elsewhere, or hold bytes that are no UTF-8. */
function toTheLetter({ value, data }: ReadValue): string {
  return data.kind === 'TXT' ? data.strings.map((string) => Buffer.from(string).toString('hex')).join(' ') : value
}

/** Which types that are none of ours stand at a name, in words. */
export function groupOtherTypes(records: readonly DnsRecord[]): ReadonlyMap<Fqdn, readonly string[]> {
  const groups = new Map<Fqdn, readonly string[]>()
  for (const { name, type, data } of records) {
    if (BESIDE_ANYTHING.has(type) || readValue(data) !== undefined) continue
    const stored = parseStoredName(name)
    if (stored === undefined) continue
    groups.set(stored, [...new Set([...(groups.get(stored) ?? []), describeType(type)])].sort(compareText))
  }
  return groups
}

/** One for each name server. Of a DNAME only that it is there: nobody needs its target. */
export function findCuts(records: readonly DnsRecord[]): readonly ZoneCut[] {
  return records.flatMap(({ name, type, data }) => {
    if (data.kind === 'NS') return readCut(parseStoredName(name), 'NS', [data.target])
    return type === DNAME ? readCut(parseStoredName(name), 'DNAME', []) : []
  })
}

/** What stands for the values: where one is stored, what is stored, since it may be somebody else's and text cannot tell all of it. */
export function dataOfAll(
  type: RecordType,
  values: readonly string[],
  stored: readonly TypedData[] = [],
): readonly TypedData[] {
  const kept = new Map<string, TypedData[]>()
  for (const data of stored) {
    const value = readValue(data)?.value ?? ''
    kept.set(value, [...(kept.get(value) ?? []), data])
  }
  return values.flatMap((value) => kept.get(value) ?? dataOf(type, value) ?? [])
}

interface ReadValue {
  readonly type: RecordType
  readonly value: string
  readonly data: TypedData
}

function readValue(data: RecordData): ReadValue | undefined {
  switch (data.kind) {
    case 'A':
    case 'AAAA':
      return { type: data.kind, value: data.address, data }
    case 'CNAME':
      return { type: 'CNAME', value: data.target.toLowerCase().replace(/\.$/, ''), data }
    case 'TXT':
      return { type: 'TXT', value: joinStrings(data.strings), data }
    default:
      return undefined
  }
}
