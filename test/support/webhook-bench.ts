// A webhook fake for one zone, and ways to a provider, a session and the engine's next plan on it.
import { expect } from 'vitest'
import { plainOwnership } from './plain-ownership.ts'
import { CONTRACT_OWNER, listAll, ownedSet } from '../contracts/provider-contract.ts'
import { WebhookFake, type WebhookHabits } from '../fakes/webhook-fake.ts'
import type { Fqdn } from '../../src/model/name.ts'
import { calculatePlan } from '../../src/plan/calculate-plan.ts'
import type { Change } from '../../src/plan/plan.ts'
import { ZoneTable } from '../../src/model/zone.ts'
import { OPEN_GATE } from '../../src/providers/call-gate.ts'
import type { Provider, ZoneSession } from '../../src/providers/provider.ts'
import { createWebhookProvider, type WebhookOptions } from '../../src/providers/webhook/webhook-provider.ts'

export const zone = 'example.com' as Fqdn
export const signal = new AbortController().signal
export const resource = { uid: '11111111-2222-3333-4444-555555555555', namespace: 'web', name: 'shop' }

export function openProvider(fake: WebhookFake, more: Partial<WebhookOptions> = {}): Provider {
  return createWebhookProvider({
    endpoint: fake.http.url,
    zones: [],
    ownership: plainOwnership(CONTRACT_OWNER),
    gate: OPEN_GATE,
    timeoutMs: 1_500,
    ...more,
  })
}

export const www = ownedSet('www.example.com', 'A', ['192.0.2.1'])

export async function startWebhook(
  habits: Partial<WebhookHabits> = {},
  filter: unknown = { include: [zone] },
): Promise<WebhookFake> {
  const fake = await WebhookFake.start(filter)
  Object.assign(fake.habits, habits)
  return fake
}

/** A session that has listed the zone, as the worker's has. */
export async function openListed(fake: WebhookFake): Promise<ZoneSession> {
  const session = await openProvider(fake).openZone(zone, signal)
  await listAll(session)
  return session
}

/** What the engine would do next about a wish for `www` with this TTL and these values. */
export async function planFor(session: ZoneSession, ttl = 300, values = ['192.0.2.1']): Promise<readonly Change[]> {
  const table = new ZoneTable((await listAll(session)).values())
  const settings = session.normalise(ownedSet('www.example.com', 'A', values, ttl))
  const intent = {
    ...({ kind: 'update', key: www.key, zone: { provider: 'a/b', zone }, resource, adopt: false } as const),
    ...{ values: values.map((value) => ({ value, target: 't' })), ttl: settings.ttl },
    ...{ routing: settings.routing, options: settings.options },
  }
  const { capabilities } = session
  const plan = calculatePlan({
    ...{ zone: intent.zone, intents: [intent], observed: table, ownerId: CONTRACT_OWNER, capabilities },
  })
  expect(plan.refusals).toEqual([])
  return plan.changes
}
