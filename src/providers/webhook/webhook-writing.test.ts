import { afterEach, describe, expect, it } from 'vitest'
import { applyAll, create, listAll, ownedSet, remove, update } from '../../../test/contracts/provider-contract.ts'
import type { FakeEndpoint, WebhookFake } from '../../../test/fakes/webhook-fake.ts'
import type { Change } from '../../plan/plan.ts'
import { zone, www, openListed, startWebhook } from '../../../test/support/webhook-bench.ts'

describe('Webhook, when writing,', () => {
  let fake: WebhookFake
  afterEach(() => fake.http.stop())

  it('marks a set as external-dns would, in one pair of quotes', async () => {
    fake = await startWebhook()
    await applyAll(await openListed(fake), [create(www)])
    expect(fake.get('a-www.example.com', 'TXT')?.targets).toEqual([
      '"heritage=external-dns,external-dns/owner=contract-owner,external-dns/resource=dynamicdnsrecord/web/shop,' +
        'external-dns/stoa-uid=11111111-2222-3333-4444-555555555555"',
    ])
  })

  it('asks for adjustment, writes, and reads: three calls for any number of changes, one less without new values', async () => {
    fake = await startWebhook()
    const session = await openListed(fake)
    const before = fake.http.calls.length
    await applyAll(session, [create(www)])
    const calls = fake.http.calls.slice(before).map(({ method, path }) => `${method} ${path}`)
    expect(calls).toEqual(['POST /adjustendpoints', 'POST /records', 'GET /records'])
    await applyAll(session, [remove((await listAll(session)).get('www.example.com A') ?? www)])
    expect(fake.http.calls.slice(before + 4).map(({ path }) => path)).toEqual(['/records', '/records'])
    expect(fake.endpoints).toEqual([])
  })

  it('puts marks before what they mark, and takes them away after it', async () => {
    fake = await startWebhook()
    const session = await openListed(fake)
    await applyAll(session, [create(www)])
    await applyAll(session, [remove((await listAll(session)).get('www.example.com A') ?? www)])
    const bodies = fake.http.calls
      .filter(({ method, path }) => method === 'POST' && path === '/records')
      .map(({ body }) => JSON.parse(body) as Record<'create' | 'delete', FakeEndpoint[]>)
    expect(bodies[0]?.create.map(({ recordType }) => recordType)).toEqual(['TXT', 'A'])
    expect(bodies[1]?.delete.map(({ recordType }) => recordType)).toEqual(['A', 'TXT'])
  })

  it('keeps what the provider has set beside the values', async () => {
    fake = await startWebhook()
    const providerSpecific = [{ name: 'proxied', value: 'true' }]
    fake.seed({ dnsName: 'www.example.com', recordType: 'A', targets: ['192.0.2.9'], providerSpecific })
    const session = await openListed(fake)
    const before = (await listAll(session)).get('www.example.com A') ?? www
    await applyAll(session, [update(before, www)])
    expect(fake.get('www.example.com', 'A')).toMatchObject({ targets: ['192.0.2.1'], providerSpecific })
  })

  it('cuts a storm into requests that a server can carry out in its time, and that are not too long', async () => {
    fake = await startWebhook()
    const session = await openListed(fake)
    const named = (index: number, count: number): Change =>
      create(
        ownedSet(
          `n${index}.example.com`,
          'A',
          Array.from({ length: count }, (_, at) => `192.0.${at}.${index}`),
        ),
      )
    expect(
      session.batch(Array.from({ length: 1100 }, (_, index) => named(index, 1))).map(({ length }) => length),
    ).toEqual([500, 500, 100])
    const texts = Array.from({ length: 300 }, (_, index) =>
      create(ownedSet(`t${index}.example.com`, 'TXT', ['x'.repeat(60_000)])),
    )
    expect(session.batch(texts).map(({ length }) => length)).toEqual([137, 137, 26])
  })

  it('refuses names that the webhook does not serve, without a call', async () => {
    fake = await startWebhook({}, { include: [zone], exclude: ['internal.example.com'] })
    const session = await openListed(fake)
    const before = fake.http.calls.length
    const outcomes = await applyAll(session, [
      create(ownedSet('a.internal.example.com', 'A', ['192.0.2.1'])),
      create(www),
    ])
    expect(outcomes.map((outcome) => outcome.kind === 'failed' && outcome.scope)).toEqual(['Change', 'Batch'])
    expect(fake.http.calls).toHaveLength(before)
  })

  it('refuses what adjustment leaves out, since it would be left out in silence', async () => {
    fake = await startWebhook({ drops: ({ recordType }) => recordType === 'AAAA' })
    const session = await openListed(fake)
    const outcomes = await applyAll(session, [
      create(ownedSet('six.example.com', 'AAAA', ['2001:db8::1'])),
      create(www),
    ])
    expect(outcomes[0]).toMatchObject({ kind: 'failed', scope: 'Change', error: { kind: 'terminal' } })
    expect(outcomes[1]).toMatchObject({ kind: 'failed', scope: 'Batch' })
    expect(fake.writes()).toBe(0)
  })

  it('writes all values of a set that adjustment parts into endpoints of one value each', async () => {
    const adjusts = (endpoint: FakeEndpoint): readonly FakeEndpoint[] =>
      endpoint.targets.map((target) => ({ ...endpoint, targets: [target] }))
    fake = await startWebhook({ adjusts })
    const two = ownedSet('www.example.com', 'A', ['192.0.2.1', '192.0.2.2'])
    expect((await applyAll(await openListed(fake), [create(two)]))[0]?.kind).toBe('applied')
    expect(fake.get('www.example.com', 'A')?.targets).toEqual(['192.0.2.1', '192.0.2.2'])
  })

  it('has done nothing when adjustment fails', async () => {
    fake = await startWebhook()
    const session = await openListed(fake)
    fake.http.fail({ kind: 'lose-answer' }, 1, ({ path }) => path === '/adjustendpoints')
    const [outcome] = await applyAll(session, [create(www)])
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'transient' } })
    expect(fake.writes()).toBe(0)
  })

  it('keeps what belongs to one name in one request', async () => {
    fake = await startWebhook()
    const session = await openListed(fake)
    await applyAll(session, [create(www)])
    const others = Array.from({ length: 499 }, (_, at) => create(ownedSet(`a${at}.example.com`, 'A', ['192.0.2.1'])))
    const exchange = [remove(www), create(ownedSet('www.example.com', 'CNAME', ['target.example.net']))]
    expect(session.batch([...others, ...exchange]).map(({ length }) => length)).toEqual([499, 2])
  })
})
