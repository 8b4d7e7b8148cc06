// Which of the given providers a name would go to, as far as manifests can tell.
import type { DNSProvider, DynamicDNSRecord } from '../kinds.ts'
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
  if (providerRef === undefined) return chooseByZone(hostname, relations)
  const name = `${providerRef.namespace ?? record.metadata.namespace}/${providerRef.name}`
  const provider = relations.providers.get(name)
  if (provider === undefined) return { kind: 'absent', name }
  const { zones = [] } = provider.spec
  if (zones.length === 0) return { kind: 'chosen', provider, zone: undefined }
  const zone = listParents(hostname).find((parent) => zones.includes(parent))
  return zone === undefined ? { kind: 'outside', provider } : { kind: 'chosen', provider, zone }
}

/** The longest zone wins. Two providers with one zone are refused elsewhere, so the first may stand for both here. */
function chooseByZone(hostname: string, { claims, providers }: Relations): ProviderChoice {
  for (const zone of listParents(hostname)) {
    const [provider] = claims.get(zone) ?? []
    if (provider !== undefined) return { kind: 'chosen', provider, zone }
  }
  const open = [...providers.values()].some(({ spec }) => (spec.zones ?? []).length === 0)
  return { kind: 'none', open }
}

/** A name and all it lies below, longest first. */
function listParents(hostname: string): readonly string[] {
  const labels = hostname.split('.')
  return labels.map((_, index) => labels.slice(index).join('.'))
}
