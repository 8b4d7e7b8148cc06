import type { Reason } from '../api/reasons.ts'
import { allowsRecord, type Permission, type Tenant } from '../api/tenancy.ts'
import type { RefusalReason } from '../model/intent.ts'
import type { Fqdn } from '../model/name.ts'
import type { ZoneRef } from '../model/zone.ts'
import type { ProviderFacts, ProviderIndex } from './provider-index.ts'

export interface ZoneWish {
  readonly tenant: Tenant
  /** `namespace/name` of the DNSProvider that the spec asks for. */
  readonly providerRef: string | undefined
  /** Zones the record uses already: they decide between equal claims. */
  readonly pinned: readonly ZoneRef[]
  readonly providers: ProviderIndex
}

export interface ChosenZone {
  readonly kind: 'chosen'
  readonly zone: ZoneRef
  readonly provider: ProviderFacts
}

/** Nowhere to put the name until somebody acts. */
export interface RefusedName {
  readonly kind: 'refused'
  readonly reason: RefusalReason
  readonly message: string
}

/** What would decide is not known: choosing now could be choosing wrongly. */
export interface HeldName {
  readonly kind: 'held'
  readonly reason: Reason
  readonly message: string
}

export type ZoneChoice = ChosenZone | RefusedName | HeldName

/**
 * The longest zone that contains the name, among the providers that may be used for it: with a `providerRef` that one alone, else
 * all that allow the record's namespace to have the name. A provider that does not allow it is as if it were not there, so that
 * nobody can block the names of others by claiming their zone.
 */
export function chooseZone(name: Fqdn, wish: ZoneWish): ZoneChoice {
  const { providerRef, providers } = wish
  if (providerRef !== undefined && !providers.byRef.has(providerRef)) {
    return refused('ProviderNotFound', `there is no DNSProvider ${providerRef}: create it or correct spec.providerRef`)
  }
  const isMeant = ({ ref }: ProviderFacts): boolean => providerRef === undefined || ref === providerRef
  const permits = (provider: ProviderFacts): Permission => judgeTenancy(provider, wish.tenant, name)
  const isConcerned = (provider: ProviderFacts): boolean =>
    providerRef !== undefined || isInUse(provider, wish) || permits(provider) !== false
  const unlisted = providers.unlisted.find((provider) => isMeant(provider) && isConcerned(provider))
  if (unlisted !== undefined) return holdForProvider(unlisted.ref)
  let denied: ChosenZone | undefined
  for (const claims of claimsFor(name, providers)) {
    const meant = claims.filter(({ provider }) => isMeant(provider))
    const unsure = meant.find(({ provider }) => permits(provider) === undefined)
    if (unsure !== undefined) return holdForNamespace(unsure, wish.tenant)
    const allowed = meant.filter(({ provider }) => permits(provider) === true)
    if (allowed.length > 0) return settleTie(name, allowed, wish.pinned)
    denied ??= meant[0]
  }
  // Where nobody else has the zone, one that cannot be read may have it.
  const unread = providers.unlisted.find((provider) => isMeant(provider) && provider.allowedRecords === undefined)
  if (unread !== undefined) return holdForProvider(unread.ref)
  return denied === undefined ? refuseZone(name, providerRef) : refuseTenant(name, denied, wish.tenant)
}

/** One that cannot be read counts for its own namespace alone: nobody can block the names of others by spoiling their own. */
export function judgeTenancy({ allowedRecords, namespace }: ProviderFacts, tenant: Tenant, name: Fqdn): Permission {
  if (allowedRecords === undefined) return tenant.namespace === namespace
  return allowsRecord(allowedRecords, namespace, tenant, name)
}

function isInUse({ ref }: ProviderFacts, { pinned }: ZoneWish): boolean {
  return pinned.some(({ provider }) => provider === ref)
}

/** From the longest zone to the shortest; none of them empty. */
function* claimsFor(name: Fqdn, { byZone }: ProviderIndex): Generator<readonly ChosenZone[]> {
  for (let start = 0; start >= 0; start = name.indexOf('.', start) + 1 || -1) {
    // What stands behind a dot of a name is a name.
    const zone = name.slice(start) as Fqdn
    const claims = byZone.get(zone)
    if (claims === undefined) continue
    yield claims.map((provider) => ({ kind: 'chosen', zone: { provider: provider.ref, zone }, provider }))
  }
}

/** Two providers with the same zone, both allowed: the one in use decides, else nobody guesses. */
function settleTie(name: Fqdn, claims: readonly ChosenZone[], pinned: readonly ZoneRef[]): ZoneChoice {
  const inUse = claims.filter(({ zone }) => pinned.some((pin) => isSameZone(pin, zone)))
  const [first, ...others] = inUse.length > 0 ? inUse : claims
  if (first !== undefined && others.length === 0) return first
  const refs = claims.map(({ provider }) => provider.ref).sort()
  return refused(
    'AmbiguousProvider',
    `${name} could go to ${refs.join(' or ')}, which claim the same zone: name one of them in spec.providerRef`,
  )
}

export function isSameZone(a: ZoneRef, b: ZoneRef): boolean {
  return a.provider === b.provider && a.zone === b.zone
}

function refuseZone(name: Fqdn, providerRef: string | undefined): RefusedName {
  const where = providerRef === undefined ? 'no DNSProvider has' : `DNSProvider ${providerRef} does not have`
  return refused('NoProviderForZone', `${where} a zone that contains ${name}: add the zone or correct the name`)
}

export function refuseTenant(name: Fqdn, { provider, zone }: ChosenZone, { namespace }: Tenant): RefusedName {
  return refused(
    'HostnameNotAllowed',
    `DNSProvider ${provider.ref} has zone ${zone.zone} but does not allow namespace ${namespace} to have ${name}: ` +
      'add both to its spec.allowedRecords',
  )
}

export function holdForProvider(ref: string): HeldName {
  return { kind: 'held', reason: 'ProviderUnavailable', message: `the zones of DNSProvider ${ref} are not known yet` }
}

export function holdForNamespace({ provider }: ChosenZone, { namespace }: Tenant): HeldName {
  const message = `whether DNSProvider ${provider.ref} allows namespace ${namespace} is not known: its labels could not be read`
  return { kind: 'held', reason: 'NamespaceUnknown', message }
}

function refused(reason: RefusalReason, message: string): RefusedName {
  return { kind: 'refused', reason, message }
}
