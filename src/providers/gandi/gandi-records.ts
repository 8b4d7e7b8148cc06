// LiveDNS's record sets and ours: their names are relative, their host names end in a dot, their TXT is quoted.
import { parseIpAddress } from '../../model/address.ts'
import { parseStoredName, type Fqdn } from '../../model/name.ts'
import { compareText, type RecordType } from '../../model/record-set.ts'
import type { ZoneCut } from '../../model/zone.ts'
import { readCut } from '../zone-cuts.ts'
import type { Neighbour } from '../neighbours.ts'
import type { RawSet } from '../raw-zone.ts'
import { parseQuotedText, quoteText } from '../../wire/txt-text.ts'

export interface GandiSet {
  readonly rrset_name: string
  readonly rrset_type: string
  readonly rrset_ttl: number
  readonly rrset_values: readonly string[]
}

const TYPES: ReadonlySet<string> = new Set<RecordType>(['A', 'AAAA', 'ALIAS', 'CNAME', 'TXT'])

export function relativeName(name: Fqdn, zone: Fqdn): string {
  return name === zone ? '@' : name.slice(0, -(zone.length + 1))
}

/** A set of a type that is none of ours. */
export function parseGandiNeighbour({ rrset_name, rrset_type: type }: GandiSet, zone: Fqdn): Neighbour | undefined {
  const name = parseName(rrset_name, zone)
  return name === undefined || TYPES.has(type) ? undefined : { name, type }
}

export function parseGandiCut({ rrset_name, rrset_type, rrset_values }: GandiSet, zone: Fqdn): readonly ZoneCut[] {
  const targets = rrset_values.map((value) => (value.endsWith('.') ? value : `${value}.${zone}`))
  return readCut(parseName(rrset_name, zone), rrset_type, targets)
}

export function parseGandiSet(set: GandiSet, zone: Fqdn): RawSet | undefined {
  const name = parseName(set.rrset_name, zone)
  if (name === undefined || !TYPES.has(set.rrset_type)) return undefined
  const type = set.rrset_type as RecordType
  const values = set.rrset_values.map((value) => parseValue(type, value, zone)).sort(compareText)
  return {
    key: { name, type, setId: '' },
    values,
    ttl: set.rrset_ttl,
    routing: undefined,
    options: undefined,
    note: undefined,
  }
}

export function formatGandiSet(set: RawSet): Pick<GandiSet, 'rrset_ttl' | 'rrset_values'> {
  return { rrset_ttl: set.ttl, rrset_values: set.values.map((value) => formatValue(set.key.type, value)) }
}

function parseName(relative: string, zone: Fqdn): Fqdn | undefined {
  return parseStoredName(relative === '@' ? zone : `${relative}.${zone}`)
}

function parseValue(type: RecordType, value: string, zone: Fqdn): string {
  if (type === 'TXT') return parseQuotedText(value)
  if (type !== 'CNAME' && type !== 'ALIAS') return parseIpAddress(value) ?? value
  const lower = value.toLowerCase()
  return lower.endsWith('.') ? lower.slice(0, -1) : lower === '@' ? zone : `${lower}.${zone}`
}

function formatValue(type: RecordType, value: string): string {
  if (type === 'TXT') return quoteText(value)
  return type === 'CNAME' || type === 'ALIAS' ? `${value}.` : value
}
