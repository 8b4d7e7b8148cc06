import { afterEach, describe, expect, it } from 'vitest'
import { httpBench } from '../../../test/contracts/http-bench.ts'
import {
  CONTRACT_OWNER,
  applyAll,
  create,
  describeProviderContract,
  listAll,
  ownedSet,
  remove,
  update,
} from '../../../test/contracts/provider-contract.ts'
import { PowerDnsFake } from '../../../test/fakes/powerdns-fake.ts'
import { plainOwnership } from '../../../test/support/plain-ownership.ts'
import type { Fqdn } from '../../model/name.ts'
import { OPEN_GATE } from '../call-gate.ts'
import type { Provider } from '../provider.ts'
import { createPowerDnsProvider, type PowerDnsOptions } from './powerdns-provider.ts'

const zone = 'example.test' as Fqdn
const signal = new AbortController().signal

function openProvider(fake: PowerDnsFake, more: Partial<PowerDnsOptions> = {}): Provider {
  return createPowerDnsProvider({
    endpoint: fake.http.url,
    serverID: 'localhost',
    apiKey: () => fake.key,
    ownership: plainOwnership(CONTRACT_OWNER),
    gate: OPEN_GATE,
    timeoutMs: 1_500,
    ...more,
  })
}

const BENCHES = [
  ['owners in comments', 'Native', 'DEFAULT'],
  ['owners in TXT', 'TXT', 'DEFAULT'],
  ['owners in TXT, a serial that does not count', 'TXT', 'EPOCH'],
] as const

for (const [what, registry, serialPolicy] of BENCHES) {
  describeProviderContract({
    name: `PowerDNS (${what})`,
    skips: {
      'foreign beside': 'comments and markers speak for a whole set; the planner refuses to share one',
      'concurrent edit': 'PATCH has no compare-and-swap; the serial is probed and names are read again before deletes',
    },
    maxCalls: { created: { one: 1, fiveHundred: 1 }, replaced: { one: 1, fiveHundred: 1 } },
    lastMoment: 'PATCH has no compare-and-swap',
    maxValuesNote: '1,000, a limit of ours: the server names none',
    badValue: 'not-an-address',
    async start() {
      const fake = await PowerDnsFake.start(zone)
      fake.serialPolicy = serialPolicy
      const ownership = { ...plainOwnership(CONTRACT_OWNER), registry }
      return httpBench({
        zone,
        http: fake.http,
        provider: (apiKey) => openProvider(fake, { apiKey, ownership }),
        credential: { value: fake.key, accept: (key) => void (fake.key = key) },
        seed: ({ name, type, values }) => fake.seed(name, type, values),
        remove: (name, type) => fake.removeByHand(name, type),
        peek: (name, type) => fake.get(name, type)?.records.map(({ content }) => content) ?? [],
        throttled: { status: 429 },
      })
    },
  })
}

describe('PowerDNS', () => {
  let fake: PowerDnsFake
  afterEach(() => fake.http.stop())

  it('keeps the comments of others when it writes a set', async () => {
    fake = await PowerDnsFake.start(zone)
    fake.seed('www.example.test', 'A', ['192.0.2.1'], [{ content: 'ask Jo first', account: 'jo' }])
    const session = await openProvider(fake).openZone(zone, signal)
    const before = (await listAll(session)).get('www.example.test A')
    if (before === undefined) throw new Error('not listed')
    await applyAll(session, [update(before, ownedSet('www.example.test', 'A', ['192.0.2.2']))])
    expect(fake.get('www.example.test', 'A')?.comments.map(({ account }) => account)).toEqual(['jo', 'stoa'])
  })

  it('keeps what somebody switched off in a set, also when its own part goes', async () => {
    fake = await PowerDnsFake.start(zone)
    fake.seed('www.example.test', 'A', ['192.0.2.9'])
    fake.switchOff('www.example.test', 'A')
    const session = await openProvider(fake).openZone(zone, signal)
    expect([...(await listAll(session)).keys()]).toEqual([])
    const set = ownedSet('www.example.test', 'A', ['192.0.2.1'])
    await applyAll(session, [create(set)])
    const off = { content: '192.0.2.9', disabled: true }
    expect(fake.get('www.example.test', 'A')?.records).toEqual([{ content: '192.0.2.1', disabled: false }, off])
    await applyAll(session, [remove(set)])
    expect(fake.get('www.example.test', 'A')?.records).toEqual([off])
    expect((await listAll(session)).size).toBe(0)
  })

  it('writes to a backend that keeps no comments where owners are kept in TXT, and says so where not', async () => {
    fake = await PowerDnsFake.start(zone)
    fake.keepsComments = false
    const change = create(ownedSet('www.example.test', 'A', ['192.0.2.1']))
    const native = await openProvider(fake).openZone(zone, signal)
    await listAll(native)
    expect((await applyAll(native, [change]))[0]).toMatchObject({
      kind: 'failed',
      error: { message: expect.stringContaining('set spec.ownership.registry: TXT') as string },
    })
    const ownership = { ...plainOwnership(CONTRACT_OWNER), registry: 'TXT' as const }
    const marked = await openProvider(fake, { ownership }).openZone(zone, signal)
    await listAll(marked)
    const [created] = await applyAll(marked, [change])
    expect(created?.kind).toBe('applied')
    const replaced = update(
      ownedSet('www.example.test', 'A', ['192.0.2.1']),
      ownedSet('www.example.test', 'A', ['192.0.2.2']),
    )
    expect((await applyAll(marked, [replaced]))[0]?.kind).toBe('applied')
    expect((await applyAll(marked, [remove(ownedSet('www.example.test', 'A', ['192.0.2.2']))]))[0]?.kind).toBe(
      'applied',
    )
  })

  it('says beside what a CNAME cannot stand, for as long as that is there', async () => {
    fake = await PowerDnsFake.start(zone)
    fake.seed('www.example.test', 'MX', ['10 mx.example.net.'])
    fake.seed('off.example.test', 'PTR', ['x.example.net.'])
    fake.switchOff('off.example.test', 'PTR')
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const alias = create(ownedSet('www.example.test', 'CNAME', ['lb.example.net']))
    const free = create(ownedSet('off.example.test', 'CNAME', ['lb.example.net']))
    const message = expect.stringContaining('cannot stand beside MX www.example.test') as string
    expect((await applyAll(session, [alias]))[0]).toMatchObject({ error: { reason: 'CNAMEConflict', message } })
    expect(fake.http.writes()).toEqual([])
    // Of what is switched off the server knows best.
    await applyAll(session, [free])
    expect(fake.http.writes()).toHaveLength(1)
    fake.removeByHand('www.example.test', 'MX')
    await session.reread(['www.example.test' as Fqdn], signal)
    expect((await applyAll(session, [alias]))[0]?.kind).toBe('applied')
  })

  it('knows what lies below a delegation, for as long as that is there', async () => {
    fake = await PowerDnsFake.start(zone)
    fake.seed('sub.example.test', 'NS', ['ns1.example.net.'])
    fake.seed('off.example.test', 'NS', ['ns1.example.net.'])
    fake.switchOff('off.example.test', 'NS')
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const cutOf = (name: string): unknown => session.cutAbove?.({ name: name as Fqdn, type: 'A', setId: '' })
    const cut = { name: 'sub.example.test', type: 'NS', targets: ['ns1.example.net'] }
    expect([cutOf('www.sub.example.test'), cutOf('www.off.example.test')]).toEqual([cut, undefined])
    fake.removeByHand('sub.example.test', 'NS')
    await session.reread(['sub.example.test' as Fqdn], signal)
    expect(cutOf('www.sub.example.test')).toBeUndefined()
  })

  it('takes an answer that is not JSON for an outage', async () => {
    fake = await PowerDnsFake.start(zone)
    const session = await openProvider(fake).openZone(zone, signal)
    fake.http.fail({ kind: 'answer', answer: { status: 200, body: '<html>' } })
    await expect(listAll(session)).rejects.toMatchObject({ kind: 'transient', reason: 'ProviderUnavailable' })
  })

  it('probes by the serial, of which its own changes do not count', async () => {
    fake = await PowerDnsFake.start(zone)
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const before = await session.probe?.(signal)
    expect(await session.probe?.(signal)).toBe(before)
    await applyAll(session, [create(ownedSet('www.example.test', 'A', ['192.0.2.1']))])
    await applyAll(session, [create(ownedSet('bad.example.test', 'A', ['bad']))])
    expect(await session.probe?.(signal)).toBe(before)
    fake.seed('hand.example.test', 'A', ['192.0.2.1'])
    expect(await session.probe?.(signal)).not.toBe(before)
  })

  it.each([
    ['INCREASE', true],
    ['default', true],
    // Two changes of one second have one serial.
    ['EPOCH', false],
    ['SOA-EDIT', false],
    ['OFF', false],
    ['', false],
  ])('whose serial is kept by %j is probed: %s', async (policy, isProbed) => {
    fake = await PowerDnsFake.start(zone)
    fake.serialPolicy = policy
    const session = await openProvider(fake).openZone(zone, signal)
    expect(session.probe !== undefined).toBe(isProbed)
  })

  it('knows which change of a batch was to blame, without asking again', async () => {
    fake = await PowerDnsFake.start(zone)
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const changes = ['a', 'b', 'c'].map((label) =>
      create(ownedSet(`${label}.example.test`, 'A', [label === 'b' ? 'bad' : '192.0.2.1'])),
    )
    const outcomes = await applyAll(session, changes)
    expect(outcomes.map((outcome) => outcome.kind === 'failed' && outcome.scope)).toEqual(['Batch', 'Change', 'Batch'])
  })

  it.each(['DEFAULT', 'EPOCH'])(
    'sends nothing more where somebody wrote beside a call that came before, with a serial kept by %s',
    async (policy) => {
      fake = await PowerDnsFake.start(zone)
      fake.serialPolicy = policy
      const session = await openProvider(fake).openZone(zone, signal)
      await session.probe?.(signal)
      await listAll(session)
      const [good, bad] = ['192.0.2.1', 'bad'].map((value) => create(ownedSet(`${value}.example.test`, 'A', [value])))
      if (good === undefined || bad === undefined) throw new Error('two are wanted')
      expect((await applyAll(session, [bad, good])).map(({ kind }) => kind)).toEqual(['failed', 'failed'])
      fake.seed(good.key.name, 'A', ['198.51.100.7'])
      expect(await applyAll(session, [good])).toMatchObject([{ kind: 'outdated', error: { reason: 'Outdated' } }])
      expect(fake.get(good.key.name, 'A')?.records).toMatchObject([{ content: '198.51.100.7' }])
    },
  )

  it('does not take its own first write of a day for somebody else’s', async () => {
    fake = await PowerDnsFake.start(zone)
    const session = await openProvider(fake).openZone(zone, signal)
    await session.probe?.(signal)
    await listAll(session)
    fake.firstSerialOfToday = 2026112201
    const changes = ['a', 'b', 'c', 'd'].map((label) => create(ownedSet(`${label}.example.test`, 'A', ['192.0.2.1'])))
    const [a, b, c, d] = changes.map((change) => [change])
    expect(await applyAll(session, a ?? [])).toMatchObject([{ kind: 'applied' }])
    expect(await applyAll(session, b ?? [])).toMatchObject([{ kind: 'applied' }])
    expect(await applyAll(session, c ?? [])).toMatchObject([{ kind: 'applied' }])
    fake.seed('hand.example.test', 'A', ['192.0.2.1'])
    expect(await applyAll(session, d ?? [])).toMatchObject([{ kind: 'outdated' }])
  })

  it.each([2026112299, 2026112295])('takes writes of others after the serial %i for no new day', async (serial) => {
    fake = await PowerDnsFake.start(zone)
    fake.firstSerialOfToday = serial
    fake.seed('other.example.test', 'A', ['192.0.2.9'])
    const session = await openProvider(fake).openZone(zone, signal)
    await session.probe?.(signal)
    await listAll(session)
    for (let next = serial; next % 100 !== 0; next += 1) fake.seed('b.example.test', 'A', ['198.51.100.7'])
    const [a, b] = ['a', 'b'].map((label) => [create(ownedSet(`${label}.example.test`, 'A', ['192.0.2.1']))])
    expect(await applyAll(session, a ?? [])).toMatchObject([{ kind: 'applied' }])
    expect(await applyAll(session, b ?? [])).toMatchObject([{ kind: 'outdated' }])
    expect(fake.get('b.example.test', 'A')?.records).toMatchObject([{ content: '198.51.100.7' }])
  })

  it('looks where a new mark is to come, if neither the serial nor the worker does', async () => {
    fake = await PowerDnsFake.start(zone)
    fake.serialPolicy = 'EPOCH'
    const ownership = { ...plainOwnership(CONTRACT_OWNER), registry: 'TXT' as const }
    const session = await openProvider(fake, { ownership }).openZone(zone, signal)
    await listAll(session)
    fake.seed('a-www.example.test', 'TXT', ['"of somebody else"'])
    const change = create(ownedSet('www.example.test', 'A', ['192.0.2.1']))
    await session.reread([change.key.name], signal)
    expect((await applyAll(session, [change]))[0]?.kind).toBe('outdated')
    await session.reread([change.key.name], signal)
    expect((await applyAll(session, [change]))[0]).toMatchObject({ kind: 'failed', error: { reason: 'NotOwned' } })
    expect(fake.get('a-www.example.test', 'TXT')?.records).toMatchObject([{ content: '"of somebody else"' }])
    expect(fake.http.writes()).toEqual([])
  })

  it('lists the zones of the server', async () => {
    fake = await PowerDnsFake.start(zone)
    expect(await openProvider(fake).listZones(signal)).toEqual([zone])
  })
})
