// What a name gets under the routing policy: one simple set, or one set per target that the provider chooses from.
import type { Geo, RoutingSpec, Target } from '../api/generated/dynamic-dns-record.ts'
import type { AddressFamily } from '../model/address.ts'
import type { RefusalReason } from '../model/intent.ts'
import { isWildcard, type Fqdn } from '../model/name.ts'
import { compareText, type GeoLocation, type RecordKey, type RecordType } from '../model/record-set.ts'
import type { ProviderOptions, Routing } from '../model/record-set.ts'
import type { ZoneRef } from '../model/zone.ts'
import type { Offer } from './apply-floor.ts'
import type { AddressShare, ExpandedName, HostnameShare, Share } from './expand-hostname.ts'
import { familyAddresses } from './family-addresses.ts'
import { locatedKeyText, type Published, type ReadZone } from './published.ts'

/** A record set that a name could have. */
export interface SetPlace {
  /** Tells it from every other set of every zone. */
  readonly text: string
  readonly key: RecordKey
  readonly zone: ReadZone
  readonly routing: Routing | undefined
  readonly options: ProviderOptions | undefined
}

/** The addresses that a target could give to one set. There is at least one, fit or not. */
export interface AddressOffer extends Offer {
  readonly place: SetPlace
  readonly target: string
  readonly family: AddressFamily
}

/** The one name that a set follows. */
export interface Pointer {
  readonly place: SetPlace
  readonly target: string
  readonly value: Fqdn
}

export interface NameRefusal {
  readonly reason: RefusalReason
  readonly message: string
}

export interface NameLayout {
  readonly kind: 'laidOut'
  readonly name: Fqdn
  readonly zone: ZoneRef
  readonly offers: readonly AddressOffer[]
  readonly pointers: readonly Pointer[]
  /** Parts that have no place; the rest goes on. */
  readonly refusals: readonly NameRefusal[]
}

export interface RefusedLayout extends NameRefusal {
  readonly kind: 'refused'
}

export interface LayoutContext {
  readonly zone: ReadZone
  readonly options: ProviderOptions | undefined
  readonly routing: Pick<RoutingSpec, 'policy' | 'fallback'>
  readonly families: readonly AddressFamily[]
  readonly published: Published
  /** Targets with weight that may give something, and of which nothing is known. */
  readonly unseen: ReadonlySet<string>
}

const TYPES = { IPv4: 'A', IPv6: 'AAAA' } as const satisfies Record<AddressFamily, RecordType>

export function typeOfFamily(family: AddressFamily): RecordType {
  return TYPES[family]
}

/** Whether the provider lacks the policy that the spec asks for. Failover is our own doing, and asks nothing of it. */
export function lacksPolicy({ routing: { policy }, zone }: Pick<LayoutContext, 'routing' | 'zone'>): boolean {
  return isRouted(policy) && !zone.capabilities.routing.includes(policy)
}

/** Addresses and a hostname cannot stand at one name: then the addresses do. */
export function layOutName({ name, shares }: ExpandedName, context: LayoutContext): NameLayout | RefusedLayout {
  const refusal = refuseName(name, context)
  if (refusal !== undefined) return { kind: 'refused', ...refusal }
  const sharing = lacksPolicy(context) ? withoutIdle(name, shares, context) : shares
  const offers = sharing.flatMap((share) => listOffers(name, share, context))
  const pointers = sharing.flatMap((share) => (share.kind === 'hostname' ? [share] : []))
  if (offers.length === 0) return layOutPointers(name, pointers, context)
  const refusals = pointers.map((share) => refuseBesideAddresses(name, share))
  return { kind: 'laidOut', name, zone: context.zone.zone, offers, pointers: [], refusals }
}

function refuseName(name: Fqdn, context: LayoutContext): NameRefusal | undefined {
  const { routing } = context
  const { zone, capabilities } = context.zone
  if (isWildcard(name) && !capabilities.wildcards) {
    const message = `DNSProvider ${zone.provider} takes no wildcards, so ${name} cannot be: write out the names behind it`
    return { reason: 'WildcardUnsupported', message }
  }
  if (lacksPolicy(context) && routing.fallback === undefined) {
    const message =
      `DNSProvider ${zone.provider} does not know routing.policy ${routing.policy}: ` +
      `choose another for ${name}, or set routing.fallback to Simple`
    return { reason: 'RoutingUnsupported', message }
  }
  return undefined
}

/**
 * Weight 0 takes a target out, also where nobody weighs. If all are out that have anything to give, all are in, as providers do it:
 * what has no member has no set there. While that hangs on a target that is unseen, nothing is decided.
 */
function withoutIdle(name: Fqdn, shares: readonly Share[], context: LayoutContext): readonly Share[] {
  if (shares.every(({ spec }) => spec.weight !== 0)) return shares
  const gives = (share: Share): boolean => share.kind === 'hostname' || listOffers(name, share, context).length > 0
  const busy = shares.filter((share) => share.spec.weight !== 0 && gives(share))
  const { unseen } = context
  if (unseen.size > 0 && busy.every(({ target }) => unseen.has(target))) return []
  return busy.length === 0 ? shares : busy
}

function listOffers(name: Fqdn, share: Share, context: LayoutContext): readonly AddressOffer[] {
  if (share.kind === 'hostname') return []
  return context.families.flatMap((family) => makeOffer(name, family, share, context) ?? [])
}

function makeOffer(
  name: Fqdn,
  family: AddressFamily,
  share: AddressShare,
  context: LayoutContext,
): AddressOffer | undefined {
  const { fit, unfit } = familyAddresses(share.members, family)
  if (fit.length === 0 && unfit.length === 0) return undefined
  const type = TYPES[family]
  const reserves = unfit.map(({ value, standing }) => {
    return { value, standing, published: context.published.hasValue(name, type, value) }
  })
  return { place: placeSet(name, type, share, context), target: share.target, family, fit, unfit: reserves }
}

/** Routed sets go by their target. */
function placeSet(name: Fqdn, type: RecordType, { target, spec }: Share, context: LayoutContext): SetPlace {
  const { zone, options } = context
  const routing = routingFor(spec, context)
  const key = { name, type, setId: routing === undefined ? '' : target }
  return { text: locatedKeyText(zone.zone, key), key, zone, routing, options }
}

/** A simple set follows one name; routed sets follow one each. */
function layOutPointers(
  name: Fqdn,
  shares: readonly HostnameShare[],
  context: LayoutContext,
): NameLayout | RefusedLayout {
  const { zone, capabilities } = context.zone
  const type = name === zone.zone ? capabilities.apexAlias : 'CNAME'
  const [first] = shares
  if (first === undefined) return { kind: 'laidOut', name, zone, offers: [], pointers: [], refusals: [] }
  if (type === undefined) return refuseAlias(name, first, context)
  const pointers = shares.map((share): Pointer => {
    return { place: placeSet(name, type, share, context), target: share.target, value: share.hostname }
  })
  const own = shares.find(({ hostname }) => hostname === name)
  if (own !== undefined) return refuseLoop(name, own)
  const isAmbiguous = pointers.some((a) => pointers.some((b) => a.place.text === b.place.text && a.value !== b.value))
  if (isAmbiguous) return refuseSeveral(name, shares)
  return { kind: 'laidOut', name, zone, offers: [], pointers, refusals: [] }
}

function routingFor(spec: Target, context: LayoutContext): Routing | undefined {
  const { policy } = context.routing
  const isSimple = !isRouted(policy) || lacksPolicy(context)
  return isSimple ? undefined : routingOf(policy, spec)
}

function isRouted(policy: RoutingSpec['policy']): policy is Routing['policy'] {
  return policy !== 'Simple' && policy !== 'Failover'
}

/** What the policy needs is there: the schema asks for it. */
function routingOf(policy: Routing['policy'], { weight = 0, region = '', geo = {} }: Target): Routing {
  switch (policy) {
    case 'Weighted':
      return { policy, weight }
    case 'Latency':
      return { policy, region }
    case 'Geo':
      return { policy, location: locationOf(geo) }
  }
}

function locationOf({ continent, country, subdivision }: Geo): GeoLocation {
  if (continent !== undefined) return { kind: 'continent', code: continent }
  if (country !== undefined) return { kind: 'country', code: country }
  return subdivision === undefined ? { kind: 'default' } : { kind: 'subdivision', code: subdivision }
}

function refuseBesideAddresses(name: Fqdn, { target, hostname }: HostnameShare): NameRefusal {
  const message =
    `target ${target} gives the hostname ${hostname}, which cannot stand beside the addresses of other targets at ${name}: ` +
    'give it a record, or with routing.policy Failover a priority, of its own'
  return { reason: 'CNAMEConflict', message }
}

function refuseSeveral(name: Fqdn, shares: readonly HostnameShare[]): RefusedLayout {
  const hostnames = [...new Set(shares.map(({ hostname }) => hostname))].sort(compareText)
  const message = `${name} can follow only one of ${hostnames.join(' and ')}: leave one target that gives a hostname`
  return { kind: 'refused', reason: 'CNAMEConflict', message }
}

function refuseLoop(name: Fqdn, { target }: HostnameShare): RefusedLayout {
  const message = `target ${target} gives ${name} itself, which would follow itself: remove the hostname or the target`
  return { kind: 'refused', reason: 'CNAMEConflict', message }
}

function refuseAlias(name: Fqdn, { hostname }: HostnameShare, { zone: { zone } }: LayoutContext): RefusedLayout {
  const message =
    `${name} is the apex of its zone, where no CNAME can stand, and DNSProvider ${zone.provider} has no ALIAS: ` +
    `give ${name} addresses instead of the hostname ${hostname}`
  return { kind: 'refused', reason: 'AliasUnsupported', message }
}
