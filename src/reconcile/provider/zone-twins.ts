// Zones that several DNSProviders reach, as while one is renamed: what is in them is one and the same, seen in more ways than one.
import type { DNSProvider } from '../../api/kinds.ts'
import type { ReadZone } from '../../desired/published.ts'
import { canonicalText } from '../../model/canonical-text.ts'
import type { Fqdn } from '../../model/name.ts'
import { compareText } from '../../model/record-set.ts'
import { zoneText, type ZoneRef } from '../../model/zone.ts'
import { deriveProviderSettings } from './provider-settings.ts'

export interface ReachedZones {
  readonly ref: string
  readonly object: DNSProvider
  readonly zones: readonly Fqdn[] | undefined
}

/** How much a DNSProvider is where a resource is at home: 0 is most. */
export type RankProvider = (provider: string) => number

const NONE: readonly never[] = []

export class ZoneTwins {
  /** By the text of each that has others. */
  readonly #others = new Map<string, readonly ZoneRef[]>()

  constructor(providers: Iterable<ReachedZones>) {
    const byPlace = new Map<string, ZoneRef[]>()
    for (const { ref, object, zones = [] } of providers) {
      const describePlace = placesOf(object)
      for (const zone of zones) {
        const place = describePlace(zone)
        byPlace.set(place, [...(byPlace.get(place) ?? []), { provider: ref, zone }])
      }
    }
    for (const group of byPlace.values()) {
      if (group.length < 2) continue
      for (const one of group) {
        this.#others.set(
          zoneText(one),
          group.filter((other) => other !== one),
        )
      }
    }
  }

  /** The same zone as others reach it. */
  of(zone: ZoneRef): readonly ZoneRef[] {
    return this.#others.get(zoneText(zone)) ?? NONE
  }

  /**
   * What a resource holds in one zone counts once: as held by the DNSProvider of the lowest rank. Otherwise it would be given up by one
   * way because it is there by the other.
   */
  countOnce(read: readonly ReadZone[], rankOf: RankProvider): readonly ReadZone[] {
    if (this.#others.size === 0) return read
    const compare = (a: ZoneRef, b: ZoneRef): number =>
      rankOf(a.provider) - rankOf(b.provider) || compareText(a.provider, b.provider)
    const holding = new Set(read.filter(({ published }) => published.length > 0).map(({ zone }) => zoneText(zone)))
    return read.map((one) => {
      const rivals = this.of(one.zone).filter((twin) => holding.has(zoneText(twin)))
      return rivals.some((rival) => compare(rival, one.zone) < 0) ? { ...one, published: NONE } : one
    })
  }
}

/**
 * One text for all that reach the same zone, as far as their specs tell. Credentials do not count: where nothing else differs, what goes
 * by one way could be what is there by the other.
 */
function placesOf({ spec, metadata }: DNSProvider): (zone: Fqdn) => string {
  const { type, zones: _zones, ...blocks } = deriveProviderSettings({ spec })
  const [block = {}] = Object.values<object | undefined>(blocks)
  const settings: Readonly<Record<string, unknown>> = { ...block }
  const { zoneIDs, secondaries: _copies, tsigAlgorithm: _signing, namespace: written, ...where } = settings
  const ids = zoneIDs as Readonly<Record<string, string>> | undefined
  const namespace = type === 'DNSEndpoint' ? (written ?? metadata.namespace) : undefined
  return (zone) => canonicalText({ type, zone, id: ids?.[zone], namespace, ...where })
}
