import { afterEach, describe, expect, it } from 'vitest'
import {
  applyAll,
  CONTRACT_OWNER,
  create,
  describeProviderContract,
  listAll,
  ownedSet,
  remove,
  update,
} from '../../../test/contracts/provider-contract.ts'
import { MEDIA_TYPE, WebhookFake, type FakeEndpoint, type WebhookHabits } from '../../../test/fakes/webhook-fake.ts'
import type { Fqdn } from '../../model/name.ts'
import type { StoredSet } from '../../model/record-set.ts'
import { calculatePlan } from '../../plan/calculate-plan.ts'
import type { Change } from '../../plan/plan.ts'
import { carryOut } from '../../apply/carry-out.ts'
import { ZoneTable } from '../../model/zone.ts'
import { OPEN_GATE } from '../call-gate.ts'
import type { Provider, ZoneSession } from '../provider.ts'
import { plainOwnership } from '../ownership/ownership.ts'
import { createWebhookProvider, type WebhookOptions } from './webhook-provider.ts'

const zone = 'example.com' as Fqdn
const signal = new AbortController().signal
const resource = { uid: '11111111-2222-3333-4444-555555555555', namespace: 'web', name: 'shop' }

function openProvider(fake: WebhookFake, more: Partial<WebhookOptions> = {}): Provider {
  return createWebhookProvider({
    endpoint: fake.http.url,
    zones: [],
    ownership: plainOwnership(CONTRACT_OWNER),
    gate: OPEN_GATE,
    timeoutMs: 300,
    ...more,
  })
}

const habitsOf: readonly (readonly [string, Partial<WebhookHabits>])[] = [
  ['all or nothing', {}],
  ['not atomic', { atomic: false }],
]

for (const [kind, habits] of habitsOf) {
  describeProviderContract({
    name: `Webhook (${kind})`,
    skips: {
      'foreign beside': 'a mark speaks for a whole set; the planner refuses to share one',
      'concurrent edit': 'the protocol has no compare-and-swap; the set is read again before deletes',
      'refused token': 'the protocol has no credentials',
    },
    maxCalls: { one: 1, fiveHundred: 1 },
    badValue: 'not-an-address',
    async start() {
      const fake = await WebhookFake.start({ include: [zone] })
      Object.assign(fake.habits, habits)
      return {
        zone,
        open: () => openProvider(fake).openZone(zone, signal),
        openUnauthorised: () => openProvider(fake).openZone(zone, signal),
        openMissing: () => openProvider(fake).openZone('example.org' as Fqdn, signal),
        seed: (...sets) =>
          Promise.resolve(
            fake.seed(...sets.map(({ name, type, values }) => ({ dnsName: name, recordType: type, targets: values }))),
          ),
        remove: (name, type) => Promise.resolve(fake.removeByHand(name, type)),
        peek: (name, type) => Promise.resolve(fake.get(name, type)?.targets ?? []),
        calls: () => ({ reads: fake.http.calls.length - fake.writes(), writes: fake.writes() }),
        fail: (fault, times) => fake.http.fail(fault, times, ({ path }) => path === '/records'),
        throttled: { kind: 'answer', answer: { status: 429, body: 'slow down' } },
        stop: () => fake.http.stop(),
      }
    },
  })
}

describe('Webhook', () => {
  let fake: WebhookFake
  afterEach(() => fake.http.stop())

  const start = async (habits: Partial<WebhookHabits> = {}, filter: unknown = { include: [zone] }): Promise<void> => {
    fake = await WebhookFake.start(filter)
    Object.assign(fake.habits, habits)
  }
  const openSession = async (): Promise<ZoneSession> => {
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    return session
  }
  const www = ownedSet('www.example.com', 'A', ['192.0.2.1'])

  /** What the engine would do next about a wish for `www` with this TTL and these values. */
  const planFor = async (session: ZoneSession, ttl = 300, values = ['192.0.2.1']): Promise<readonly Change[]> => {
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

  describe('in negotiation', () => {
    it('takes the included domains for zones when the spec names none', async () => {
      await start({}, { include: ['.b.example', 'A.example.', 'c.example', ''], exclude: ['c.example', 'x.a.example'] })
      expect(await openProvider(fake).listZones(signal)).toEqual(['a.example', 'b.example'])
    })

    it('prefers the zones of the spec, without asking', async () => {
      await start()
      expect(await openProvider(fake, { zones: ['z.example' as Fqdn, zone] }).listZones(signal)).toEqual([
        zone,
        'z.example',
      ])
      expect(fake.http.calls).toEqual([])
    })

    it.each([{}, { filters: ['example.com'] }, { regexInclude: '(a+)+$' }])(
      'wants zones in the spec when the filter %j names none, and serves any',
      async (filter) => {
        await start({}, filter)
        const provider = openProvider(fake)
        await expect(provider.listZones(signal)).rejects.toMatchObject({
          kind: 'terminal',
          message: expect.stringContaining('spec.zones') as string,
        })
        expect((await provider.openZone('any.example' as Fqdn, signal)).zone).toBe('any.example')
      },
    )

    it.each<readonly [string, unknown, boolean]>([
      ['itself', { include: ['example.com'] }, true],
      ['what is below', { include: ['.example.com'] }, true],
      ['a part', { include: ['www.example.com'] }, true],
      ['what is above', { include: ['com'] }, true],
      ['another', { include: ['ample.com', 'example.org'] }, false],
      ['all but itself', { exclude: ['example.com'] }, false],
      ['all but a part', { exclude: ['www.example.com'] }, true],
    ])('judges whether a filter for %s serves the zone', async (_what, filter, serves) => {
      await start({}, filter)
      const opened = await openProvider(fake)
        .openZone(zone, signal)
        .catch((error: unknown) => error)
      if (serves) expect(opened).toMatchObject({ zone })
      else expect(opened).toMatchObject({ kind: 'terminal', reason: 'ZoneNotFound' })
    })

    it.each(['application/json', `${MEDIA_TYPE}; charset=utf-8`, 'application/external.dns.webhook+json;version=2'])(
      'does not take a server that answers with %s for one that speaks the protocol',
      async (type) => {
        await start()
        fake.http.fail({ kind: 'answer', answer: { status: 200, body: {}, headers: { 'content-type': type } } })
        await expect(openProvider(fake).openZone(zone, signal)).rejects.toMatchObject({
          kind: 'terminal',
          reason: 'ProviderRefused',
          message: expect.stringContaining('check spec.webhook.endpoint') as string,
        })
      },
    )

    it('waits for a server that is still starting', async () => {
      await start()
      fake.http.fail({ kind: 'answer', answer: { status: 503 } })
      await expect(openProvider(fake).openZone(zone, signal)).rejects.toMatchObject({ kind: 'transient' })
    })
  })

  describe('reading', () => {
    it('leaves what lies in a longer zone of the same provider to that zone', async () => {
      await start({}, { include: [zone, 'sub.example.com'] })
      const targets = ['192.0.2.1']
      for (const dnsName of ['www.example.com', 'www.sub.example.com', 'sub.example.com', 'www.example.org'])
        fake.seed({ dnsName, recordType: 'A', targets })
      const names = async (options: Partial<WebhookOptions>, of: string): Promise<readonly string[]> => {
        const listed = await listAll(await openProvider(fake, options).openZone(of as Fqdn, signal))
        return [...listed.values()].map(({ key }) => key.name)
      }
      expect(await names({}, zone)).toEqual(['www.example.com'])
      expect(await names({}, 'sub.example.com')).toEqual(['www.sub.example.com', 'sub.example.com'])
      expect(await names({ zones: [zone] }, zone)).toHaveLength(3)
    })

    it('reads what others wrote in their own way', async () => {
      await start()
      fake.seed(
        { dnsName: 'WWW.example.com', recordType: 'CNAME', targets: ['Web.Example.NET.'] },
        { dnsName: 'six.example.com', recordType: 'AAAA', targets: ['2001:DB8:0::1'] },
        { dnsName: 'mail.example.com', recordType: 'MX', targets: ['10 mx.example.net'] },
        { dnsName: 'routed.example.com', recordType: 'A', targets: ['192.0.2.1'], setIdentifier: 'blue' },
      )
      const listed = await listAll(await openSession())
      expect([...listed].map(([text, { values }]) => [text, values[0]?.value])).toEqual([
        ['www.example.com CNAME', 'web.example.net'],
        ['six.example.com AAAA', '2001:db8::1'],
        ['routed.example.com A blue', '192.0.2.1'],
      ])
    })

    it('joins endpoints that hold one value each', async () => {
      await start()
      const endpoint = (target: string): FakeEndpoint => ({
        dnsName: 'www.example.com',
        recordType: 'A',
        targets: [target],
      })
      const body = [endpoint('192.0.2.2'), endpoint('192.0.2.1')]
      const session = await openProvider(fake).openZone(zone, signal)
      fake.http.fail({ kind: 'answer', answer: { status: 200, body } })
      expect((await listAll(session)).get('www.example.com A')?.values.map(({ value }) => value)).toEqual([
        '192.0.2.1',
        '192.0.2.2',
      ])
    })

    it('takes a field that is null for one that is not there', async () => {
      await start()
      const session = await openSession()
      const body =
        '[{"dnsName":"www.example.com","recordType":"A","targets":["192.0.2.1"],"recordTTL":null,"setIdentifier":null}]'
      fake.http.fail({ kind: 'answer', answer: { status: 200, body } })
      expect((await listAll(session)).get('www.example.com A')).toMatchObject({ ttl: 0, key: { setId: '' } })
    })

    it.each(['<html>', '{"items":[]}', '[{"dnsName":7}]', '[null]', '[{"targets":"192.0.2.1"}]'])(
      'takes %s for no list of records at all, rather than for an empty one',
      async (body) => {
        await start()
        const session = await openSession()
        fake.http.fail({ kind: 'answer', answer: { status: 200, body } })
        await expect(listAll(session)).rejects.toMatchObject({ kind: 'transient', reason: 'ProviderUnavailable' })
      },
    )

    it('reads an answer as long as the protocol allows, and no longer', async () => {
      await start()
      const session = await openProvider(fake, { timeoutMs: 5000 }).openZone(zone, signal)
      const body = (length: number): string => `[]${' '.repeat(length - 2)}`
      fake.http.fail({ kind: 'answer', answer: { status: 200, body: body(32 * 1024 * 1024) } })
      expect((await listAll(session)).size).toBe(0)
      fake.http.fail({ kind: 'answer', answer: { status: 200, body: body(32 * 1024 * 1024 + 1) } })
      await expect(listAll(session)).rejects.toMatchObject({ message: expect.stringContaining('32 MiB') as string })
    })
  })

  describe('writing', () => {
    it('marks a set as external-dns would, in one pair of quotes', async () => {
      await start()
      await applyAll(await openSession(), [create(www)])
      expect(fake.get('a-www.example.com', 'TXT')?.targets).toEqual([
        '"heritage=external-dns,external-dns/owner=contract-owner,external-dns/resource=dynamicdnsrecord/web/shop,' +
          'external-dns/stoa-uid=11111111-2222-3333-4444-555555555555"',
      ])
    })

    it('asks for adjustment, writes, and reads: three calls for any number of changes, one less without new values', async () => {
      await start()
      const session = await openSession()
      const before = fake.http.calls.length
      await applyAll(session, [create(www)])
      const calls = fake.http.calls.slice(before).map(({ method, path }) => `${method} ${path}`)
      expect(calls).toEqual(['POST /adjustendpoints', 'POST /records', 'GET /records'])
      await applyAll(session, [remove((await listAll(session)).get('www.example.com A') ?? www)])
      expect(fake.http.calls.slice(before + 4).map(({ path }) => path)).toEqual(['/records', '/records'])
      expect(fake.endpoints).toEqual([])
    })

    it('puts marks before what they mark, and takes them away after it', async () => {
      await start()
      const session = await openSession()
      await applyAll(session, [create(www)])
      await applyAll(session, [remove((await listAll(session)).get('www.example.com A') ?? www)])
      const bodies = fake.http.calls
        .filter(({ method, path }) => method === 'POST' && path === '/records')
        .map(({ body }) => JSON.parse(body) as Record<'create' | 'delete', FakeEndpoint[]>)
      expect(bodies[0]?.create.map(({ recordType }) => recordType)).toEqual(['TXT', 'A'])
      expect(bodies[1]?.delete.map(({ recordType }) => recordType)).toEqual(['A', 'TXT'])
    })

    it('keeps what the provider has set beside the values', async () => {
      await start()
      const providerSpecific = [{ name: 'proxied', value: 'true' }]
      fake.seed({ dnsName: 'www.example.com', recordType: 'A', targets: ['192.0.2.9'], providerSpecific })
      const session = await openSession()
      const before = (await listAll(session)).get('www.example.com A') ?? www
      await applyAll(session, [update(before, www)])
      expect(fake.get('www.example.com', 'A')).toMatchObject({ targets: ['192.0.2.1'], providerSpecific })
    })

    it('cuts a storm into requests that a server can carry out in its time, and that are not too long', async () => {
      await start()
      const session = await openSession()
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
      await start({}, { include: [zone], exclude: ['internal.example.com'] })
      const session = await openSession()
      const before = fake.http.calls.length
      const outcomes = await applyAll(session, [
        create(ownedSet('a.internal.example.com', 'A', ['192.0.2.1'])),
        create(www),
      ])
      expect(outcomes.map((outcome) => outcome.kind === 'failed' && outcome.scope)).toEqual(['Change', 'Batch'])
      expect(fake.http.calls).toHaveLength(before)
    })

    it('refuses what adjustment leaves out, since it would be left out in silence', async () => {
      await start({ drops: ({ recordType }) => recordType === 'AAAA' })
      const session = await openSession()
      const outcomes = await applyAll(session, [
        create(ownedSet('six.example.com', 'AAAA', ['2001:db8::1'])),
        create(www),
      ])
      expect(outcomes[0]).toMatchObject({ kind: 'failed', scope: 'Change', error: { kind: 'terminal' } })
      expect(outcomes[1]).toMatchObject({ kind: 'failed', scope: 'Batch' })
      expect(fake.writes()).toBe(0)
    })

    it('has done nothing when adjustment fails', async () => {
      await start()
      const session = await openSession()
      fake.http.fail({ kind: 'lose-answer' }, 1, ({ path }) => path === '/adjustendpoints')
      const [outcome] = await applyAll(session, [create(www)])
      expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'transient' } })
      expect(fake.writes()).toBe(0)
    })
  })

  describe('after a write', () => {
    it('tells which changes of a refused request were made all the same, and takes back marks without a set', async () => {
      await start({ atomic: false })
      const session = await openSession()
      const sets = ['a', 'b', 'c'].map((label) =>
        ownedSet(`${label}.example.com`, 'A', [label === 'b' ? 'bad' : '192.0.2.1']),
      )
      const outcomes = await applyAll(session, sets.map(create))
      expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'failed', 'failed'])
      expect(fake.endpoints.map(({ dnsName }) => dnsName).sort()).toEqual(['a-a.example.com', 'a.example.com'])
    })

    it('writes a set again whose mark could not be taken back', async () => {
      await start({ atomic: false })
      const session = await openSession()
      const bad = ownedSet('www.example.com', 'A', ['bad'])
      fake.http.fail({ kind: 'answer', answer: { status: 500 } }, 1, ({ body }) => /"delete":\[\{/.test(body))
      expect((await applyAll(session, [create(bad)]))[0]).toMatchObject({ kind: 'failed', error: { kind: 'terminal' } })
      expect(fake.get('a-www.example.com', 'TXT')).toBeDefined()
      expect((await applyAll(session, [create(www)]))[0]?.kind).toBe('applied')
      expect(await planFor(session)).toEqual([])
    })

    it('could not confirm a refused change of which a part was made', async () => {
      await start({ atomic: false })
      const session = await openSession()
      await applyAll(session, [create(www)])
      const stored = (await listAll(session)).get('www.example.com A') ?? www
      fake.http.fail({ kind: 'answer', answer: { status: 400, body: 'no' } }, 1, ({ method, path }) => {
        if (method !== 'POST' || path !== '/records') return false
        fake.seed({ dnsName: 'www.example.com', recordType: 'A', targets: ['192.0.2.2'], recordTTL: 300 })
        return true
      })
      const changes = [update(stored, ownedSet('www.example.com', 'A', ['192.0.2.2', '192.0.2.3']))]
      expect((await applyAll(session, changes))[0]).toMatchObject({
        kind: 'unconfirmed',
        error: { message: expect.stringContaining('a part of it was done all the same') as string },
      })
    })

    it.each([true, false])(
      'writes all but the one that its server always fails on, in few calls (all or nothing: %s)',
      async (atomic) => {
        await start({ atomic, refusal: 500 })
        const session = await openSession()
        const labels = Array.from({ length: 100 }, (_, index) => `n${String(index).padStart(2, '0')}`)
        const named = (label: string, value: string): StoredSet => ownedSet(`${label}.example.com`, 'A', [value])
        const sets = labels.map((label) => named(label, label === 'n37' ? 'bad' : '192.0.2.1'))
        for (let pass = 0; pass < 12; pass += 1) {
          const present = await listAll(session)
          const left = sets.filter(({ key }) => !present.has(`${key.name} A`))
          const outcomes = await carryOut(session, left.map(create), signal)
          expect(outcomes.filter(({ kind }) => kind === 'failed')).toEqual([])
        }
        const missing = sets.filter(({ key }) => fake.get(key.name, 'A') === undefined)
        expect(missing.map(({ key }) => key.name)).toEqual(['n37.example.com'])
        expect(fake.writes()).toBeLessThanOrEqual(25)
        await listAll(session)
        const changes = [...missing, named('n99z', '192.0.2.1')].map(create)
        const names = session.batch(changes).map((batch) => batch.map(({ key }) => key.name))
        expect(names).toEqual([['n99z.example.com'], ['n37.example.com']])
        await applyAll(session, [create(named('n37', '192.0.2.1'))])
        expect(session.batch(changes)).toHaveLength(1)
      },
    )

    it('does not believe a success that is not to be seen, and finds it later', async () => {
      await start({ staleReads: 1 })
      const session = await openSession()
      const [outcome] = await applyAll(session, [create(www)])
      expect(outcome).toMatchObject({
        kind: 'unconfirmed',
        error: { kind: 'transient', message: expect.stringContaining('does not show it as asked for') as string },
      })
      expect(await planFor(session)).toEqual([])
    })

    it('could not confirm a write that takes too long, and finds it when it has landed', async () => {
      await start()
      const session = await openSession()
      fake.habits.drops = (): boolean => {
        fake.http.latencyMs = 400
        return false
      }
      const [outcome] = await applyAll(session, [create(www)])
      fake.http.latencyMs = 0
      expect(outcome).toMatchObject({ kind: 'unconfirmed', error: { kind: 'transient' } })
      expect(await session.reread([www.key.name], signal)).toEqual([])
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(await planFor(session)).toEqual([])
    })

    it('names what was accepted and not stored', async () => {
      await start({ ignores: ({ dnsName }) => dnsName === 'www.example.com' })
      const outcomes = await applyAll(await openSession(), [
        create(www),
        create(ownedSet('api.example.com', 'A', ['192.0.2.1'])),
      ])
      expect(outcomes.map(({ kind }) => kind)).toEqual(['unconfirmed', 'applied'])
    })

    it('could not confirm a write after which nothing could be read', async () => {
      await start()
      const session = await openSession()
      fake.http.fail(
        { kind: 'answer', answer: { status: 500 } },
        1,
        ({ method, path }) => method === 'GET' && path === '/records',
      )
      const [outcome] = await applyAll(session, [create(www)])
      expect(outcome).toMatchObject({ kind: 'unconfirmed', error: { kind: 'transient' } })
      expect(await planFor(session)).toEqual([])
    })

    it('still owns a set whose mark did not arrive, and writes the mark', async () => {
      const habits: Partial<WebhookHabits> = { ignores: ({ recordType }) => recordType === 'TXT' }
      await start(habits)
      const session = await openSession()
      expect((await applyAll(session, [create(www)]))[0]?.kind).toBe('unconfirmed')
      expect(await session.reread([www.key.name], signal)).toHaveLength(1)
      fake.habits.ignores = () => false
      const changes = await planFor(session)
      expect(changes.map(({ kind }) => kind)).toEqual(['update'])
      const [outcome] = await applyAll(session, changes)
      expect(outcome).toMatchObject({
        kind: 'applied',
        stored: { values: [{ owner: { uid: resource.uid, adopted: false } }] },
      })
      expect(fake.get('a-www.example.com', 'TXT')).toBeDefined()
      expect(await planFor(await openSession())).toEqual([])
    })

    it('deletes a set whose mark did not arrive', async () => {
      await start({ ignores: ({ recordType }) => recordType === 'TXT' })
      const session = await openSession()
      await applyAll(session, [create(www)])
      const stored = (await listAll(session)).get('www.example.com A') ?? www
      expect(stored).toMatchObject({ values: [{ owner: { uid: resource.uid } }], options: { mark: 'missing' } })
      expect((await applyAll(session, [remove(stored)]))[0]?.kind).toBe('applied')
      expect(fake.endpoints).toEqual([])
    })

    it('does not claim a set that somebody else has changed since its mark went missing', async () => {
      await start({ ignores: ({ recordType }) => recordType === 'TXT' })
      const session = await openSession()
      await applyAll(session, [create(www)])
      fake.seed({ dnsName: 'www.example.com', recordType: 'A', targets: ['198.51.100.7'] })
      expect((await listAll(session)).get('www.example.com A')?.values).toEqual([
        { value: '198.51.100.7', owner: undefined },
      ])
    })
  })

  describe('with a provider that has its own idea of a TTL', () => {
    const providers: readonly (readonly [string, WebhookHabits['ttl'], number])[] = [
      ['keeps none', () => 0, 0],
      ['has a floor of 600', (asked) => Math.max(asked, 600), 600],
      ['has a ceiling of 120', (asked) => Math.min(asked, 120), 120],
    ]

    it.each(providers)('sees no difference after a write when it %s', async (_what, ttl, stored) => {
      await start({ ttl })
      const session = await openSession()
      const [first] = await planFor(session)
      const [outcome] = await applyAll(session, first === undefined ? [] : [first])
      expect(outcome).toMatchObject({ kind: 'applied', stored: { ttl: stored } })
      expect(await planFor(session)).toEqual([])
    })

    it.each(providers)('sees none after a restart either when it %s: the marks tell', async (_what, ttl) => {
      await start({ ttl })
      await applyAll(await openSession(), [create(www)])
      expect(await planFor(await openSession())).toEqual([])
    })

    it('asks for the TTL that is wanted, not for the one that it got', async () => {
      await start({ ttl: () => 0 })
      const session = await openSession()
      await applyAll(session, [create(www)])
      await applyAll(session, await planFor(session, 300, ['192.0.2.2']))
      fake.habits.ttl = (asked): number => asked
      await applyAll(session, await planFor(session, 300, ['192.0.2.3']))
      expect(fake.get('www.example.com', 'A')).toMatchObject({ targets: ['192.0.2.3'], recordTTL: 300 })
      expect(await planFor(session)).toHaveLength(1)
    })

    it('writes a new TTL once, and learns what became of it', async () => {
      await start({ ttl: (asked) => Math.max(asked, 120) })
      const session = await openSession()
      await applyAll(session, [create(www)])
      const changes = await planFor(session, 60)
      expect(changes).toHaveLength(1)
      await applyAll(session, changes)
      expect(await planFor(session, 60)).toEqual([])
      expect(await planFor(session, 900)).toHaveLength(1)
    })

    it('knows a floor from its marks, and does not try to go below', async () => {
      await start({ ttl: (asked) => Math.max(asked, 600) })
      const session = await openSession()
      await applyAll(session, [create(www)])
      expect(await planFor(session, 60)).toEqual([])
      expect(await planFor(session, 900)).toHaveLength(1)
    })

    it('repairs a TTL that somebody edited', async () => {
      await start({ ttl: (asked) => Math.max(asked, 600) })
      const session = await openSession()
      await applyAll(session, [create(www)])
      fake.seed({ dnsName: 'www.example.com', recordType: 'A', targets: ['192.0.2.1'], recordTTL: 900 })
      const changes = await planFor(session)
      expect(changes).toHaveLength(1)
      await applyAll(session, changes)
      expect(await planFor(session)).toEqual([])
    })

    it('does not take an answer from before the write for a habit', async () => {
      await start()
      const session = await openSession()
      await applyAll(session, [create(www)])
      fake.habits.staleReads = 1
      await applyAll(session, await planFor(session, 600))
      expect(await planFor(session, 600)).toEqual([])
      expect(await planFor(session, 300)).toHaveLength(1)
    })
  })

  it.each<readonly [string, WebhookHabits['text']]>([
    ['strips the quotes of TXT', (target) => target.replace(/^"|"$/g, '')],
    ['quotes TXT once more', (target) => `"${target.replaceAll('"', '\\"')}"`],
  ])('reads marks of a provider that %s', async (_what, text) => {
    await start({ text })
    const session = await openSession()
    expect((await applyAll(session, [create(www)]))[0]?.kind).toBe('applied')
    const found: StoredSet | undefined = (await listAll(await openSession())).get('www.example.com A')
    expect(found?.values[0]?.owner).toMatchObject({ id: CONTRACT_OWNER, uid: resource.uid })
    expect(await planFor(session)).toEqual([])
    await applyAll(session, [remove(found ?? www)])
    expect(fake.endpoints).toEqual([])
  })
})
