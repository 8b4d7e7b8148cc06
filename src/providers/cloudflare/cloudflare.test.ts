import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { httpBench } from '../../../test/contracts/http-bench.ts'
import {
  CONTRACT_OWNER,
  describeProviderContract,
  applyAll,
  create,
  listAll,
  ownedSet,
  remove,
  update,
} from '../../../test/contracts/provider-contract.ts'
import { CloudflareFake, type ZoneState } from '../../../test/fakes/cloudflare-fake.ts'
import { plainOwnership } from '../../../test/support/plain-ownership.ts'
import type { Fqdn } from '../../model/name.ts'
import type { OwnerId } from '../../model/record-set.ts'
import { OPEN_GATE } from '../call-gate.ts'
import type { Provider, ZoneSession } from '../provider.ts'
import { createCloudflareProvider, type CloudflareOptions } from './cloudflare-provider.ts'

const zone = 'example.com' as Fqdn
const signal = new AbortController().signal

function openProvider(fake: CloudflareFake, more: Partial<CloudflareOptions> = {}): Provider {
  return createCloudflareProvider({
    endpoint: `${fake.http.url}/client/v4`,
    token: () => fake.token,
    ownership: plainOwnership(CONTRACT_OWNER),
    gate: OPEN_GATE,
    timeoutMs: 1_500,
    ...more,
  })
}

for (const plan of ['free', 'pro'] as const) {
  describeProviderContract({
    name: `Cloudflare (${plan} plan)`,
    skips: {},
    maxCalls: {
      created: { one: 1, fiveHundred: plan === 'free' ? 3 : 1 },
      replaced: { one: 1, fiveHundred: plan === 'free' ? 3 : 1 },
    },
    badValue: 'not-an-address',
    async start() {
      const fake = await CloudflareFake.start({ [zone]: plan })
      return httpBench({
        zone,
        http: fake.http,
        provider: (token) => openProvider(fake, { token }),
        credential: { value: fake.token, accept: (token) => void (fake.token = token) },
        seed({ name, type, values }) {
          for (const value of values) fake.seed(zone, name, type, value)
        },
        remove: (name, type) => fake.removeByHand(zone, name, type),
        peek: (name, type) => contentsAt(fake, name, type),
        throttled: { status: 429, body: { success: false, errors: [{ code: 971, message: 'slow down' }] } },
      })
    },
  })
}

function contentsAt(fake: CloudflareFake, name: string, type: string): readonly string[] {
  return fake
    .records(zone)
    .filter((record) => record.name === name && record.type === type)
    .map(({ content }) => content)
    .sort()
}

describe('Cloudflare', () => {
  let fake: CloudflareFake
  afterEach(() => fake.http.stop())

  it('moves a value with one operation, so that the name is never without one', async () => {
    fake = await CloudflareFake.start({ [zone]: 'free' })
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const before = ownedSet('www.example.com', 'A', ['192.0.2.1'])
    await applyAll(session, [create(before)])
    await applyAll(session, [update(before, ownedSet('www.example.com', 'A', ['192.0.2.2']))])
    expect(JSON.parse(fake.http.writes().at(-1)?.body ?? '')).toMatchObject({
      deletes: [],
      posts: [],
      patches: [{ id: 'rec1', content: '192.0.2.2' }],
    })
  })

  it('knows what lies below a delegation, of which each name server is a record', async () => {
    fake = await CloudflareFake.start({ [zone]: 'free' })
    for (const target of ['ns1.sub.example.com', 'ns2.example.net']) fake.seed(zone, 'sub.example.com', 'NS', target)
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const cutOf = (name: string): unknown => session.cutAbove?.({ name: name as Fqdn, type: 'A', setId: '' })
    expect(cutOf('www.sub.example.com')).toMatchObject({
      type: 'NS',
      targets: ['ns1.sub.example.com', 'ns2.example.net'],
    })
    expect(['ns1.sub.example.com', 'www.example.com'].map(cutOf)).toEqual([undefined, undefined])
  })

  it('needs no right to list zones when it is told their ids', async () => {
    fake = await CloudflareFake.start({ [zone]: 'free' })
    const provider = openProvider(fake, { zoneIDs: { [zone]: 'zone0' } })
    expect(await provider.listZones(signal)).toEqual([zone])
    await listAll(await provider.openZone(zone, signal))
    expect(fake.http.calls.map(({ path }) => path)).toEqual(['/client/v4/zones/zone0/dns_records'])
  })

  it.each<ZoneState>(['moved', 'pending', 'initializing'])(
    'serves the active one of two zones of one name, whatever comes first, when the other is %s',
    async (status) => {
      fake = await CloudflareFake.start({ [zone]: 'free' })
      fake.addTwin(zone, status)
      const provider = openProvider(fake)
      expect(await provider.listZones(signal)).toEqual([zone])
      await listAll(await provider.openZone(zone, signal))
      expect(fake.http.calls.at(-1)?.path).toBe('/client/v4/zones/zone0/dns_records')
    },
  )

  it('serves none of two active zones of one name before it is told which', async () => {
    fake = await CloudflareFake.start({ [zone]: 'free' })
    fake.addTwin(zone, 'active')
    await expect(openProvider(fake).openZone(zone, signal)).rejects.toMatchObject({
      reason: 'InvalidSpec',
      message: expect.stringContaining('choose one by its id in spec.cloudflare.zoneIDs') as string,
    })
    await listAll(await openProvider(fake, { zoneIDs: { [zone]: 'zone0' } }).openZone(zone, signal))
    expect(fake.http.calls.at(-1)?.path).toBe('/client/v4/zones/zone0/dns_records')
  })

  it('never takes a zone of another name for the one it asked for', async () => {
    fake = await CloudflareFake.start({ 'example.net': 'free' })
    fake.filtersZones = false
    await expect(openProvider(fake).openZone(zone, signal)).rejects.toMatchObject({ reason: 'ZoneNotFound' })
    fake.addTwin(zone, 'active')
    const session = await openProvider(fake).openZone(zone, signal)
    await applyAll(session, [create(ownedSet('www.example.com', 'A', ['192.0.2.1']))])
    expect(contentsAt(fake, 'www.example.com', 'A')).toEqual(['192.0.2.1'])
  })

  it('serves a zone that is not active yet, where there is no other', async () => {
    fake = await CloudflareFake.start({})
    fake.addTwin(zone, 'pending')
    await listAll(await openProvider(fake).openZone(zone, signal))
    expect(fake.http.calls.at(-1)?.path).toBe('/client/v4/zones/zone0/dns_records')
  })

  it('keeps a proxied set proxied, with the automatic TTL that comes with it', async () => {
    fake = await CloudflareFake.start({ [zone]: 'free' })
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const wanted = session.normalise({ ...ownedSet('www.example.com', 'A', ['192.0.2.1']), options: { proxied: true } })
    const [outcome] = await applyAll(session, [create(wanted)])
    expect(outcome).toMatchObject({ stored: { ttl: 1, options: { proxied: true } } })
    expect(fake.records(zone)).toMatchObject([{ proxied: true, ttl: 1 }])
  })

  it('does not level the TTL of a value that another owner holds in the same set', async () => {
    fake = await CloudflareFake.start({ [zone]: 'free' })
    fake.seed(zone, 'www.example.com', 'A', '198.51.100.7', { ttl: 900, comment: 'stoa owner=other uid=u1' })
    const session = await openProvider(fake).openZone(zone, signal)
    const foreign = (await listAll(session)).get('www.example.com A')
    if (foreign === undefined) throw new Error('not listed')
    const ours = ownedSet('www.example.com', 'A', ['192.0.2.1'], 300)
    await applyAll(session, [update(foreign, { ...ours, values: [...ours.values, ...foreign.values] })])
    expect(fake.records(zone).map(({ content, ttl }) => [content, ttl])).toEqual([
      ['198.51.100.7', 900],
      ['192.0.2.1', 300],
    ])
  })

  it('sees what external-dns owns next door, and never takes it for nobody’s', async () => {
    fake = await CloudflareFake.start({ [zone]: 'free' })
    fake.seed(zone, 'www.example.com', 'A', '198.51.100.7')
    const mark = '"heritage=external-dns,external-dns/owner=their-cluster,external-dns/resource=ingress/web/shop"'
    fake.seed(zone, 'a-www.example.com', 'TXT', mark)
    const session = await openProvider(fake).openZone(zone, signal)
    const listed = await listAll(session)
    const owner = { id: 'their-cluster', resource: 'ingress/web/shop' }
    expect(listed.get('www.example.com A')?.values).toMatchObject([{ value: '198.51.100.7', owner }])
    expect(await session.reread(['www.example.com' as Fqdn], signal)).toEqual([...listed.values()])
  })

  const www = ownedSet('www.example.com', 'A', ['192.0.2.1'])
  const open = async (more: Partial<CloudflareOptions> = {}): Promise<ZoneSession> => {
    fake = await CloudflareFake.start({ [zone]: 'free' })
    const session = await openProvider(fake, more).openZone(zone, signal)
    return session
  }

  it.each([
    ['is not JSON', '<html>hello</html>'],
    ['is somebody else’s JSON', { ok: true }],
    ['says nothing of the records', { success: true, result: null }],
    ['says nothing of some records', { success: true, result: { posts: [] } }],
  ])('could not confirm a write whose good answer %s', async (_what, body) => {
    const session = await open()
    await listAll(session)
    fake.http.fail({ kind: 'answer', answer: { status: 200, body } })
    const [outcome] = await applyAll(session, [create(www)])
    expect(outcome).toMatchObject({ kind: 'unconfirmed', error: { kind: 'transient' } })
  })

  it('keeps marks of the longest owner id within what a comment holds, and knows them again', async () => {
    fake = await CloudflareFake.start({ [zone]: 'free' })
    const id = 'x'.repeat(63) as OwnerId
    const session = await openProvider(fake, { ownership: plainOwnership(id) }).openZone(zone, signal)
    await listAll(session)
    const owner = {
      id,
      uid: '7b7b4c5e-1d2a-4c51-8f6e-2f1f9f6f1c11',
      resource: 'dynamicdnsrecord/web/shop',
      adopted: true,
    }
    const set = ownedSet('www.example.com', 'A', ['192.0.2.1'])
    const values = set.values.map(({ value }) => ({ value, owner }))
    const [outcome] = await applyAll(session, [create({ ...set, values })])
    expect(outcome?.kind).toBe('applied')
    expect(
      [...(await listAll(session)).values()].flatMap((stored) => stored.values.map((one) => one.owner?.id)),
    ).toEqual([id])
  })

  it('says that a configured zone id is wrong', async () => {
    const session = await open({ zoneIDs: { [zone]: 'zone9' } })
    const [listed, [outcome]] = [
      await listAll(session).catch((error: unknown) => error),
      await applyAll(session, [create(www)]),
    ]
    expect(listed).toMatchObject({ kind: 'terminal', reason: 'ZoneNotFound' })
    expect(outcome).toMatchObject({ kind: 'failed', error: { reason: 'ZoneNotFound' } })
  })

  it('never touches a value that its plan did not know of', async () => {
    const session = await open()
    await listAll(session)
    await applyAll(session, [create(www)])
    fake.seed(zone, 'www.example.com', 'A', '198.51.100.7')
    // What is held is now newer than the plan.
    await session.reread(['www.example.com' as Fqdn], signal)
    const next = ownedSet('www.example.com', 'A', ['192.0.2.2'])
    const [changed] = await applyAll(session, [update(www, next)])
    expect(contentsAt(fake, 'www.example.com', 'A')).toEqual(['192.0.2.2', '198.51.100.7'])
    expect(changed?.kind === 'applied' && changed.stored?.values.map(({ value }) => value)).toEqual([
      '192.0.2.2',
      '198.51.100.7',
    ])
    await applyAll(session, [remove(next)])
    expect(contentsAt(fake, 'www.example.com', 'A')).toEqual(['198.51.100.7'])
  })

  it('reads one name with one call, and many with as many as the zone has pages', async () => {
    const session = await open()
    const names = ['a', 'b', 'c', 'd'].map((label) => `${label}.example.com` as Fqdn)
    await listAll(session)
    await applyAll(
      session,
      names.map((name) => create(ownedSet(name, 'A', ['192.0.2.1']))),
    )
    const before = fake.http.calls.length
    expect(await session.reread(names.slice(0, 1), signal)).toHaveLength(1)
    expect(fake.http.calls.length - before).toBe(1)
    expect(await session.reread(names, signal)).toHaveLength(4)
    expect(fake.http.calls.length - before).toBe(2)
  })

  it('reads every page where the answer counts records and no pages', async () => {
    fake = await CloudflareFake.start({ [zone]: 'free' })
    fake.largestPage = 100
    fake.countsPages = false
    for (let index = 0; index < 250; index += 1) fake.seed(zone, `host${index}.${zone}`, 'A', '192.0.2.1')
    const session = await openProvider(fake).openZone(zone, signal)
    expect((await listAll(session)).size).toBe(250)
  })

  it('takes a zone in which a record moved from page to page for one that was not read', async () => {
    fake = await CloudflareFake.start({ [zone]: 'free' })
    fake.largestPage = 100
    for (let index = 0; index < 150; index += 1) fake.seed(zone, `host${index}.${zone}`, 'A', '192.0.2.1')
    const session = await openProvider(fake).openZone(zone, signal)
    fake.http.calls.length = 0
    fake.http.latencyMs = 50
    const reading = listAll(session)
    await expect.poll(() => fake.http.calls).toHaveLength(2)
    const [first] = fake.records(zone)
    fake.removeByHand(zone, `host0.${zone}`, 'A')
    fake.seed(zone, `host0.${zone}`, 'A', '192.0.2.2', { id: first?.id ?? '' })
    await expect(reading).rejects.toMatchObject({
      message: `the zone ${zone} changed while it was read; reading it again`,
    })
  })

  it('knows what became of a batch whose answer has null for what there was none of', async () => {
    fake = await CloudflareFake.start({ [zone]: 'free' })
    fake.http.mangle = (text) => text.replace('"patches":[]', '"patches":null')
    const session = await openProvider(fake).openZone(zone, signal)
    const outcomes = await applyAll(session, [create(ownedSet('www.example.com', 'A', ['192.0.2.1']))])
    expect(outcomes[0]?.kind).toBe('applied')
  })

  it('sees the mark that another program set meanwhile', async () => {
    const session = await open()
    await listAll(session)
    fake.seed(zone, 'www.example.com', 'A', '198.51.100.7')
    fake.seed(zone, 'a-www.example.com', 'TXT', '"heritage=external-dns,external-dns/owner=their-cluster"')
    const [found] = await session.reread(['www.example.com' as Fqdn], signal)
    expect(found?.values[0]?.owner?.id).toBe('their-cluster')
  })

  describe('of a stand-in without a call for batches', () => {
    let session: ZoneSession
    const a = ownedSet('www.example.com', 'A', ['192.0.2.1'])
    const other = ownedSet('api.example.com', 'A', ['192.0.2.1'])
    const bad = ownedSet('bad.example.com', 'A', ['not-an-address'])

    beforeEach(async () => {
      fake = await CloudflareFake.start({ [zone]: 'free' })
      fake.takesBatches = false
      session = await openProvider(fake).openZone(zone, signal)
      await listAll(session)
    })

    it('writes record by record, and asks for a batch once only', async () => {
      const created = await applyAll(session, [create(other), create(bad), create(a)])
      expect(created.map(({ kind }) => kind)).toEqual(['applied', 'failed', 'applied'])
      await applyAll(session, [update(a, ownedSet('www.example.com', 'A', ['192.0.2.2'])), remove(other)])
      expect(fake.records(zone).map(({ name, content }) => `${name} ${content}`)).toEqual(['www.example.com 192.0.2.2'])
      expect(fake.http.writes().filter(({ path }) => path.endsWith('/batch'))).toHaveLength(1)
    })

    it('puts back what made room for a record that is refused', async () => {
      await applyAll(session, [create(a)])
      fake.http.fail(
        { kind: 'answer', answer: { status: 400, body: { success: false, errors: [{ code: 9007, message: 'no' }] } } },
        1,
        ({ body }) => body.includes('CNAME'),
      )
      const cname = ownedSet('www.example.com', 'CNAME', ['web.example.net'])
      const outcomes = await applyAll(session, [remove(a), create(cname)])
      expect(outcomes.map(({ kind }) => kind)).toEqual(['unconfirmed', 'unconfirmed'])
      expect(contentsAt(fake, 'www.example.com', 'A')).toEqual(['192.0.2.1'])
      await session.reread([a.key.name], signal)
      await applyAll(session, [remove(a), create(cname)])
      expect(contentsAt(fake, 'www.example.com', 'CNAME')).toEqual(['web.example.net'])
    })

    it('says that the zone is gone where that is why', async () => {
      fake.http.fail({ kind: 'answer', answer: { status: 404, body: { success: false, errors: [{ code: 7003 }] } } }, 9)
      const [outcome] = await applyAll(session, [create(a)])
      expect(outcome).toMatchObject({ kind: 'failed', error: { reason: 'ZoneNotFound' } })
    })
  })

  it('replaces a CNAME within one batch, however full the batches are', async () => {
    const session = await open()
    await listAll(session)
    const alias = ownedSet('zz.example.com', 'CNAME', ['target.example.net'])
    await applyAll(session, [create(alias)])
    const many = Array.from({ length: 199 }, (_, index) =>
      create(ownedSet(`n${index}.example.com`, 'A', ['192.0.2.1'])),
    )
    const replacing = [remove(alias), create(ownedSet('zz.example.com', 'A', ['192.0.2.1']))]
    expect(session.batch([...many, ...replacing]).map((batch) => batch.length)).toEqual([199, 2])
  })
})
