// Which of the given providers a name would go to, as far as manifests can tell.
import type { DNSProvider, DynamicDNSRecord } from '../kinds.ts'
import { allowsRecord, type Permission } from '../tenancy.ts'
import type { Relations } from './relations.ts'

export type ProviderChoice =
  /** `zone` is undefined where the provider lists its zones itself, so that manifests cannot tell. */
  | { readonly kind: 'chosen'; readonly provider: DNSProvider; readonly zone: string | undefined }
  /** The provider of that name is not among the given objects. */
  | { readonly kind: 'absent'; readonly name: string }
  /** It is given and names its zones, and none of them has the name. */
  | { readonly kind: 'outside'; readonly provider: DNSProvider }
  /** No provider is pinned and none of the given ones names a fitting zone; `open` if one might have it nevertheless. */
  | { readonly kind: 'none'; readonly open: boolean }

export function chooseProvider(record: DynamicDNSRecord, hostname: string, relations: Relations): ProviderChoice {
  const { providerRef } = record.spec
  if (providerRef === undefined) return chooseByZone(record, hostname, relations)
  const name = `${providerRef.namespace ?? record.metadata.namespace}/${providerRef.name}`
  const provider = relations.providers.get(name)
  if (provider === undefined) return { kind: 'absent', name }
  const { zones = [] } = provider.spec
  if (zones.length === 0) return { kind: 'chosen', provider, zone: undefined }
  const zone = listParents(hostname).find((parent) => zones.includes(parent))
  return zone === undefined ? { kind: 'outside', provider } : { kind: 'chosen', provider, zone }
}

/**
 * The longest zone of a provider that allows the record wins, so that nobody can block a name by claiming its zone. Two providers
 * with one zone are refused elsewhere, so the first may stand for both here.
 */
function chooseByZone(record: DynamicDNSRecord, hostname: string, relations: Relations): ProviderChoice {
  const claims = listParents(hostname).flatMap((zone) =>
    (relations.claims.get(zone) ?? []).map((provider) => ({ kind: 'chosen' as const, provider, zone })),
  )
  const allowed = claims.find(({ provider }) => judgeTenancy(provider, record, hostname, relations) !== false)
  if (allowed !== undefined) return allowed
  const open = [...relations.providers.values()].some(({ spec }) => (spec.zones ?? []).length === 0)
  const [denied] = open ? [] : claims
  return denied ?? { kind: 'none', open }
}

export function judgeTenancy(
  { spec, metadata }: DNSProvider,
  record: DynamicDNSRecord,
  hostname: string,
  { tenantOf }: Relations,
): Permission {
  return allowsRecord(spec.allowedRecords, metadata.namespace, tenantOf(record.metadata.namespace), hostname)
}

/** A name and all it lies below, longest first. */
function listParents(hostname: string): readonly string[] {
  const labels = hostname.split('.')
  return labels.map((_, index) => labels.slice(index).join('.'))
}
