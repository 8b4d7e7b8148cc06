// What a type of provider can do, for a plan that asks none. A provider may say otherwise of a single zone, which only it knows.
import type { Routing } from '../../model/record-set.ts'
import type { ZoneCapabilities } from '../../model/zone.ts'

const EVERY_POLICY: readonly Routing['policy'][] = ['Weighted', 'Latency', 'Geo']
const ROUTING: Readonly<Record<string, readonly Routing['policy'][]>> = { Route53: EVERY_POLICY, '': EVERY_POLICY }
const ALIASES: Readonly<Record<string, ZoneCapabilities['apexAlias']>> = {
  ...{ Cloudflare: 'CNAME', PowerDNS: 'ALIAS', Gandi: 'ALIAS', Route53: 'ALIAS', '': 'ALIAS' },
}
const TTL_FLOORS: Readonly<Record<string, number>> = { Cloudflare: 60, Gandi: 300 }
const MOST_VALUES: Readonly<Record<string, number>> = {
  Cloudflare: 200,
  RFC2136: 100,
  Gandi: 100,
  Google: 100,
  Azure: 20,
}

/** An empty type stands for a DNSProvider of which nothing is known: nothing is refused on its account. */
export function presumeCapabilities(type: string): ZoneCapabilities {
  return {
    ownership: type === 'Cloudflare' ? 'PerValue' : 'PerSet',
    routing: ROUTING[type] ?? [],
    minTtl: TTL_FLOORS[type] ?? 0,
    maxTtl: type === 'Cloudflare' ? 86_400 : 2_147_483_647,
    maxValues: MOST_VALUES[type] ?? 1_000,
    apexAlias: ALIASES[type],
    wildcards: true,
  }
}
