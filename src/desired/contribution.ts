// What one target brings to a record: the words between reading the world and deciding about names.
import type { Target } from '../api/generated/dynamic-dns-record.ts'
import type { AddressFamily, IpAddress } from '../model/address.ts'
import type { Fqdn } from '../model/name.ts'

/** Why an address is not simply active. The order is the order in which the floor calls them back (design law 3). */
export type Standing = 'active' | 'unhealthy' | 'notReady' | 'draining' | 'departed'

export interface ContributedMember {
  /** The node's or host's name, unique in a pool; for wan, literals and service the target's own key, with one member per address. */
  readonly name: string
  /** Of any family, in the order found. Never empty. */
  readonly addresses: readonly IpAddress[]
  readonly standing: Standing
  /** The host's region or the node's topology label, else the target's region. */
  readonly region: string | undefined
}

/**
 * Known: this is all the target has to give. Unknown: what it gave last goes on, and whatever `last` does not mention is just as unknown,
 * so that a key may be held on account of an unknown target but never cleared. The same is true of the `unknownFamilies` of a known one.
 */
export type Contribution = KnownContribution | UnknownContribution

export interface KnownContribution {
  readonly kind: 'known'
  readonly target: string
  readonly content: TargetContent
  /** Families that could not be found out; the content has what was last known of them. */
  readonly unknownFamilies: readonly AddressFamily[]
  /** What a person should know about it nevertheless. */
  readonly message: string | undefined
}

export interface UnknownContribution {
  readonly kind: 'unknown'
  readonly target: string
  readonly reason: string
  readonly message: string
  /** Undefined: never known, or not remembered completely. */
  readonly last: TargetContent | undefined
}

export type TargetContent = MembersContent | HostnameContent

export interface MembersContent {
  readonly kind: 'members'
  readonly source: 'pool' | 'wan' | 'service' | 'addresses'
  readonly members: readonly ContributedMember[]
}

/** A hostname target, or a service whose load balancer has a hostname. */
export interface HostnameContent {
  readonly kind: 'hostname'
  readonly hostname: Fqdn
}

/** What a target goes by in a record: its name, or its source where it has none. No name has a slash, and every source has. */
export function targetKey(target: Target, recordNamespace: string): string {
  return target.name ?? sourceKey(target, recordNamespace)
}

export function sourceKey({ wan, nodePool, service, hostname }: Target, recordNamespace: string): string {
  if (wan !== undefined) return `wan/${wan.namespace ?? recordNamespace}/${wan.name}`
  if (nodePool !== undefined) return `nodePool/${nodePool.namespace ?? recordNamespace}/${nodePool.name}`
  if (service !== undefined) return `service/${recordNamespace}/${service.name}`
  return hostname === undefined ? 'addresses/literal' : `hostname/${hostname}`
}
