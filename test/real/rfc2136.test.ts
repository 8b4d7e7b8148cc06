import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { carryOut } from '../../src/apply/carry-out.ts'
import { systemClock } from '../../src/cli/system-clock.ts'
import type { Fqdn } from '../../src/model/name.ts'
import { OPEN_GATE } from '../../src/providers/call-gate.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { createRfc2136Provider, type Rfc2136Options } from '../../src/providers/rfc2136/rfc2136-provider.ts'
import type { TypedData } from '../../src/wire/message.ts'
import { parseTsigSecret } from '../../src/wire/tsig-key.ts'
import { addRecord } from '../../src/wire/update.ts'
import {
  applyAll,
  CONTRACT_OWNER,
  create,
  describeProviderContract,
  listAll,
  ownedSet,
  remove,
  type ProviderBench,
} from '../contracts/provider-contract.ts'
import { DnsByHand, nextId } from '../support/dns-by-hand.ts'
import { startBind } from './support/bind.ts'
import { startKnot } from './support/knot.ts'
import type { ZoneServer, ZoneServerOptions } from './support/zone-server.ts'
import { plainOwnership } from '../support/plain-ownership.ts'

const signal = new AbortController().signal
const secret = 'cmZjMjEzNi1yZmMyMTM2LXJmYzIxMzYtcmZjMjEzNg=='
const tsigKey = { name: 'ddns.', algorithm: 'hmac-sha256', secret } as const
// A zone of its own for every test: nothing is left over, and the server is started once.
const zones = Array.from({ length: 40 }, (_, index) => ({ name: `z${index}.example.test` }))

const mixed = 'mixed.example.test' as Fqdn
const strangers = {
  name: mixed,
  lines: [
    'mail 60 MX 10 mx.example.net.',
    'post 60 MX 10 mx.example.net.',
    'a-web 60 CNAME other.example.net.',
    'sub 60 NS ns1.example.net.',
    'old 60 DNAME example.org.',
  ],
}

const servers: readonly (readonly [string, (options: ZoneServerOptions) => Promise<ZoneServer>])[] = [
  ['BIND', startBind],
  ['Knot', startKnot],
]

for (const [name, startServer] of servers) {
  describe(`RFC 2136 against ${name}`, () => {
    let server: ZoneServer
    let used = 0

    beforeAll(async () => {
      server = await startServer({ zones: [...zones, strangers], tsigKey })
    })
    afterAll(() => server.stop())

    describeProviderContract({
      name: `a real ${name}`,
      skips: {
        strangers: 'the calls that reach a real server are not seen coming; the fake sees them',
        'foreign beside': 'a mark speaks for a whole set; the planner refuses to share one',
        faults: 'a real server does not fail on demand; the fake does',
        rotation: 'the key of a real server is in its configuration; the fake changes its own',
      },
      maxCalls: { created: { one: 1, fiveHundred: 3 }, replaced: { one: 1, fiveHundred: 1 } },
      badValue: 'not-an-address',
      start: () => Promise.resolve(openBench(server.port, (zones[(used += 1)]?.name ?? '') as Fqdn)),
    })

    it('takes no address away for a CNAME that cannot stand beside an MX', async () => {
      const bench = openBench(server.port, mixed)
      const session = await bench.open()
      await listAll(session)
      const name = `post.${mixed}`
      const address = ownedSet(name, 'A', ['192.0.2.9'])
      await applyAll(session, [create(address)])
      const swap = [remove(address), create(ownedSet(name, 'CNAME', ['lb.example.net']))]
      const refused = { kind: 'failed', scope: 'Change', error: { reason: 'CNAMEConflict' } }
      expect(await applyAll(session, swap)).toMatchObject([refused, refused])
      expect(await bench.peek(name, 'A')).toEqual(['192.0.2.9'])
    })

    it('writes what is wanted beside names where nothing can be written', async () => {
      const bench = openBench(server.port, mixed)
      const session = await bench.open()
      await listAll(session)
      const outcomes = await applyAll(session, [
        create(ownedSet(`one.${mixed}`, 'A', ['192.0.2.1'])),
        create(ownedSet(`mail.${mixed}`, 'CNAME', ['lb.example.net'])),
        create(ownedSet(`web.${mixed}`, 'A', ['192.0.2.3'])),
      ])
      const refused = { kind: 'failed', scope: 'Change', error: { reason: 'CNAMEConflict' } }
      expect(outcomes).toMatchObject([{ kind: 'applied' }, refused, refused])
      expect(await bench.peek(`one.${mixed}`, 'A')).toEqual(['192.0.2.1'])
    })

    it('shows what lies below a delegation or a DNAME', async () => {
      const session = await openBench(server.port, mixed).open()
      await listAll(session)
      const cutOf = (label: string): string | undefined =>
        session.cutAbove?.({ name: `${label}.${mixed}` as Fqdn, type: 'A', setId: '' })?.type
      expect(['www', 'www.sub', 'old', 'www.old'].map(cutOf)).toEqual([undefined, 'NS', undefined, 'DNAME'])
    })

    it('lets no CNAME take the place of an address beside an MX that it has not seen', async () => {
      const bench = openBench(server.port, mixed)
      const address = ownedSet(`unseen.${mixed}`, 'A', ['192.0.2.9'])
      const before = await bench.open()
      await listAll(before)
      await applyAll(before, [create(address)])
      const session = await bench.open()
      await listAll(session)
      await bench.addByHand(address.key.name, { kind: 'MX', preference: 10, exchange: 'mx.example.net' })
      const swap = [remove(address), create(ownedSet(address.key.name, 'CNAME', ['lb.example.net']))]
      expect((await applyAll(session, swap)).map(({ kind }) => kind)).toEqual(['outdated', 'outdated'])
      expect(await bench.peek(address.key.name, 'A')).toEqual(['192.0.2.9'])
    })
  })
}

describe('a key that BIND keeps from one name', () => {
  it('still updates the others', async () => {
    const zone = 'guarded.example.test' as Fqdn
    const updatePolicy = `deny ddns. name www.${zone}; grant ddns. zonesub A TXT;`
    const server = await startBind({ zones: [{ name: zone, updatePolicy }], tsigKey })
    try {
      const session = await openBench(server.port, zone).open()
      await listAll(session)
      const changes = ['one', 'two', 'www'].map((label) => create(ownedSet(`${label}.${zone}`, 'A', ['192.0.2.1'])))
      const outcomes = await carryOut(session, changes, signal)
      expect(outcomes.map(({ change, kind }) => `${change.key.name} ${kind}`).sort()).toEqual([
        `one.${zone} applied`,
        `two.${zone} applied`,
        `www.${zone} failed`,
      ])
      const [refused] = outcomes.filter(({ kind }) => kind === 'failed')
      expect(refused).toMatchObject({ error: { kind: 'terminal', reason: 'UpdateDenied' } })
    } finally {
      await server.stop()
    }
  })
})

interface RealBench extends ProviderBench {
  addByHand(name: string, data: TypedData): Promise<void>
}

function openBench(port: number, zone: Fqdn): RealBench {
  let writes = 0
  const open = (more: Partial<Rfc2136Options> = {}): Provider =>
    createRfc2136Provider({
      ...{ server: `127.0.0.1:${port}`, zones: [zone], tsigAlgorithm: 'hmac-sha256', clock: systemClock, nextId },
      tsig: () => ({ keyName: tsigKey.name, secret }),
      ownership: plainOwnership(CONTRACT_OWNER),
      gate: { admit: () => Promise.resolve(void (writes += 1)), settle: () => undefined },
      timeoutMs: 10_000,
      ...more,
    })
  const hand = new DnsByHand(zone, port, { ...tsigKey, secret: parseTsigSecret(secret) ?? new Uint8Array() })
  return {
    zone,
    open: () => open().openZone(zone, signal),
    openUnauthorised: () =>
      open({ gate: OPEN_GATE, tsig: () => ({ keyName: tsigKey.name, secret: 'd3Jvbmc=' }) }).openZone(zone, signal),
    openMissing: () => open({ gate: OPEN_GATE }).openZone('example.org' as Fqdn, signal),
    seed: (...sets) => hand.add(sets),
    addByHand: (name, data) => hand.update([addRecord(name, 300, data)]),
    remove: (name, type) => hand.remove(name, type === 'ALIAS' ? 'CNAME' : type),
    peek: (name, type) => hand.look(name, type),
    calls: () => ({ reads: 0, writes }),
    fail: undefined,
    throttled: undefined,
    secret,
    rotation: undefined,
    stop: () => Promise.resolve(),
  }
}
