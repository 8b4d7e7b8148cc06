// The given objects, arranged so that each question about their relations is one lookup.
import type { DNSProvider, KindName, NodePool, StoaObject, WANAddress } from '../kinds.ts'
import type { NamespaceObject } from '../node.ts'
import type { FieldPath } from '../problem.ts'
import type { Tenant } from '../tenancy.ts'

/** What only a look at several objects together can find. */
export interface CrossFinding {
  /** One of the given objects; the message names the other. */
  readonly object: StoaObject
  readonly severity: 'error' | 'warning'
  readonly path: FieldPath
  readonly rule: 'same-object' | 'claimed-twice' | 'ambiguous-provider' | 'outside-zones' | 'not-allowed' | 'not-given'
  readonly message: string
  /** Of an object that is given again: the one that came first. They share their name, and only whoever gave them knows where each is. */
  readonly first?: StoaObject
}

/** What is said of a record by a check that is handed the record. */
export type Remark = Omit<CrossFinding, 'object'>

export interface Relations {
  readonly objects: readonly StoaObject[]
  readonly providers: ReadonlyMap<string, DNSProvider>
  readonly pools: ReadonlyMap<string, NodePool>
  readonly wans: ReadonlyMap<string, WANAddress>
  /** The providers that name a zone, by that zone. */
  readonly claims: ReadonlyMap<string, readonly DNSProvider[]>
  readonly tenantOf: (namespace: string) => Tenant
}

export function arrange(objects: readonly StoaObject[], namespaces: readonly NamespaceObject[]): Relations {
  const providers = new Map<string, DNSProvider>()
  const pools = new Map<string, NodePool>()
  const wans = new Map<string, WANAddress>()
  for (const object of objects) {
    if (object.kind === 'DNSProvider') providers.set(nameOf(object), object)
    if (object.kind === 'NodePool') pools.set(nameOf(object), object)
    if (object.kind === 'WANAddress') wans.set(nameOf(object), object)
  }
  const labels = new Map(namespaces.map((namespace) => [namespace.name, namespace.labels]))
  return {
    ...{ objects, providers, pools, wans },
    claims: listClaims(providers.values()),
    tenantOf: (namespace) => ({ namespace, labels: labels.get(namespace) }),
  }
}

function listClaims(providers: Iterable<DNSProvider>): ReadonlyMap<string, readonly DNSProvider[]> {
  const claims = new Map<string, DNSProvider[]>()
  for (const provider of providers) {
    for (const zone of provider.spec.zones ?? []) addTo(claims, zone, provider)
  }
  return claims
}

export function addTo<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

/** `namespace/name`: what references spell and maps are keyed by. */
export function nameOf({ metadata }: StoaObject): string {
  return `${metadata.namespace}/${metadata.name}`
}

export function describe(object: StoaObject): string {
  return describeName(object.kind, nameOf(object))
}

export function describeName(kind: KindName, name: string): string {
  return `${kind} ${name}`
}
