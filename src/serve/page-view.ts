// What the status page shows, as one value read from the store.
import type { StoaObject } from '../api/kinds.ts'
import type { StoreReader, StoredObject } from '../store/store.ts'

export interface PageView {
  readonly records: readonly PageRecord[]
  readonly wanAddresses: readonly PageWanAddress[]
  readonly providers: readonly PageProvider[]
}

export interface PageRow {
  /** `namespace/name`. */
  readonly name: string
  readonly ready: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
}

export interface PageRecord extends PageRow {
  readonly hostnames: readonly string[]
  readonly addresses: string
}

export interface PageWanAddress extends PageRow {
  readonly addresses: readonly string[]
  readonly changedAt: string | undefined
}

export interface PageProvider extends PageRow {
  readonly type: string
  readonly zones: readonly string[]
}

export function readPageView(store: Pick<StoreReader, 'list'>): PageView {
  const records = [...store.list('DynamicDNSRecord')].map((stored) => ({
    ...describeRow(stored),
    hostnames: stored.resource?.spec.hostnames ?? [],
    addresses: stored.status?.addresses ?? '',
  }))
  const wanAddresses = [...store.list('WANAddress')].map((stored) => ({
    ...describeRow(stored),
    addresses: [stored.status?.ipv4, stored.status?.ipv6].filter((address) => address !== undefined),
    changedAt: stored.status?.changedAt,
  }))
  const providers = [...store.list('DNSProvider')].map((stored) => ({
    ...describeRow(stored),
    type: stored.resource?.spec.type ?? '',
    zones: (stored.status?.zones ?? []).map(({ name }) => name),
  }))
  return { records: records.sort(byName), wanAddresses: wanAddresses.sort(byName), providers: providers.sort(byName) }
}

function describeRow({ metadata, status, problem }: StoredObject): PageRow {
  const name = `${metadata.namespace}/${metadata.name}`
  const conditions: NonNullable<StoaObject['status']>['conditions'] = status?.conditions
  const ready = conditions?.find(({ type }) => type === 'Ready')
  if (ready === undefined) return { name, ready: 'Unknown', reason: '', message: problem ?? 'not looked at yet' }
  return { name, ready: ready.status, reason: ready.reason, message: ready.message }
}

function byName(a: PageRow, b: PageRow): number {
  return a.name < b.name ? -1 : 1
}
