// Cloud DNS's record sets and ours: names and host names end in a dot, TXT is quoted, and a routing policy makes a set one of a kind.
import { parseIpAddress } from '../../model/address.ts'
import { parseStoredName } from '../../model/name.ts'
import { compareText, type RecordType } from '../../model/record-set.ts'
import type { ZoneCut } from '../../model/zone.ts'
import { parseQuotedText, quoteText } from '../../wire/txt-text.ts'
import type { RawSet } from '../raw-zone.ts'
import { readCut } from '../zone-cuts.ts'

export interface GoogleSet {
  readonly name: string
  readonly type: string
  readonly ttl: number
  readonly rrdatas: readonly string[]
}

/** As it is listed. */
export interface GoogleListedSet extends Partial<GoogleSet> {
  readonly name: string
  readonly type: string
  readonly routingPolicy?: unknown
}

/**
 * Stands for the id of a set with a routing policy. A routed and a simple set exclude each other, so nothing of ours is ever planned
 * over one; and no marker names this id, so nobody owns it.
 */
const POLICY_ID = 'routingPolicy'
const TYPES: ReadonlySet<string> = new Set<RecordType>(['A', 'AAAA', 'CNAME', 'TXT'])

export function parseGoogleSet(listed: GoogleListedSet): RawSet | undefined {
  const name = parseStoredName(listed.name)
  if (name === undefined || !TYPES.has(listed.type)) return undefined
  const type = listed.type as RecordType
  const routed = listed.routingPolicy !== undefined
  const rrdatas = routed ? policyValues(listed.routingPolicy) : (listed.rrdatas ?? [])
  return {
    key: { name, type, setId: routed ? POLICY_ID : '' },
    values: [...new Set(rrdatas.map((value) => parseValue(type, value)))].sort(compareText),
    ttl: listed.ttl ?? 0,
    routing: undefined,
    options: undefined,
    note: undefined,
  }
}

export function parseGoogleCut({ name, type, rrdatas = [] }: GoogleListedSet): readonly ZoneCut[] {
  return readCut(parseStoredName(name), type, rrdatas)
}

/** What a deletion has to repeat to the letter. */
export function exactSet({ name, type, ttl = 0, rrdatas = [] }: GoogleListedSet): GoogleSet {
  return { name, type, ttl, rrdatas }
}

export function formatGoogleSet({ key, ttl, values }: RawSet): GoogleSet {
  return { name: `${key.name}.`, type: key.type, ttl, rrdatas: values.map((value) => formatValue(key.type, value)) }
}

function parseValue(type: RecordType, value: string): string {
  if (type === 'TXT') return parseQuotedText(value)
  return type === 'CNAME' ? value.toLowerCase().replace(/\.$/, '') : (parseIpAddress(value) ?? value)
}

function formatValue(type: RecordType, value: string): string {
  if (type === 'TXT') return quoteText(value)
  return type === 'CNAME' ? `${value}.` : value
}

/** Policies nest differently by kind; what they answer with always stands in lists called `rrdatas`. */
function policyValues(policy: unknown): readonly string[] {
  if (typeof policy !== 'object' || policy === null) return []
  return Object.entries(policy).flatMap(([field, inside]) =>
    field === 'rrdatas' && Array.isArray(inside) ? inside.map(String) : policyValues(inside),
  )
}
