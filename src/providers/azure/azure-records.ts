// Azure's record sets and ours: names are relative, each type has its own shape, and metadata holds our mark beside what others put there.
import { parseIpAddress } from '../../model/address.ts'
import { parseStoredName, type Fqdn } from '../../model/name.ts'
import { compareText, type RecordType } from '../../model/record-set.ts'
import type { ZoneCut } from '../../model/zone.ts'
import { joinStrings, splitText } from '../../wire/txt-text.ts'
import type { Neighbour } from '../neighbours.ts'
import type { RawSet } from '../raw-zone.ts'
import { readCut } from '../zone-cuts.ts'

/** Azure has no ALIAS by name: its alias sets follow a resource of Azure's. */
export type AzureType = Exclude<RecordType, 'ALIAS'>

export const AZURE_TYPES: readonly AzureType[] = ['A', 'AAAA', 'CNAME', 'TXT']

type Metadata = Readonly<Record<string, string>>

interface AzureProperties {
  readonly TTL?: number
  readonly ARecords?: readonly { readonly ipv4Address: string }[]
  readonly AAAARecords?: readonly { readonly ipv6Address: string }[]
  readonly CNAMERecord?: { readonly cname: string } | null
  readonly NSRecords?: readonly { readonly nsdname: string }[]
  readonly TXTRecords?: readonly { readonly value: readonly string[] }[]
  readonly metadata?: Metadata
  readonly targetResource?: { readonly id?: string | null }
}

export interface AzureSet {
  readonly name: string
  /** `Microsoft.Network/dnszones/A` */
  readonly type: string
  readonly etag: string
  readonly properties: AzureProperties
}

export interface HeldSet {
  readonly set: RawSet
  readonly etag: string
  /** What others keep in the metadata of the set: a write replaces all of it, so it is written back. */
  readonly otherMetadata: Metadata
}

const MARK = 'stoa'
/**
 * Stands for the id of a set that follows a resource. It is listed with that resource for a value and nobody for an owner; a simple
 * set cannot stand beside it, so nothing of ours is ever planned over one.
 */
const ALIAS_ID = 'alias'

export function relativeName(name: Fqdn, zone: Fqdn): string {
  return name === zone ? '@' : name.slice(0, -(zone.length + 1))
}

/** A set of a type that is none of ours. */
export function parseAzureNeighbour(found: AzureSet, zone: Fqdn): Neighbour | undefined {
  const name = parseName(found, zone)
  return name === undefined || parseType(found) !== undefined
    ? undefined
    : { name, type: found.type.slice(found.type.lastIndexOf('/') + 1) }
}

export function parseAzureCut(found: AzureSet, zone: Fqdn): readonly ZoneCut[] {
  const targets = found.properties.NSRecords?.map(({ nsdname }) => nsdname) ?? []
  return readCut(parseName(found, zone), found.type.slice(found.type.lastIndexOf('/') + 1), targets)
}

export function parseAzureSet(found: AzureSet, zone: Fqdn): HeldSet | undefined {
  const name = parseName(found, zone)
  const type = parseType(found)
  if (name === undefined || type === undefined) return undefined
  const { properties, etag } = found
  const { [MARK]: mark, ...otherMetadata } = properties.metadata ?? {}
  const resource = properties.targetResource?.id ?? ''
  const values = resource === '' ? parseValues(type, properties) : [resource]
  const set: RawSet = {
    key: { name, type, setId: resource === '' ? '' : ALIAS_ID },
    values: [...new Set(values)].sort(compareText),
    ttl: properties.TTL ?? 0,
    routing: undefined,
    options: undefined,
    note: resource === '' ? mark : undefined,
  }
  return { set, etag, otherMetadata }
}

export function formatAzureSet(set: RawSet, otherMetadata: Metadata): { readonly properties: AzureProperties } {
  const metadata = { ...otherMetadata, ...(set.note === undefined ? {} : { [MARK]: set.note }) }
  return { properties: { TTL: set.ttl, metadata, ...formatValues(set) } }
}

function parseName({ name }: AzureSet, zone: Fqdn): Fqdn | undefined {
  return parseStoredName(name === '@' ? zone : `${name}.${zone}`)
}

function parseType({ type }: AzureSet): AzureType | undefined {
  return AZURE_TYPES.find((one) => type.endsWith(`/${one}`))
}

function parseValues(type: AzureType, properties: AzureProperties): readonly string[] {
  switch (type) {
    case 'A':
      return (properties.ARecords ?? []).map(({ ipv4Address }) => ipv4Address)
    case 'AAAA':
      return (properties.AAAARecords ?? []).map(({ ipv6Address }) => parseIpAddress(ipv6Address) ?? ipv6Address)
    case 'CNAME':
      return (properties.CNAMERecord ? [properties.CNAMERecord.cname] : []).map((host) =>
        host.toLowerCase().replace(/\.$/, ''),
      )
    case 'TXT':
      return (properties.TXTRecords ?? []).map(({ value }) => joinStrings(value.map((text) => Buffer.from(text))))
  }
}

function formatValues({ key, values }: RawSet): AzureProperties {
  switch (key.type) {
    case 'A':
      return { ARecords: values.map((ipv4Address) => ({ ipv4Address })) }
    case 'AAAA':
      return { AAAARecords: values.map((ipv6Address) => ({ ipv6Address })) }
    case 'CNAME':
      return { CNAMERecord: { cname: values[0] ?? '' } }
    case 'TXT':
      return { TXTRecords: values.map((text) => ({ value: splitText(text).map((part) => joinStrings([part])) })) }
    case 'ALIAS':
      return {}
  }
}
