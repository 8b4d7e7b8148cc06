import type { Egress } from '../../egress/egress.ts'
import { LONGEST_CALL_MS } from '../../model/longest-call.ts'
import { parseStoredName } from '../../model/name.ts'
import type { CallGate } from '../call-gate.ts'
import { parseEndpoint } from '../http/endpoint.ts'
import { openTxtSession, type Ownership } from '../ownership/ownership.ts'
import type { Provider } from '../provider.ts'
import { findHostedZone, listHostedZones, openHostedZone } from './hosted-zones.ts'
import { Route53Api } from './route53-api.ts'
import type { AwsCredentials } from './route53-client.ts'
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
  readonly egress?: Egress | undefined
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
    egress: options.egress,
  })
  const visibility = privateZones ? 'private' : 'public'
  return {
    type: 'Route53',
    async listZones(signal) {
      const given = Object.keys(zoneIDs).flatMap((name) => parseStoredName(name) ?? [])
      return given.length > 0 ? given.sort() : listHostedZones(api, visibility, signal)
    },
    async openZone(zone, signal) {
      const id = Object.hasOwn(zoneIDs, zone) ? zoneIDs[zone] : undefined
      const hostedZone = await (id === undefined
        ? findHostedZone(api, zone, visibility, signal)
        : openHostedZone(api, zone, id, signal))
      return openTxtSession(new Route53Zone(api, hostedZone), options.ownership)
    },
    close: () => api.close(),
  }
}

/** The SDK keeps credentials until they expire: these are always past it, so that it asks again and a rotated Secret counts. */
function readKeys({ accessKeyID, secretAccessKey }: Route53Keys): AwsCredentials {
  return { accessKeyId: accessKeyID(), secretAccessKey: secretAccessKey(), expiration: new Date(0) }
}
