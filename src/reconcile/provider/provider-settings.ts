// What a DNSProvider's spec comes to for the provider behind it.
import type { DNSProviderSpec } from '../../api/generated/dns-provider.ts'
import { KIND_DEFINITIONS } from '../../api/generated/schemas.ts'
import { fillDefaults } from '../../api/fill-defaults.ts'
import type { DNSProvider } from '../../api/kinds.ts'
import { parseFqdn, type Fqdn } from '../../model/name.ts'
import type { OwnerId } from '../../model/record-set.ts'
import type { ProviderSettings } from '../../providers/create-provider.ts'
import type { Ownership } from '../../providers/ownership/ownership.ts'
import { PLAIN_NAMING } from '../../providers/ownership/txt-names.ts'

type Type = DNSProviderSpec['type']

const BLOCKS = {
  Cloudflare: 'cloudflare',
  Gandi: 'gandi',
  Route53: 'route53',
  Google: 'google',
  Azure: 'azure',
  RFC2136: 'rfc2136',
  PowerDNS: 'powerdns',
  Webhook: 'webhook',
  DNSEndpoint: 'dnsEndpoint',
  Builtin: 'builtin',
} as const satisfies Readonly<Record<Type, keyof DNSProviderSpec>>

/** A block that was left out is as if it had been written with nothing in it, wherever nothing in it is required. */
export function deriveProviderSettings({ spec }: Pick<DNSProvider, 'spec'>): ProviderSettings {
  const block = BLOCKS[spec.type]
  const schema = KIND_DEFINITIONS.DNSProvider.schema.properties?.['spec']?.properties?.[block]
  const filled = spec[block] ?? (schema === undefined ? {} : fillDefaults({}, schema, 'blockDefault'))
  return { type: spec.type, zones: zonesOf(spec), [block]: filled }
}

export function deriveOwnership({ spec: { ownership } }: DNSProvider, identity: OwnerId): Ownership {
  const { id, registry, txtPrefix: prefix, txtSuffix: suffix } = ownership
  // An id is any text; ours is one as well as the user's.
  return { id: id === '' ? identity : (id as OwnerId), registry, naming: { ...PLAIN_NAMING, prefix, suffix } }
}

export function zonesOf({ zones = [] }: Pick<DNSProviderSpec, 'zones'>): readonly Fqdn[] {
  return zones.flatMap((zone) => parseFqdn(zone) ?? [])
}
