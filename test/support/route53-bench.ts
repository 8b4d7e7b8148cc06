// A Route 53 fake with one hosted zone, and ways to a provider, a session and changes on it.
import type { Fqdn } from '../../src/model/name.ts'
import { plainOwnership } from './plain-ownership.ts'
import type { RecordType, Routing, StoredSet } from '../../src/model/record-set.ts'
import { OPEN_GATE } from '../../src/providers/call-gate.ts'
import type { Provider, ZoneSession } from '../../src/providers/provider.ts'
import { createRoute53Provider, type Route53Options } from '../../src/providers/route53/route53-provider.ts'
import { CONTRACT_OWNER, listAll, ownedSet } from '../contracts/provider-contract.ts'
import { Route53Fake } from '../fakes/route53-fake.ts'

export const ZONE = 'example.com' as Fqdn
export const ZONE_ID = 'ZEXAMPLE'
export const SECRET = 'wJalrXUtnFEMI-test-only'
export const SIGNAL = new AbortController().signal

export function startRoute53(): Promise<Route53Fake> {
  return Route53Fake.start({ id: ZONE_ID, name: ZONE, isPrivate: false })
}

export function openProvider(fake: Route53Fake, more: Partial<Route53Options> = {}): Provider {
  return createRoute53Provider({
    region: 'us-east-1',
    endpoint: fake.http.url,
    keys: { accessKeyID: () => 'AKIAROUTE53TEST', secretAccessKey: () => SECRET },
    ownership: plainOwnership(CONTRACT_OWNER),
    gate: OPEN_GATE,
    timeoutMs: 1_500,
    ...more,
  })
}

/** A session that has listed the zone, as the worker's has. */
export async function openListed(fake: Route53Fake, more: Partial<Route53Options> = {}): Promise<ZoneSession> {
  const session = await openProvider(fake, more).openZone(ZONE, SIGNAL)
  await listAll(session)
  return session
}

export function routedSet(
  name: string,
  type: RecordType,
  values: readonly string[],
  routed: { readonly setId: string; readonly routing: Routing },
): StoredSet {
  const set = ownedSet(name, type, values)
  return { ...set, key: { ...set.key, setId: routed.setId }, routing: routed.routing }
}
