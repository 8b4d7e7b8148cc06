import { describe, expect, it } from 'vitest'
import {
  applyAll,
  create,
  describeProviderContract,
  listAll,
  ownedSet,
  update,
} from '../../../test/contracts/provider-contract.ts'
import { MemoryPersistence } from '../../../test/fakes/memory-persistence.ts'
import type { Fqdn } from '../../model/name.ts'
import type { RecordType } from '../../model/record-set.ts'
import { isNewerSerial } from '../../wire/serial.ts'
import type { ZoneSession } from '../provider.ts'
import type { RawChange, RawSet } from '../raw-zone.ts'
import { createBuiltinProvider } from './builtin-provider.ts'
import { ZoneStore } from './zone-store.ts'

const zone = 'stoa.test' as Fqdn
const signal = new AbortController().signal

const rawSet = (name: string, type: RecordType, values: readonly string[]): RawSet => ({
  key: { name: name as Fqdn, type, setId: '' },
  ...{ values, ttl: 300, routing: undefined, options: undefined, note: undefined },
})

const addition = (next: RawSet): RawChange => ({ key: next.key, previous: undefined, next })
const removal = (previous: RawSet): RawChange => ({ key: previous.key, previous, next: undefined })

const openSession = (store: ZoneStore): Promise<ZoneSession> =>
  createBuiltinProvider({ stores: new Map([[store.zone, store]]) }).openZone(store.zone, signal)

describeProviderContract({
  name: 'Builtin',
  skips: {
    'foreign beside': 'a note speaks for a whole set; the planner refuses to share one',
    'refused token': 'it lives in this process and has no credentials',
    secret: 'it lives in this process and has no credentials',
    strangers: 'nobody else comes in the middle of a call inside a process',
    'other forms': 'all that is there was written by Stoa, in the form that it has here',
    faults: 'no call can be lost inside a process; a failing disk is tested below',
  },
  maxCalls: { created: { one: 1, fiveHundred: 1 }, replaced: { one: 1, fiveHundred: 1 } },
  badValue: 'not-an-address',
  async start() {
    const persistence = new MemoryPersistence()
    const store = await ZoneStore.open({ zone, firstSerial: 1, persistence })
    const held = (name: string, type: RecordType): RawSet | undefined =>
      store.all().find(({ key }) => key.name === name && key.type === type)
    return {
      zone,
      open: () => openSession(store),
      openUnauthorised: () => openSession(store),
      openMissing: () => createBuiltinProvider({ stores: new Map() }).openZone(zone, signal),
      async seed(...sets) {
        await store.commit(sets.map(({ name, type, values }) => addition(rawSet(name, type, values))))
      },
      async remove(name, type) {
        const set = held(name, type)
        if (set !== undefined) await store.commit([removal(set)])
      },
      peek: (name, type) => Promise.resolve(held(name, type)?.values ?? []),
      calls: () => ({ reads: 0, writes: persistence.saves }),
      fail: undefined,
      throttled: undefined,
      secret: undefined,
      rotation: undefined,
      stop: () => Promise.resolve(),
    }
  },
})

describe('the zone of the built-in server', () => {
  const www = ownedSet('www.stoa.test', 'A', ['192.0.2.1'])

  it('is the same after a restart, marks and serial included', async () => {
    const persistence = new MemoryPersistence()
    const before = await ZoneStore.open({ zone, firstSerial: 7, persistence })
    await applyAll(await openSession(before), [create(www)])
    const after = await ZoneStore.open({ zone, firstSerial: 7, persistence })
    expect(after.serial).toBe(8)
    const session = await openSession(after)
    const listed = (await listAll(session)).get('www.stoa.test A')
    expect(listed?.values[0]).toMatchObject({ value: '192.0.2.1', owner: { id: 'contract-owner' } })
    const [outcome] = await applyAll(session, [update(listed ?? www, ownedSet('www.stoa.test', 'A', ['192.0.2.2']))])
    expect(outcome?.kind).toBe('applied')
  })

  it('does not open when what was saved cannot be read, since that is not an empty zone', async () => {
    const persistence = new MemoryPersistence()
    persistence.failure = new Error('the file is torn')
    await expect(ZoneStore.open({ zone, firstSerial: 1, persistence })).rejects.toThrow('the file is torn')
  })

  it('stays as it was when a change cannot be saved, and takes it later', async () => {
    const persistence = new MemoryPersistence()
    const store = await ZoneStore.open({ zone, firstSerial: 1, persistence })
    const session = await openSession(store)
    await listAll(session)
    persistence.failure = new Error('no space left')
    const [failed] = await applyAll(session, [create(www)])
    expect(failed).toMatchObject({
      kind: 'failed',
      error: { kind: 'transient', message: 'the zone stoa.test could not be saved: no space left' },
    })
    expect([store.serial, store.all()]).toEqual([1, []])
    persistence.failure = undefined
    expect((await applyAll(session, [create(www)]))[0]?.kind).toBe('applied')
  })

  it('lets one of two writers win, and tells the other', async () => {
    const persistence = new MemoryPersistence()
    persistence.delayMs = 5
    const store = await ZoneStore.open({ zone, firstSerial: 1, persistence })
    const sessions = [await openSession(store), await openSession(store)]
    for (const session of sessions) await listAll(session)
    const outcomes = await Promise.all(sessions.map((session) => applyAll(session, [create(www)])))
    expect(outcomes.flat().map(({ kind }) => kind)).toEqual(['applied', 'outdated'])
    expect(store.all()).toHaveLength(1)
  })

  it('never holds a CNAME beside other sets of its name', async () => {
    const store = await ZoneStore.open({ zone, firstSerial: 1 })
    const address = rawSet('www.stoa.test', 'A', ['192.0.2.1'])
    const alias = rawSet('www.stoa.test', 'CNAME', ['web.example.net'])
    await store.commit([addition(address)])
    expect((await store.commit([addition(alias)])).kind).toBe('outdated')
    expect((await store.commit([addition(alias), removal(address)])).kind).toBe('committed')
    expect((await store.commit([addition(rawSet('www.stoa.test', 'AAAA', ['2001:db8::1']))])).kind).toBe('outdated')
  })

  it.each<readonly [string, RecordType, readonly string[]]>([
    ['www.stoa.test', 'A', ['2001:db8::1']],
    ['www.stoa.test', 'AAAA', ['192.0.2.1']],
    ['www.stoa.test', 'CNAME', ['a.example.net', 'b.example.net']],
    ['www.stoa.test', 'CNAME', ['two words']],
    ['stoa.test', 'CNAME', ['web.example.net']],
    ['stoa.test', 'ALIAS', ['web.example.net']],
    ['www.stoa.test', 'TXT', ['x'.repeat(60_001)]],
    ['www.example.com', 'A', ['192.0.2.1']],
    ['www.stoa.test', 'A', []],
  ])('does not take what it could not answer with: %s %s', async (name, type, values) => {
    const session = await openSession(await ZoneStore.open({ zone, firstSerial: 1 }))
    await listAll(session)
    const [outcome] = await applyAll(session, [create(ownedSet(name, type, values))])
    expect(outcome).toMatchObject({ kind: 'failed', scope: 'Change', error: { reason: 'InvalidSpec' } })
  })

  it('probes by the serial, which moves with every change', async () => {
    const store = await ZoneStore.open({ zone, firstSerial: 1 })
    const session = await openSession(store)
    await listAll(session)
    const before = await session.probe?.(signal)
    await store.commit([addition(rawSet('hand.stoa.test', 'A', ['192.0.2.1']))])
    expect(await session.probe?.(signal)).not.toBe(before)
  })
})

describe('what a name server sees of it', () => {
  it('tells an empty name from one that is not there', async () => {
    const store = await ZoneStore.open({ zone, firstSerial: 1 })
    expect(store.lookup(zone)).toEqual([])
    const deep = rawSet('a.b.c.stoa.test', 'A', ['192.0.2.1'])
    await store.commit([addition(deep), addition(rawSet('a.b.c.stoa.test', 'TXT', ['text']))])
    expect(store.lookup('a.b.c.stoa.test' as Fqdn)?.map(({ key }) => key.type)).toEqual(['A', 'TXT'])
    expect(['b.c.stoa.test', 'c.stoa.test', 'stoa.test'].map((name) => store.lookup(name as Fqdn))).toEqual([
      [],
      [],
      [],
    ])
    expect(['x.stoa.test', 'b.stoa.test', 'test'].map((name) => store.lookup(name as Fqdn))).toEqual(
      Array(3).fill(undefined),
    )
    await store.commit([removal(deep)])
    expect(store.lookup('b.c.stoa.test' as Fqdn)).toEqual([])
  })

  it('is told of every change, after it can be seen, until it no longer listens', async () => {
    const store = await ZoneStore.open({ zone, firstSerial: 1 })
    const seen: (readonly [number, number])[] = []
    const stop = store.onChange(() => seen.push([store.serial, store.all().length]))
    const set = rawSet('www.stoa.test', 'A', ['192.0.2.1'])
    await store.commit([addition(set)])
    await store.commit([addition(set)])
    await store.commit([removal(set)])
    stop()
    await store.commit([addition(set)])
    expect(seen).toEqual([
      [2, 1],
      [3, 0],
    ])
  })

  it('is whole when somebody says so, who is then heard once, or when it was saved', async () => {
    const persistence = new MemoryPersistence()
    const store = await ZoneStore.open({ zone, firstSerial: 1, persistence })
    let told = 0
    store.onChange(() => (told += 1))
    expect(store.isWhole).toBe(false)
    store.markWhole()
    store.markWhole()
    expect([store.isWhole, told]).toEqual([true, 1])
    await store.commit([addition(rawSet('www.stoa.test', 'A', ['192.0.2.1']))])
    expect((await ZoneStore.open({ zone, firstSerial: 1, persistence })).isWhole).toBe(true)
  })

  it('has a serial that wraps around and is always newer', async () => {
    const store = await ZoneStore.open({ zone, firstSerial: 2 ** 32 - 1 })
    await store.commit([addition(rawSet('www.stoa.test', 'A', ['192.0.2.1']))])
    expect(store.serial).toBe(1)
    expect(isNewerSerial(store.serial, 2 ** 32 - 1)).toBe(true)
  })

  it('keeps a transfer that has begun as it was', async () => {
    const store = await ZoneStore.open({ zone, firstSerial: 1 })
    await store.commit([addition(rawSet('www.stoa.test', 'A', ['192.0.2.1']))])
    const transfer = store.all()
    await store.commit([addition(rawSet('api.stoa.test', 'A', ['192.0.2.1']))])
    expect(transfer).toHaveLength(1)
  })
})
