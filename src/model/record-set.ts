// The words for what a zone holds: keys, record sets, and who owns each value of them.
import type { Fqdn } from './name.ts'

/** ALIAS is the provider's own way to point a name at another where a CNAME may not stand (the apex). */
export type RecordType = 'A' | 'AAAA' | 'ALIAS' | 'CNAME' | 'TXT'

/** What identifies a record set: two sets with equal keys are the same thing. */
export interface RecordKey {
  readonly name: Fqdn
  readonly type: RecordType
  /** Tells routed sets of one name and type apart (weighted, latency, geo); empty for a simple set. */
  readonly setId: string
}

export type GeoLocation =
  | { readonly kind: 'continent'; readonly code: string }
  | { readonly kind: 'country'; readonly code: string }
  | { readonly kind: 'subdivision'; readonly code: string }
  | { readonly kind: 'default' }

/** How the provider itself chooses between the routed sets of a name. Failover is not here: Stoa does that itself. */
export type Routing =
  | { readonly policy: 'Weighted'; readonly weight: number }
  | { readonly policy: 'Latency'; readonly region: string }
  | { readonly policy: 'Geo'; readonly location: GeoLocation }

/** Settings only one provider knows, such as Cloudflare's `proxied`. */
export type ProviderOptions = Readonly<Record<string, string | number | boolean>>

declare const ownerIdBrand: unique symbol
/** Which Stoa wrote a value: by default the cluster's identity. */
export type OwnerId = string & { readonly [ownerIdBrand]: true }

/** The resource a value belongs to. Its uid tells the same manifest in two clusters apart. */
export interface ResourceRef {
  readonly uid: string
  readonly namespace: string
  readonly name: string
}

/** The marker beside a value at the provider. Without a uid it was written by another program in the same format. */
export interface Owner {
  readonly id: OwnerId
  readonly uid: string | undefined
  /** The resource in the marker's own words, for messages: `dynamicdnsrecord/web/shop`. */
  readonly resource: string
  /** The value was there before us and taken over; its deletion keeps it unless told otherwise. */
  readonly adopted: boolean
}

/** Stands for the values of a set that is there without any. */
export const NO_VALUES = '(no values)'

export interface OwnedValue {
  readonly value: string
  /** Undefined: nobody has marked it, so it is not ours to touch. */
  readonly owner: Owner | undefined
}

/** A record set as a provider holds it. Values are sorted and free of duplicates. */
export interface StoredSet {
  readonly key: RecordKey
  readonly values: readonly OwnedValue[]
  readonly ttl: number
  readonly routing: Routing | undefined
  readonly options: ProviderOptions | undefined
}

/** One text per key, for maps and sorting. A space cannot occur in a name or a type. */
export function keyText(key: RecordKey): string {
  return key.setId === '' ? `${key.name} ${key.type}` : `${key.name} ${key.type} ${key.setId}`
}

/** Whether at most one of the two can answer for their name. A routed and a simple set of one type exclude each other, too. */
export function excludesKey(a: RecordKey, b: RecordKey): boolean {
  if (a.name !== b.name) return false
  return a.type === b.type ? (a.setId === '') !== (b.setId === '') : excludesType(a.type, b.type)
}

export function excludesType(a: RecordType, b: RecordType): boolean {
  const answering = [a, b].filter((type) => type !== 'TXT')
  return answering.length === 2 && answering.some((type) => type === 'CNAME' || type === 'ALIAS')
}

export function describeKey(key: RecordKey): string {
  return key.setId === '' ? `${key.type} ${key.name}` : `${key.type} ${key.name} (${key.setId})`
}

/** Plain code-unit order: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function compareKeys(a: RecordKey, b: RecordKey): number {
  return compareText(keyText(a), keyText(b))
}

export function describeResource({ namespace, name }: ResourceRef): string {
  return namespace === '' ? name : `${namespace}/${name}`
}

/** What is said of a key that its successor has no place beside, and whose place it cannot take yet. */
export function describeSuccession(key: RecordKey, successor: RecordKey): string {
  return `${describeKey(key)} stays until ${describeKey(successor)} can take its place`
}

/** What is said of a key to the resource that has given it up while another is to have it. */
export function describeHandover(key: RecordKey, to: ResourceRef): string {
  const taker = `DynamicDNSRecord ${describeResource(to)}`
  return `${describeKey(key)} goes over to ${taker}, which has not taken it yet: see what that waits for, or take the name out of it`
}
