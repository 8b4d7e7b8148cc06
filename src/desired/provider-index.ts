// What is known of the DNSProviders when a name looks for its zone.
import type { DNSProviderSpec } from '../api/generated/dns-provider.ts'
import type { Fqdn } from '../model/name.ts'

export interface ProviderFacts {
  /** `namespace/name`. */
  readonly ref: string
  readonly namespace: string
  /** As the resource spells it, such as `Cloudflare`. */
  readonly type: string
  /** Undefined while they cannot be listed. */
  readonly zones: readonly Fqdn[] | undefined
  /** Undefined while the resource cannot be read: then nobody knows whom it would let in, and its zones are unknown too. */
  readonly allowedRecords: DNSProviderSpec['allowedRecords'] | undefined
}

/** Made once for all records, so that looking for a zone costs as many steps as the name has labels. */
export interface ProviderIndex {
  readonly byRef: ReadonlyMap<string, ProviderFacts>
  readonly byZone: ReadonlyMap<Fqdn, readonly ProviderFacts[]>
  /** Those whose zones are unknown: each may have a better zone than all the others. */
  readonly unlisted: readonly ProviderFacts[]
}

export function indexProviders(providers: readonly ProviderFacts[]): ProviderIndex {
  const byZone = new Map<Fqdn, ProviderFacts[]>()
  for (const provider of providers) {
    for (const zone of new Set(provider.zones)) {
      const claims = byZone.get(zone)
      if (claims === undefined) byZone.set(zone, [provider])
      else claims.push(provider)
    }
  }
  return {
    byRef: new Map(providers.map((provider) => [provider.ref, provider])),
    byZone,
    unlisted: providers.filter(({ zones }) => zones === undefined),
  }
}
