// What a zone can do, for a plan that asks no provider: what its type can. A provider may say otherwise of a single zone, which only it
// knows.
import type { ZoneCapabilities } from '../../model/zone.ts'
import { CAPABILITIES, MAX_TTL } from '../../providers/capabilities.ts'

/** Of a DNSProvider of which nothing is known: nothing is refused on its account. */
const UNKNOWN: ZoneCapabilities = {
  ownership: 'PerSet',
  routing: ['Weighted', 'Latency', 'Geo'],
  minTtl: 0,
  maxTtl: MAX_TTL,
  maxValues: 1_000,
  apexAlias: 'ALIAS',
  wildcards: true,
}

export function presumeCapabilities(type: string): ZoneCapabilities {
  const known: Readonly<Record<string, ZoneCapabilities>> = CAPABILITIES
  return Object.hasOwn(known, type) ? (known[type] ?? UNKNOWN) : UNKNOWN
}
