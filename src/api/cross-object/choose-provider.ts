// Which of the given providers a name would go to, as far as manifests can tell.
import type { DNSProvider, DynamicDNSRecord } from '../kinds.ts'
import { allowsRecord, type Permission } from '../tenancy.ts'
import type { Relations } from './relations.ts'

export type ProviderChoice =
  | { readonly kind: 'chosen'; readonly provider: DNSProvider }
  /** All of them have its longest zone and allow the record, so that nobody can say which one is meant. */
  | { readonly kind: 'ambiguous'; readonly providers: readonly DNSProvider[] }
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
  // Without zones the provider lists them itself, and manifests cannot tell.
  const mayHave = zones.length === 0 || listParents(hostname).some((parent) => zones.includes(parent))
  return { kind: mayHave ? 'chosen' : 'outside', provider }
}

/**
 * As src/desired chooses: the longest zone among the providers that allow the record, so that nobody can block a name by claiming
 * its zone, and a tie is refused. Where labels or zones that are not given could decide otherwise, there is no tie.
 */
function chooseByZone(record: DynamicDNSRecord, hostname: string, relations: Relations): ProviderChoice {
  const open = [...relations.providers.values()].some(({ spec }) => (spec.zones ?? []).length === 0)
  const permits = (provider: DNSProvider): Permission => judgeTenancy(provider, record, hostname, relations)
  let denied: ProviderChoice | undefined
  for (const zone of listParents(hostname)) {
    const claims = relations.claims.get(zone) ?? []
    const [first, ...others] = claims.filter((provider) => permits(provider) !== false)
    if (first !== undefined) {
      const providers = [first, ...others]
      const isTie = others.length > 0 && !open && providers.every((provider) => permits(provider) === true)
      return isTie ? { kind: 'ambiguous', providers } : { kind: 'chosen', provider: first }
    }
    if (claims[0] !== undefined) denied ??= { kind: 'chosen', provider: claims[0] }
  }
  return open || denied === undefined ? { kind: 'none', open } : denied
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
