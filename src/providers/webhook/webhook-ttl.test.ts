import { afterEach, describe, expect, it } from 'vitest'
import { applyAll, create } from '../../../test/contracts/provider-contract.ts'
import type { WebhookFake, WebhookHabits } from '../../../test/fakes/webhook-fake.ts'
import { www, openListed, planFor, startWebhook } from '../../../test/support/webhook-bench.ts'

describe('Webhook, with a provider that has its own idea of a TTL,', () => {
  let fake: WebhookFake
  afterEach(() => fake.http.stop())

  const providers: readonly (readonly [string, WebhookHabits['ttl'], number])[] = [
    ['keeps none', () => 0, 0],
    ['has a floor of 600', (asked) => Math.max(asked, 600), 600],
    ['has a ceiling of 120', (asked) => Math.min(asked, 120), 120],
  ]

  it.each(providers)('sees no difference after a write when it %s', async (_what, ttl, stored) => {
    fake = await startWebhook({ ttl })
    const session = await openListed(fake)
    const [first] = await planFor(session)
    const [outcome] = await applyAll(session, first === undefined ? [] : [first])
    expect(outcome).toMatchObject({ kind: 'applied', stored: { ttl: stored } })
    expect(await planFor(session)).toEqual([])
  })

  it.each(providers)('sees none after a restart either when it %s: the marks tell', async (_what, ttl) => {
    fake = await startWebhook({ ttl })
    await applyAll(await openListed(fake), [create(www)])
    expect(await planFor(await openListed(fake))).toEqual([])
  })

  it('asks for the TTL that is wanted, not for the one that it got', async () => {
    fake = await startWebhook({ ttl: () => 0 })
    const session = await openListed(fake)
    await applyAll(session, [create(www)])
    await applyAll(session, await planFor(session, 300, ['192.0.2.2']))
    fake.habits.ttl = (asked): number => asked
    await applyAll(session, await planFor(session, 300, ['192.0.2.3']))
    expect(fake.get('www.example.com', 'A')).toMatchObject({ targets: ['192.0.2.3'], recordTTL: 300 })
    expect(await planFor(session)).toHaveLength(1)
  })

  it('writes a new TTL once, and learns what became of it', async () => {
    fake = await startWebhook({ ttl: (asked) => Math.max(asked, 120) })
    const session = await openListed(fake)
    await applyAll(session, [create(www)])
    const changes = await planFor(session, 60)
    expect(changes).toHaveLength(1)
    await applyAll(session, changes)
    expect(await planFor(session, 60)).toEqual([])
    expect(await planFor(session, 900)).toHaveLength(1)
  })

  it('knows a floor from its marks, and does not try to go below', async () => {
    fake = await startWebhook({ ttl: (asked) => Math.max(asked, 600) })
    const session = await openListed(fake)
    await applyAll(session, [create(www)])
    expect(await planFor(session, 60)).toEqual([])
    expect(await planFor(session, 900)).toHaveLength(1)
  })

  it('repairs a TTL that somebody edited', async () => {
    fake = await startWebhook({ ttl: (asked) => Math.max(asked, 600) })
    const session = await openListed(fake)
    await applyAll(session, [create(www)])
    fake.seed({ dnsName: 'www.example.com', recordType: 'A', targets: ['192.0.2.1'], recordTTL: 900 })
    const changes = await planFor(session)
    expect(changes).toHaveLength(1)
    await applyAll(session, changes)
    expect(await planFor(session)).toEqual([])
  })

  it('does not take an answer from before the write for a habit', async () => {
    fake = await startWebhook()
    const session = await openListed(fake)
    await applyAll(session, [create(www)])
    fake.habits.staleReads = 1
    await applyAll(session, await planFor(session, 600))
    expect(await planFor(session, 600)).toEqual([])
    expect(await planFor(session, 300)).toHaveLength(1)
  })
})
