// What each type of provider can do. A zone may say otherwise of itself: Google and Azure tell how many values a set may have.
import type { ZoneCapabilities } from '../model/zone.ts'

/** The largest in DNS (RFC 2181 §8). */
export const MAX_TTL = 2_147_483_647

const PLAIN: ZoneCapabilities = {
  ownership: 'PerSet',
  routing: [],
  minTtl: 0,
  maxTtl: MAX_TTL,
  maxValues: 1_000,
  apexAlias: undefined,
  wildcards: true,
}

/** In the endpoints of external-dns a TTL of 0 says that none is set. */
const ENDPOINTS: ZoneCapabilities = { ...PLAIN, minTtl: 1 }

export const CAPABILITIES = {
  Cloudflare: {
    ...PLAIN,
    ownership: 'PerValue',
    minTtl: 60,
    maxTtl: 86_400,
    maxValues: 200,
    // Cloudflare flattens a CNAME at the apex by itself.
    apexAlias: 'CNAME',
  },
  Gandi: { ...PLAIN, minTtl: 300, maxTtl: 2_592_000, maxValues: 100, apexAlias: 'ALIAS' },
  Route53: { ...PLAIN, routing: ['Weighted', 'Latency', 'Geo'], maxValues: 400, apexAlias: 'ALIAS' },
  Google: { ...PLAIN, maxValues: 100 },
  Azure: { ...PLAIN, minTtl: 1, maxValues: 20 },
  // BIND takes no more unless told otherwise (`max-records-per-type`), and answers more with SERVFAIL.
  RFC2136: { ...PLAIN, maxValues: 100 },
  PowerDNS: { ...PLAIN, apexAlias: 'ALIAS' },
  Webhook: ENDPOINTS,
  DNSEndpoint: ENDPOINTS,
  // An answer over TCP holds 64 KiB: so many addresses of either family fit.
  Builtin: PLAIN,
} as const satisfies Readonly<Record<string, ZoneCapabilities>>
