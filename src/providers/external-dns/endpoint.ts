// The endpoints in which external-dns speaks of records, over its webhook protocol and in its DNSEndpoint resources, and our sets.
import { parseIpAddress } from '../../model/address.ts'
import { parseStoredName } from '../../model/name.ts'
import { compareText, type RecordType } from '../../model/record-set.ts'
import { parseQuotedText } from '../../wire/txt-text.ts'
import type { RawSet } from '../raw-zone.ts'

/** Everything is left out where it is empty. */
export interface Endpoint {
  readonly dnsName?: string
  readonly targets?: readonly string[]
  readonly recordType?: string
  readonly setIdentifier?: string
  readonly recordTTL?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly providerSpecific?: readonly { readonly name: string; readonly value: string }[]
}

const TYPES: ReadonlySet<string> = new Set<RecordType>(['A', 'AAAA', 'CNAME', 'TXT'])

/** Undefined for what cannot be an endpoint. A field that is null is one that is not there; what a known one says is judged later. */
export function parseEndpoint(value: unknown): Endpoint | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const endpoint: unknown = Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null))
  return isEndpoint(endpoint) ? endpoint : undefined
}

/** Undefined for types we do not know. A TTL of 0 says that none is set. */
export function setFromEndpoint(endpoint: Endpoint): RawSet | undefined {
  const { dnsName = '', recordType = '', targets = [], setIdentifier = '', recordTTL = 0 } = endpoint
  const name = parseStoredName(dnsName)
  if (name === undefined || !TYPES.has(recordType)) return undefined
  const type = recordType as RecordType
  const values = [...new Set(targets.map((target) => parseTarget(type, target)))].sort(compareText)
  return {
    key: { name, type, setId: setIdentifier },
    values,
    ttl: recordTTL,
    routing: undefined,
    options: undefined,
    note: undefined,
  }
}

/** How the text of a TXT record is written differs between those who read endpoints, so they say it. */
export function endpointFromSet({ key, values, ttl }: RawSet, formatText: (text: string) => string): Endpoint {
  return {
    dnsName: key.name,
    targets: key.type === 'TXT' ? values.map(formatText) : values,
    recordType: key.type,
    ...(key.setId === '' ? {} : { setIdentifier: key.setId }),
    ...(ttl === 0 ? {} : { recordTTL: ttl }),
  }
}

/** In one pair of quotes, as external-dns writes its own marks, however long it is. */
export function quoteWhole(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

function parseTarget(type: RecordType, target: string): string {
  if (type === 'TXT') return parseQuotedText(target)
  return type === 'CNAME' ? target.toLowerCase().replace(/\.$/, '') : (parseIpAddress(target) ?? target)
}

function isEndpoint(value: unknown): value is Endpoint {
  const { dnsName = '', targets = [], recordType = '', setIdentifier = '', recordTTL = 0 } = value as Endpoint
  const texts: readonly unknown[] = [dnsName, recordType, setIdentifier]
  return (
    texts.every((text) => typeof text === 'string') &&
    Array.isArray(targets) &&
    targets.every((target) => typeof target === 'string') &&
    typeof recordTTL === 'number'
  )
}
