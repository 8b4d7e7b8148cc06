import { describe, expect, it } from 'vitest'
import {
  node,
  POOL,
  PROVIDER,
  recordFor,
  slowDownWrites,
  startEngine,
  type EngineBench,
} from '../../test/support/engine-bench.ts'
import { TransientError } from '../model/errors.ts'

const MAIN = { namespace: 'web', name: 'main' }
const keyOf = (name: string): { readonly namespace: string; readonly name: string } => ({ namespace: 'web', name })

async function withRecords(count: number): Promise<EngineBench> {
  const bench = startEngine()
  bench.store.put(PROVIDER)
  for (let index = 1; index <= count; index += 1) bench.store.put(recordFor(`r${index}`, { addresses: ['192.0.2.1'] }))
  await bench.clock.advance(2_000)
  return bench
}

describe('the guard', () => {
  it('holds what would delete too much, shows it, lets it go when approved, and takes the approval once', async () => {
    const { clock, store, zone, ready, valuesAt } = await withRecords(10)
    for (let index = 1; index <= 5; index += 1) store.delete('DynamicDNSRecord', keyOf(`r${index}`))
    await clock.advance(3_000)
    expect(zone.table.size).toBe(10)
    expect(ready('DNSProvider', 'main')).toMatch(/^False GuardHeld/)
    const held = store.get('DNSProvider', MAIN)?.status?.zones?.[0]?.heldPlan
    expect(held).toMatchObject({ deletes: 5 })
    store.annotate('DNSProvider', MAIN, { 'dns.stoa.dev/approve': held?.hash ?? '' })
    await clock.advance(3_000)
    expect(zone.table.size).toBe(5)
    expect(store.get('DynamicDNSRecord', keyOf('r1'))).toBeUndefined()
    expect(store.get('DNSProvider', MAIN)?.status?.zones?.[0]).toMatchObject({ appliedHash: held?.hash })
    expect(ready('DNSProvider', 'main')).toMatch(/^True/)
    expect(valuesAt('r6.example.com')).toEqual(['192.0.2.1'])
  })
})

describe('what nobody claims', () => {
  it('is counted on the DNSProvider after a start, and removed by an approved prune alone', async () => {
    const { clock, store, zone, restart } = await withRecords(3)
    const lost = store.get('DynamicDNSRecord', keyOf('r1'))
    // As when the object is removed by force while Stoa is down: nobody is left to say what becomes of its records.
    if (lost !== undefined) store.forceRemove('DynamicDNSRecord', lost.metadata)
    await restart()
    await clock.advance(3_000)
    const orphans = store.get('DNSProvider', MAIN)?.status?.zones?.[0]?.orphans
    expect(orphans).toMatchObject({ count: 1, names: ['A r1.example.com'] })
    expect(zone.table.size).toBe(3)
    store.annotate('DNSProvider', MAIN, { 'dns.stoa.dev/prune': orphans?.hash ?? '' })
    await clock.advance(3_000)
    expect(zone.table.size).toBe(2)
    expect(store.get('DNSProvider', MAIN)?.status?.zones?.[0]?.orphans).toBeUndefined()
  })

  it('is counted at once, and no longer when a record has taken it over', async () => {
    const { clock, store, valuesAt } = await withRecords(3)
    const orphans = (): unknown => store.get('DNSProvider', MAIN)?.status?.zones?.[0]?.orphans
    const lost = store.get('DynamicDNSRecord', keyOf('r1'))
    if (lost !== undefined) store.forceRemove('DynamicDNSRecord', lost.metadata)
    await clock.advance(3_000)
    expect(orphans()).toMatchObject({ count: 1, names: ['A r1.example.com'] })
    store.put(recordFor('r1', { addresses: ['192.0.2.9'] }))
    await clock.advance(3_000)
    expect(valuesAt('r1.example.com')).toEqual(['192.0.2.9'])
    expect(orphans()).toBeUndefined()
  })

  it('is never counted before every record has had its say', async () => {
    const { clock, store, restart } = await withRecords(3)
    await restart()
    const seen: unknown[] = []
    for (let step = 0; step < 50; step += 1) {
      await clock.advance(20)
      seen.push(store.get('DNSProvider', MAIN)?.status?.zones?.[0]?.orphans)
    }
    expect(new Set(seen)).toEqual(new Set([undefined]))
  })
})

describe('a suspended record', () => {
  it('says in the end what a write has left that was under way', async () => {
    const { clock, store, zone, ready } = startEngine()
    store.put(PROVIDER)
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }))
    await clock.advance(5_000)
    slowDownWrites({ zone, clock }, 10_000)
    store.put(recordFor('shop', { addresses: ['192.0.2.2'] }))
    await clock.advance(1_000)
    store.put(recordFor('shop', { addresses: ['192.0.2.3'] }, { suspend: true }))
    await clock.advance(60_000)
    const { addresses, recordSets } = store.get('DynamicDNSRecord', { namespace: 'web', name: 'shop' })?.status ?? {}
    expect([addresses, recordSets?.[0]?.values, recordSets?.[0]?.state]).toEqual(['192.0.2.2', ['192.0.2.2'], 'Held'])
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^True Suspended/)
    const before = store.statusWrites.length
    await clock.advance(600_000)
    expect(store.statusWrites.slice(before)).toEqual([])
  })

  it('keeps what it has whatever happens, and goes when it is deleted', async () => {
    const { clock, store, ready, valuesAt } = await withRecords(2)
    store.put(recordFor('r1', { addresses: ['192.0.2.9'] }, { suspend: true }))
    await clock.advance(3_000)
    expect(valuesAt('r1.example.com')).toEqual(['192.0.2.1'])
    expect(ready('DynamicDNSRecord', 'r1')).toMatch(/^True Suspended/)
    store.delete('DynamicDNSRecord', keyOf('r1'))
    await clock.advance(3_000)
    expect([valuesAt('r1.example.com'), store.get('DynamicDNSRecord', keyOf('r1'))]).toEqual([undefined, undefined])
  })
})

describe('mode PlanSpec', () => {
  it('lets members flow, holds an edit, and remembers both over a restart', async () => {
    const bench = startEngine()
    const { clock, store, valuesAt, ready, restart } = bench
    for (const n of [1, 2, 3]) store.putNode(node(`n${n}`, `192.0.2.${n}`))
    const spec = (ttlSeconds: number): object =>
      recordFor('shop', { nodePool: { name: 'edge' } }, { mode: 'PlanSpec', ttlSeconds })
    for (const manifest of [PROVIDER, POOL, spec(300)]) store.put(manifest as never)
    await clock.advance(3_000)
    const hash = store.get('DynamicDNSRecord', keyOf('shop'))?.status?.plan?.hash ?? ''
    store.annotate('DynamicDNSRecord', keyOf('shop'), { 'dns.stoa.dev/approve': hash })
    await clock.advance(3_000)
    expect(valuesAt('shop.example.com')).toHaveLength(3)
    await restart()
    await clock.advance(3_000)
    store.deleteNode('n3')
    await clock.advance(3_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1', '192.0.2.2'])
    store.put(spec(60) as never)
    await clock.advance(3_000)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^False AwaitingApproval/)
    await restart()
    await clock.advance(3_000)
    store.putNode(node('n4', '192.0.2.4'))
    await clock.advance(3_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.4'])
    const stored = bench.zone.table.get({ name: 'shop.example.com' as never, type: 'A', setId: '' })
    expect(stored?.ttl).toBe(300)
  })
})

describe('an approval', () => {
  it('is not used up by a dry run', async () => {
    const { clock, store, zone } = startEngine({ dryRun: true })
    store.put(PROVIDER)
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }, { mode: 'PlanAll' }))
    await clock.advance(3_000)
    const hash = store.get('DynamicDNSRecord', keyOf('shop'))?.status?.plan?.hash ?? ''
    expect(hash).not.toBe('')
    store.annotate('DynamicDNSRecord', keyOf('shop'), { 'dns.stoa.dev/approve': hash })
    await clock.advance(3_000)
    expect(zone.writes).toBe(0)
    expect(store.get('DynamicDNSRecord', keyOf('shop'))?.status?.plan?.appliedHash).toBeUndefined()
  })
})

describe('adoption', () => {
  const foreign = (bench: EngineBench, name: string): void =>
    bench.zone.edit((table) =>
      table.set({
        key: { name: name as never, type: 'A', setId: '' },
        values: [{ value: '198.51.100.1', owner: undefined }],
        ...{ ttl: 300, routing: undefined, options: undefined },
      }),
    )

  it('takes over what is there when the generation is first seen, and nothing that comes later', async () => {
    const bench = startEngine()
    const { clock, store, valuesAt, ready } = bench
    foreign(bench, 'shop.example.com')
    store.put(PROVIDER)
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }, { adopt: true }))
    await clock.advance(3_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1'])
    expect(store.get('DynamicDNSRecord', keyOf('shop'))?.status?.recordSets?.[0]).toMatchObject({ adopted: true })
    foreign(bench, 'shop.example.com')
    await clock.advance(180_000)
    expect(valuesAt('shop.example.com')).toEqual(['198.51.100.1'])
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^False NotOwned/)
    store.put(recordFor('shop', { addresses: ['192.0.2.2'] }, { adopt: true }))
    await clock.advance(3_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.2'])
  })
})

describe('two records that want one name', () => {
  it('the older has it, the other says with whom it conflicts, and has it once the older lets go', async () => {
    const { clock, store, ready, valuesAt } = await withRecords(2)
    store.put(recordFor('late', { addresses: ['192.0.2.7'] }, { hostnames: ['r1.example.com'] }))
    await clock.advance(3_000)
    expect(ready('DynamicDNSRecord', 'late')).toMatch(/^False Conflicted: .*web\/r1/)
    expect(ready('DynamicDNSRecord', 'r1')).toMatch(/^True/)
    store.delete('DynamicDNSRecord', keyOf('r1'))
    await clock.advance(3_000)
    expect(valuesAt('r1.example.com')).toEqual(['192.0.2.7'])
    expect(ready('DynamicDNSRecord', 'late')).toMatch(/^True/)
  })
})

describe('a request', () => {
  it('is echoed, and makes everything of the object be looked at again', async () => {
    const { clock, store } = await withRecords(1)
    store.annotate('DynamicDNSRecord', keyOf('r1'), { 'dns.stoa.dev/requestedAt': 'now' })
    store.annotate('DNSProvider', MAIN, { 'dns.stoa.dev/requestedAt': 'now' })
    await clock.advance(3_000)
    expect(store.get('DynamicDNSRecord', keyOf('r1'))?.status?.lastHandledReconcileAt).toBe('now')
    expect(store.get('DNSProvider', MAIN)?.status?.lastHandledReconcileAt).toBe('now')
  })
})

describe('a DNSProvider that is deleted', () => {
  it('stays for as long as a record needs it', async () => {
    const { clock, store, zone } = await withRecords(2)
    store.put(recordFor('other', { addresses: ['192.0.2.5'] }))
    await clock.advance(2_000)
    store.delete('DNSProvider', MAIN)
    store.delete('DynamicDNSRecord', keyOf('r1'))
    await clock.advance(5_000)
    expect(store.get('DNSProvider', MAIN)?.metadata.deletionTimestamp).toBeDefined()
    expect(store.get('DynamicDNSRecord', keyOf('r1'))).toBeUndefined()
    expect(zone.table.size).toBe(2)
  })

  it.each<[string, readonly ('DNSProvider' | 'DynamicDNSRecord')[]]>([
    ['before', ['DNSProvider', 'DynamicDNSRecord']],
    ['after', ['DynamicDNSRecord', 'DNSProvider']],
  ])('goes with the last record that needs it, be it deleted %s that', async (_when, order) => {
    const { clock, store, zone } = await withRecords(1)
    for (const kind of order) store.delete(kind, kind === 'DNSProvider' ? MAIN : keyOf('r1'))
    await clock.advance(5_000)
    expect([zone.table.size, store.get('DNSProvider', MAIN)]).toEqual([0, undefined])
  })
})

describe('a record that is deleted before its zone was read', () => {
  it('stays until it is known that nothing of it is there', async () => {
    const bench = startEngine()
    const { clock, store, world } = bench
    world.listing = new TransientError('ProviderUnavailable', 'the provider does not answer')
    store.put(PROVIDER)
    store.put(recordFor('r1', { addresses: ['192.0.2.1'] }))
    await clock.advance(2_000)
    store.delete('DynamicDNSRecord', keyOf('r1'))
    await clock.advance(20_000)
    expect(bench.ready('DynamicDNSRecord', 'r1')).toContain('not known yet')
    world.listing = undefined
    await clock.advance(90_000)
    expect(store.get('DynamicDNSRecord', keyOf('r1'))).toBeUndefined()
  })
})

describe('a burst', () => {
  it('of fifty nodes that are tainted at once is one write to the zone, and hardly more than one status for each record', async () => {
    const bench = startEngine()
    const { clock, store, zone } = bench
    for (let n = 1; n <= 200; n += 1) store.putNode(node(`n${n}`, `192.0.${n % 250}.1`))
    store.put(PROVIDER)
    store.put(POOL)
    for (let index = 1; index <= 20; index += 1) {
      store.put(recordFor(`r${index}`, { nodePool: { name: 'edge' } }, { maxAddresses: 1000 }))
    }
    await clock.advance(5_000)
    const [writes, statuses] = [zone.writes, store.statusWrites.length]
    for (let n = 1; n <= 50; n += 1) {
      store.putNode(node(`n${n}`, `192.0.${n % 250}.1`, { taints: ['karpenter.sh/disrupted'] }))
    }
    await clock.advance(5_000)
    expect(zone.writes - writes).toBe(1)
    const ofRecords = store.statusWrites.slice(statuses).filter(({ kind }) => kind === 'DynamicDNSRecord')
    // One that need not change in DNS says at once how many members there are, and again when the burst is over.
    expect(ofRecords.length).toBeGreaterThanOrEqual(20)
    expect(ofRecords.length).toBeLessThanOrEqual(30)
  })
})
