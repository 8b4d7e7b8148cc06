import { describe, expect, it } from 'vitest'
import { httpBench } from '../../../test/contracts/http-bench.ts'
import {
  CONTRACT_OWNER,
  applyAll,
  create,
  describeProviderContract,
  listAll,
  ownedSet,
  remove,
} from '../../../test/contracts/provider-contract.ts'
import { GandiFake } from '../../../test/fakes/gandi-fake.ts'
import { plainOwnership } from '../../../test/support/plain-ownership.ts'
import type { Fqdn } from '../../model/name.ts'
import { OPEN_GATE } from '../call-gate.ts'
import type { Provider } from '../provider.ts'
import { createGandiProvider } from './gandi-provider.ts'

const zone = 'example.com' as Fqdn
const signal = new AbortController().signal
const relative = (name: string): string => (name === zone ? '@' : name.slice(0, -(zone.length + 1)))

function openProvider(fake: GandiFake, token = (): string => fake.token): Provider {
  return createGandiProvider({
    endpoint: `${fake.http.url}/v5/livedns`,
    token,
    ownership: plainOwnership(CONTRACT_OWNER),
    gate: OPEN_GATE,
    timeoutMs: 1_500,
  })
}

describeProviderContract({
  name: 'Gandi',
  skips: {
    'foreign beside': 'LiveDNS knows owners per set only; the planner refuses to share a set',
    'concurrent edit': 'LiveDNS has no compare-and-swap; the set is read again before deletes',
  },
  // A new set is written with its marker; a changed one alone.
  maxCalls: { created: { one: 2, fiveHundred: 1000 }, replaced: { one: 1, fiveHundred: 500 } },
  maxValuesNote: '100, which no documentation confirms',
  badValue: 'not-an-address',
  async start() {
    const fake = await GandiFake.start(zone)
    return httpBench({
      zone,
      http: fake.http,
      provider: (token) => openProvider(fake, token),
      credential: { value: fake.token, accept: (token) => void (fake.token = token) },
      seed: ({ name, type, values }) => fake.seed(zone, relative(name), type, values),
      remove: (name, type) => fake.removeByHand(zone, relative(name), type),
      peek: (name, type) => fake.values(zone, relative(name), type),
      isFaulty: ({ path }) => !path.endsWith('/TXT'),
      throttled: { status: 429, body: { code: 429, message: 'Too many requests' } },
    })
  },
})

describe('Gandi', () => {
  it('lists every page of domains', async () => {
    const names = Array.from({ length: 150 }, (_, index) => `zone${index}.example`)
    const fake = await GandiFake.start(...names)
    expect(await openProvider(fake).listZones(signal)).toEqual([...names].sort())
    expect(fake.http.calls).toHaveLength(2)
    await fake.http.stop()
  })

  it('reads every page of a zone, and never writes over what stands on a later one', async () => {
    const fake = await GandiFake.start(zone)
    fake.pageSize = 100
    for (let index = 0; index < 250; index += 1) fake.seed(zone, `host${index}`, 'A', ['198.51.100.1'])
    const session = await openProvider(fake).openZone(zone, signal)
    expect((await listAll(session)).size).toBe(250)
    expect(fake.http.calls).toHaveLength(3)
    // Three names, and the three at which marks of them would be.
    await session.reread(
      ['host1', 'host2', 'host3'].map((name) => `${name}.${zone}` as Fqdn),
      signal,
    )
    expect(fake.http.calls).toHaveLength(9)
    await fake.http.stop()
  })

  it('knows what lies below a delegation, be its name server written in full or not', async () => {
    const fake = await GandiFake.start(zone)
    fake.seed(zone, 'sub', 'NS', ['ns1.sub', 'ns2.example.net.'])
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const cutOf = (label: string): unknown =>
      session.cutAbove?.({ name: `${label}.${zone}` as Fqdn, type: 'A', setId: '' })
    const cut = { name: `sub.${zone}`, type: 'NS', targets: [`ns1.sub.${zone}`, 'ns2.example.net'] }
    expect(['www.sub', 'ns1.sub', 'www'].map(cutOf)).toEqual([cut, undefined, undefined])
    await fake.http.stop()
  })

  it('takes a zone in which a set moved from page to page for one that was not read', async () => {
    const fake = await GandiFake.start(zone)
    fake.pageSize = 100
    for (let index = 0; index < 150; index += 1) fake.seed(zone, `host${index}`, 'A', ['198.51.100.1'])
    const session = await openProvider(fake).openZone(zone, signal)
    fake.http.latencyMs = 50
    const reading = listAll(session)
    await expect.poll(() => fake.http.calls).toHaveLength(2)
    fake.removeByHand(zone, 'host0', 'A')
    fake.seed(zone, 'host0', 'A', ['198.51.100.1'])
    await expect(reading).rejects.toMatchObject({
      message: `the zone ${zone} changed while it was read; reading it again`,
    })
    await fake.http.stop()
  })

  it('leaves what somebody made where there was nothing when the zone was read, be it a set or at the place of a mark', async () => {
    const fake = await GandiFake.start(zone)
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    fake.seed(zone, 'www', 'A', ['198.51.100.7'])
    fake.seed(zone, 'a-mail', 'TXT', ['"hello"'])
    const changes = ['www', 'mail'].map((label) => create(ownedSet(`${label}.example.com`, 'A', ['192.0.2.1'])))
    expect(await applyAll(session, changes)).toMatchObject(changes.map(() => ({ kind: 'outdated' })))
    expect(fake.values(zone, 'www', 'A')).toEqual(['198.51.100.7'])
    expect(fake.values(zone, 'a-www', 'TXT')).toEqual([])
    expect(fake.values(zone, 'a-mail', 'TXT')).toEqual(['"hello"'])
    expect(fake.values(zone, 'mail', 'A')).toEqual([])
    await fake.http.stop()
  })

  it.each([404, 405, 501])('makes new sets by PUT where a server says %i to a POST', async (status) => {
    const fake = await GandiFake.start(zone)
    fake.refusesPost = status
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const outcomes = await applyAll(session, [create(ownedSet('www.example.com', 'A', ['192.0.2.1']))])
    expect(outcomes).toMatchObject([{ kind: 'applied' }])
    expect(fake.values(zone, 'www', 'A')).toEqual(['192.0.2.1'])
    await fake.http.stop()
  })

  it('reads host names that are relative to the zone', async () => {
    const fake = await GandiFake.start(zone)
    fake.seed(zone, 'www', 'CNAME', ['web'])
    fake.seed(zone, 'api', 'CNAME', ['Web.Example.NET.'])
    const listed = await listAll(await openProvider(fake).openZone(zone, signal))
    expect([...listed.values()].map(({ values }) => values[0]?.value)).toEqual(['web.example.com', 'web.example.net'])
    await fake.http.stop()
  })

  it('settles a write of which only the marker arrived', async () => {
    const fake = await GandiFake.start(zone)
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    fake.http.fail({ kind: 'answer', answer: { status: 500 } }, 1, ({ path }) => path.endsWith('/www/A'))
    const change = create(ownedSet('www.example.com', 'A', ['192.0.2.1']))
    expect((await applyAll(session, [change]))[0]?.kind).toBe('unconfirmed')
    expect(await session.reread([change.key.name], signal)).toEqual([])
    expect((await applyAll(session, [change]))[0]?.kind).toBe('applied')
    await fake.http.stop()
  })

  it('takes its marker back when the set itself is refused', async () => {
    const fake = await GandiFake.start(zone)
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    await applyAll(session, [create(ownedSet('bad.example.com', 'A', ['not-an-address']))])
    expect((await listAll(session)).size).toBe(0)
    await fake.http.stop()
  })

  describe('an address that makes room for a CNAME', () => {
    const address = ownedSet('www.example.com', 'A', ['192.0.2.1'])
    const alias = ownedSet('www.example.com', 'CNAME', ['target.example.net'])

    it('is put back, with its mark, when the CNAME is refused', async () => {
      const fake = await GandiFake.start(zone)
      const session = await openProvider(fake).openZone(zone, signal)
      await listAll(session)
      await applyAll(session, [create(address)])
      fake.seed(zone, 'www', 'MX', ['10 mail.example.net.'])
      const outcomes = await applyAll(session, [remove(address), create(alias)])
      expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'failed'])
      const listed = await listAll(session)
      expect([...listed.keys()]).toEqual(['www.example.com A'])
      expect(listed.get('www.example.com A')?.values).toEqual(address.values)
      await fake.http.stop()
    })

    it('is not touched where a set that excludes the CNAME was read', async () => {
      const fake = await GandiFake.start(zone)
      const session = await openProvider(fake).openZone(zone, signal)
      await listAll(session)
      await applyAll(session, [create(address)])
      fake.seed(zone, 'www', 'MX', ['10 mail.example.net.'])
      await session.reread([address.key.name], signal)
      const writes = fake.http.writes().length
      const outcomes = await applyAll(session, [remove(address), create(alias)])
      expect(outcomes.at(-1)).toMatchObject({ kind: 'failed', error: { kind: 'terminal', reason: 'CNAMEConflict' } })
      expect(fake.http.writes()).toHaveLength(writes)
      await fake.http.stop()
    })
  })
})
