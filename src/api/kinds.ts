// Our four kinds as objects: what every store hands out and every decision takes.
import type { DNSProviderSpec, DNSProviderStatus } from './generated/dns-provider.ts'
import type { DynamicDNSRecordSpec, DynamicDNSRecordStatus } from './generated/dynamic-dns-record.ts'
import type { NodePoolSpec, NodePoolStatus } from './generated/node-pool.ts'
import type { WANAddressSpec, WANAddressStatus } from './generated/wan-address.ts'

export const API_GROUP = 'dns.stoa.dev'
export const API_VERSION = 'dns.stoa.dev/v1alpha1'

export const KIND_NAMES = ['DynamicDNSRecord', 'NodePool', 'WANAddress', 'DNSProvider'] as const
export type KindName = (typeof KIND_NAMES)[number]

/** An object keeps its deletionTimestamp, and so its record sets, until this finalizer is taken off. */
export const RECORDS_FINALIZER = 'dns.stoa.dev/records'

/** Any change of either asks for a reconcile at once; the value is echoed in status.lastHandledReconcileAt. */
export const REQUESTED_AT_ANNOTATION = 'dns.stoa.dev/requestedAt'
export const FLUX_REQUESTED_AT_ANNOTATION = 'reconcile.fluxcd.io/requestedAt'
/** Hashes of plans to let go, separated by commas; on the record or the DNSProvider. */
export const APPROVE_ANNOTATION = 'dns.stoa.dev/approve'
/** Hash of an orphan list to remove; on the DNSProvider. */
export const PRUNE_ANNOTATION = 'dns.stoa.dev/prune'
/** "true" on a Node takes it out of DNS at once. */
export const DRAIN_ANNOTATION = 'dns.stoa.dev/drain'

/** The part of an object's metadata that we use. Times are RFC 3339. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly generation: number
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string
  readonly resourceVersion?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
}

interface KubernetesObject<Kind extends KindName, Spec, Status> {
  readonly apiVersion: typeof API_VERSION
  readonly kind: Kind
  readonly metadata: ObjectMeta
  readonly spec: Spec
  readonly status?: Status
}

export type DynamicDNSRecord = KubernetesObject<'DynamicDNSRecord', DynamicDNSRecordSpec, DynamicDNSRecordStatus>
export type NodePool = KubernetesObject<'NodePool', NodePoolSpec, NodePoolStatus>
export type WANAddress = KubernetesObject<'WANAddress', WANAddressSpec, WANAddressStatus>
export type DNSProvider = KubernetesObject<'DNSProvider', DNSProviderSpec, DNSProviderStatus>

export type StoaObject = DynamicDNSRecord | NodePool | WANAddress | DNSProvider

export function isKindName(text: string): text is KindName {
  return (KIND_NAMES as readonly string[]).includes(text)
}
