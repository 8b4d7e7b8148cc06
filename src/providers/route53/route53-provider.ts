import type { HostedZone } from '@aws-sdk/client-route-53'
import { TerminalError } from '../../model/errors.ts'
import { LONGEST_CALL_MS } from '../../model/longest-call.ts'
import { parseStoredName, type Fqdn } from '../../model/name.ts'
import type { CallGate } from '../call-gate.ts'
import { parseEndpoint } from '../http/endpoint.ts'
import { openOwnedSession, type Ownership } from '../ownership/ownership.ts'
import { PageTrail } from '../page-trail.ts'
import type { Provider } from '../provider.ts'
import { Route53Api } from './route53-api.ts'
import type { AwsCredentials } from './route53-client.ts'
import type { HostedZoneRef } from './route53-records.ts'
import { decodeName } from './route53-text.ts'
import { Route53Zone } from './route53-zone.ts'

export interface Route53Keys {
  readonly accessKeyID: () => string
  readonly secretAccessKey: () => string
}

export interface Route53Options {
  readonly region: string
  /** Absent or empty: Amazon's own. */
  readonly endpoint?: string
  /** Ids of hosted zones by name: for names that are not unique, or credentials that may not list. */
  readonly zoneIDs?: Readonly<Record<string, string>>
  readonly privateZones?: boolean
  /** Undefined: the SDK's own chain (environment, profile, pod identity, instance role). */
  readonly keys?: Route53Keys | undefined
  /** A role to assume with them; absent or empty: none. */
  readonly roleARN?: string
  readonly ownership: Ownership
  readonly gate: CallGate
  readonly timeoutMs?: number
}

export function createRoute53Provider(options: Route53Options): Provider {
  const { keys, region, gate, zoneIDs = {}, privateZones = false } = options
  const api = new Route53Api({
    region,
    endpoint: options.endpoint ? parseEndpoint(options.endpoint).href : undefined,
    credentials: keys && ((): Promise<AwsCredentials> => Promise.resolve(readKeys(keys))),
    roleARN: options.roleARN || undefined,
    timeoutMs: options.timeoutMs ?? LONGEST_CALL_MS,
    gate,
  })
  const isWanted = ({ Config }: HostedZone): boolean => (Config?.PrivateZone ?? false) === privateZones

  const findZone = async (zone: Fqdn, signal: AbortSignal): Promise<HostedZoneRef> => {
    const { HostedZones = [] } = await api.call(
      { about: zone, run: (calls, call) => calls.findZones(`${zone}.`, call) },
      signal,
    )
    const named = HostedZones.filter(({ Name }) => nameOf(Name) === zone)
    const [found, ...others] = named.filter(isWanted)
    if (found === undefined) throw zoneNotFound(zone, privateZones, named.length > 0)
    if (others.length > 0) throw ambiguous(zone, privateZones)
    return { name: zone, id: idOf(found) }
  }

  const openById = async (zone: Fqdn, id: string, signal: AbortSignal): Promise<HostedZoneRef> => {
    const { HostedZone: found } = await api.call({ about: zone, run: (calls, call) => calls.getZone(id, call) }, signal)
    if (found !== undefined && nameOf(found.Name) === zone) return { name: zone, id: idOf(found) }
    throw new TerminalError('InvalidSpec', `spec.route53.zoneIDs gives ${zone} the id of another hosted zone`)
  }

  return {
    type: 'Route53',
    async listZones(signal) {
      const given = Object.keys(zoneIDs).flatMap((name) => parseStoredName(name) ?? [])
      if (given.length > 0) return given.sort()
      const names = new Set<Fqdn>()
      const trail = new PageTrail('Route 53')
      for (let marker: string | undefined, more = true; more;) {
        const from = marker
        trail.follow(from ?? '')
        const page = await api.call(
          { about: 'this account', run: (calls, call) => calls.listZones(from, call) },
          signal,
        )
        for (const zone of (page.HostedZones ?? []).filter(isWanted)) {
          const name = nameOf(zone.Name)
          if (name !== undefined) names.add(name)
        }
        marker = page.NextMarker
        more = page.IsTruncated === true
      }
      return [...names].sort()
    },
    async openZone(zone, signal) {
      const id = Object.hasOwn(zoneIDs, zone) ? zoneIDs[zone] : undefined
      const hostedZone = id === undefined ? await findZone(zone, signal) : await openById(zone, id, signal)
      return openOwnedSession(new Route53Zone(api, hostedZone), options.ownership, false)
    },
    close: () => api.close(),
  }
}

/** The SDK keeps credentials until they expire: these are always past it, so that it asks again and a rotated Secret counts. */
function readKeys({ accessKeyID, secretAccessKey }: Route53Keys): AwsCredentials {
  return { accessKeyId: accessKeyID(), secretAccessKey: secretAccessKey(), expiration: new Date(0) }
}

function nameOf(stored: string | undefined): Fqdn | undefined {
  return parseStoredName(decodeName(stored ?? ''))
}

function idOf({ Id = '' }: HostedZone): string {
  return Id.replace(/^\/hostedzone\//, '')
}

function kindOf(isPrivate: boolean): string {
  return isPrivate ? 'private' : 'public'
}

function zoneNotFound(zone: Fqdn, isPrivate: boolean, otherKind: boolean): TerminalError {
  const remedy = otherKind
    ? `there is a ${kindOf(!isPrivate)} one: set spec.route53.privateZones to ${String(!isPrivate)}`
    : 'create it, or check the account the credentials belong to'
  return new TerminalError('ZoneNotFound', `Route 53 has no ${kindOf(isPrivate)} hosted zone ${zone}; ${remedy}`)
}

function ambiguous(zone: Fqdn, isPrivate: boolean): TerminalError {
  return new TerminalError(
    'InvalidSpec',
    `Route 53 has several ${kindOf(isPrivate)} hosted zones ${zone}; choose one by its id in spec.route53.zoneIDs`,
  )
}
