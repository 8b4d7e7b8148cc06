// Where the kinds a store knows are in the Kubernetes API.
import { API_GROUP, type KindName } from '../../api/kinds.ts'
import type { WatchedKind } from '../store.ts'
import type { ApiResource } from './api-path.ts'

const core = (plural: string): ApiResource => ({ group: '', version: 'v1', plural })
const ours = (plural: string): ApiResource => ({ group: API_GROUP, version: 'v1alpha1', plural })

export const RESOURCES: Readonly<Record<WatchedKind, ApiResource>> = {
  DynamicDNSRecord: ours('dynamicdnsrecords'),
  NodePool: ours('nodepools'),
  WANAddress: ours('wanaddresses'),
  DNSProvider: ours('dnsproviders'),
  Node: core('nodes'),
  Service: core('services'),
  Namespace: core('namespaces'),
  Secret: core('secrets'),
}

export const WATCHED_KINDS = Object.keys(RESOURCES) as readonly WatchedKind[] // The keys of the table above.

export const CONFIG_MAPS = core('configmaps')

/** These are not in a namespace. */
export const CLUSTER_KINDS: readonly WatchedKind[] = ['Node', 'Namespace']

/** One field manager for each controller, so that what one no longer says goes from the status. */
export function fieldManagerOf(kind: KindName): string {
  return `stoa-${kind.toLowerCase()}`
}
