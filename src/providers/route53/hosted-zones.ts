// Finds hosted zones: all that there are, the one that has a name, or the one with a given id.
import type { HostedZone } from '@aws-sdk/client-route-53'
import { TerminalError } from '../../model/errors.ts'
import { parseStoredName, type Fqdn } from '../../model/name.ts'
import { PageTrail } from '../page-trail.ts'
import type { Route53Api } from './route53-api.ts'
import type { HostedZoneRef } from './route53-records.ts'
import { decodeName } from './route53-text.ts'

/** Which of the two kinds counts; the other is as if it were not there. */
export type ZoneVisibility = 'private' | 'public'

export async function listHostedZones(
  api: Route53Api,
  visibility: ZoneVisibility,
  signal: AbortSignal,
): Promise<readonly Fqdn[]> {
  const names = new Set<Fqdn>()
  const trail = new PageTrail('Route 53')
  for (let marker: string | undefined, more = true; more;) {
    const from = marker
    trail.follow(from ?? '')
    const page = await api.call({ about: 'this account', run: (calls, call) => calls.listZones(from, call) }, signal)
    for (const zone of (page.HostedZones ?? []).filter((found) => visibilityOf(found) === visibility)) {
      const name = nameOf(zone)
      if (name !== undefined) names.add(name)
    }
    marker = page.NextMarker
    more = page.IsTruncated === true
  }
  return [...names].sort()
}

export async function findHostedZone(
  api: Route53Api,
  zone: Fqdn,
  visibility: ZoneVisibility,
  signal: AbortSignal,
): Promise<HostedZoneRef> {
  const { HostedZones = [] } = await api.call(
    { about: zone, run: (calls, call) => calls.findZones(`${zone}.`, call) },
    signal,
  )
  const named = HostedZones.filter((found) => nameOf(found) === zone)
  const [found, ...others] = named.filter((one) => visibilityOf(one) === visibility)
  if (found === undefined) throw zoneNotFound(zone, visibility, named.length > 0)
  if (others.length > 0) throw ambiguous(zone, visibility)
  return refTo(zone, found)
}

/** Whatever its kind: who gives an id has chosen. */
export async function openHostedZone(
  api: Route53Api,
  zone: Fqdn,
  id: string,
  signal: AbortSignal,
): Promise<HostedZoneRef> {
  const { HostedZone: found } = await api.call({ about: zone, run: (calls, call) => calls.getZone(id, call) }, signal)
  if (found !== undefined && nameOf(found) === zone) return refTo(zone, found)
  throw new TerminalError('InvalidSpec', `spec.route53.zoneIDs gives ${zone} the id of another hosted zone`)
}

function visibilityOf({ Config }: HostedZone): ZoneVisibility {
  return Config?.PrivateZone === true ? 'private' : 'public'
}

function nameOf({ Name }: HostedZone): Fqdn | undefined {
  return parseStoredName(decodeName(Name ?? ''))
}

function refTo(name: Fqdn, { Id = '', Config }: HostedZone): HostedZoneRef {
  return { name, id: Id.replace(/^\/hostedzone\//, ''), isPublic: Config?.PrivateZone === false }
}

function zoneNotFound(zone: Fqdn, visibility: ZoneVisibility, hasOther: boolean): TerminalError {
  const isPrivate = visibility === 'private'
  const remedy = hasOther
    ? `there is a ${isPrivate ? 'public' : 'private'} one: set spec.route53.privateZones to ${String(!isPrivate)}`
    : 'create it, or check the account the credentials belong to'
  return new TerminalError('ZoneNotFound', `Route 53 has no ${visibility} hosted zone ${zone}; ${remedy}`)
}

function ambiguous(zone: Fqdn, visibility: ZoneVisibility): TerminalError {
  const problem = `Route 53 has several ${visibility} hosted zones ${zone}`
  return new TerminalError('InvalidSpec', `${problem}; choose one by its id in spec.route53.zoneIDs`)
}
