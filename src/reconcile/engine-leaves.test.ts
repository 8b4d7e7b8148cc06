// What Stoa says of a node that left, and of records, while it cannot know what is in DNS.
import { describe, expect, it } from 'vitest'
import { node, POOL, PROVIDER, recordFor, startEngine, type EngineBench } from '../../test/support/engine-bench.ts'
import { TransientError } from '../model/errors.ts'

const SHOP = recordFor('shop', { nodePool: { name: 'edge' } })
const TAINTS = ['ToBeDeletedByClusterAutoscaler', 'DeletionCandidateOfClusterAutoscaler']

interface PoolBench extends EngineBench {
  readonly taint: (name: string, address: string) => void
  /** Since when each member that left may go, in all statuses since the mark: `unsafe` while it may not. */
  readonly said: () => readonly string[]
  readonly mark: () => void
  /** A DNSProvider of which nobody will ever know what zones it has. */
  readonly createBroken: () => void
}

async function withPool(): Promise<PoolBench> {
  const bench = startEngine()
  const { store, clock } = bench
  for (const n of [1, 2, 3]) store.putNode(node(`n${n}`, `192.0.2.${n}`))
  for (const manifest of [PROVIDER, POOL, SHOP]) store.put(manifest)
  await clock.advance(5_000)
  let from = 0
  return {
    ...bench,
    taint: (name, address) => store.putNode(node(name, address, { taints: TAINTS })),
    mark: () => void (from = store.statusWrites.length),
    createBroken: () => store.put({ kind: 'DNSProvider', metadata: { name: 'broken' }, spec: { type: 'Gandi' } }),
    said: () => {
      const statuses = [
        ...store.statusWrites
          .slice(from)
          .filter(({ kind }) => kind === 'NodePool')
          .map(({ status }) => status),
        store.get('NodePool', { namespace: 'web', name: 'edge' })?.status,
      ] as { readonly inactive?: readonly { readonly safeToRemoveAt?: string }[] }[]
      return statuses.flatMap(({ inactive = [] }) => inactive.map(({ safeToRemoveAt = 'unsafe' }) => safeToRemoveAt))
    },
  }
}

describe('a node that leaves after a restart', () => {
  it('may not go while the zones of the provider cannot be listed', async () => {
    const { clock, world, restart, taint, said, valuesAt } = await withPool()
    world.listing = new TransientError('ProviderUnavailable', 'the API does not answer')
    await restart()
    taint('n2', '192.0.2.2')
    await clock.advance(600_000)
    expect(valuesAt('shop.example.com')).toContain('192.0.2.2')
    expect(new Set(said())).toEqual(new Set(['unsafe']))
    world.listing = undefined
    await clock.advance(600_000)
    expect(said().at(-1)).not.toBe('unsafe')
  })

  it('may not go at any moment before all records have been looked at', async () => {
    const { clock, store, zone, restart, taint, mark, said } = await withPool()
    store.put({ ...SHOP, spec: { ...SHOP.spec, suspend: true } })
    await clock.advance(5_000)
    taint('n2', '192.0.2.2')
    await clock.advance(60_000)
    mark()
    await restart()
    await clock.advance(60_000)
    expect([zone.writes, new Set(said())]).toEqual([1, new Set(['unsafe'])])
  })

  it('may still go from the same moment on, whenever it left', async () => {
    const { clock, restart, taint, mark, said } = await withPool()
    taint('n2', '192.0.2.2')
    await clock.advance(10_000)
    const before = said().at(-1)
    mark()
    await restart()
    await clock.advance(600_000)
    expect(before).toMatch(/^2026/)
    expect(new Set(said())).toEqual(new Set([before]))
  })

  it('may go although a record that came since has no place, and never had one', async () => {
    const { clock, store, taint, said, ready, createBroken } = await withPool()
    createBroken()
    store.put(recordFor('new', { nodePool: { name: 'edge' } }, { hostnames: ['new.example.com'] }))
    taint('n2', '192.0.2.2')
    await clock.advance(60_000)
    expect(ready('DynamicDNSRecord', 'new')).toMatch(/^False/)
    expect(said().at(-1)).toMatch(/^2026/)
  })
})

describe('a node that a record may still publish which does not say that it uses the pool', () => {
  it('may not go while such a record cannot be read, and goes on once it can', async () => {
    const { clock, store, stop, restart, taint, mark, said, valuesAt } = await withPool()
    await stop()
    store.loseSpec('DynamicDNSRecord', { namespace: 'web', name: 'shop' })
    taint('n2', '192.0.2.2')
    mark()
    await restart()
    await clock.advance(600_000)
    expect(valuesAt('shop.example.com')).toContain('192.0.2.2')
    expect(new Set(said())).toEqual(new Set(['unsafe']))
    store.put(SHOP)
    await clock.advance(60_000)
    expect(valuesAt('shop.example.com')).not.toContain('192.0.2.2')
    expect(said().at(-1)).toMatch(/^2026/)
  })

  it('may go once such a record is removed by force', async () => {
    const { clock, store, stop, restart, taint, said } = await withPool()
    await stop()
    store.loseSpec('DynamicDNSRecord', { namespace: 'web', name: 'shop' })
    taint('n2', '192.0.2.2')
    await restart()
    await clock.advance(60_000)
    store.forceRemove('DynamicDNSRecord', { namespace: 'web', name: 'shop' })
    await clock.advance(60_000)
    expect(said().at(-1)).toMatch(/^2026/)
  })

  it('may go although a record cannot be read that has never had anything in DNS, or nothing of the pool', async () => {
    const { clock, store, stop, restart, taint, said } = await withPool()
    store.put(recordFor('literal', { addresses: ['192.0.2.9'] }))
    await clock.advance(5_000)
    await stop()
    store.put(recordFor('new', { nodePool: { name: 'edge' } }))
    for (const name of ['literal', 'new']) store.loseSpec('DynamicDNSRecord', { namespace: 'web', name })
    taint('n2', '192.0.2.2')
    await restart()
    await clock.advance(60_000)
    expect(said().at(-1)).toMatch(/^2026/)
  })

  it.each([
    ['waits for an approval', false],
    ['waits for an approval since before a restart', true],
    ['cannot be carried out', false],
    ['cannot be carried out since before a restart', true],
  ])('may not go while an edit that leaves the pool %s', async (why, isRestarted) => {
    const { clock, store, zone, restart, taint, mark, said, valuesAt, ready } = await withPool()
    const mode = why.startsWith('waits') ? 'PlanSpec' : 'Apply'
    const target = { name: 'edge', nodePool: { name: 'edge' } }
    store.put({ ...SHOP, spec: { ...SHOP.spec, mode, targets: [target] } })
    await clock.advance(5_000)
    if (mode === 'Apply') zone.fail('down', Infinity)
    store.put({ ...SHOP, spec: { ...SHOP.spec, mode, targets: [{ name: 'literal', addresses: ['192.0.2.9'] }] } })
    await clock.advance(10_000)
    if (isRestarted) await restart()
    mark()
    taint('n2', '192.0.2.2')
    await clock.advance(60_000)
    expect(valuesAt('shop.example.com')).toContain('192.0.2.2')
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^False/)
    expect(new Set(said())).toEqual(new Set(['unsafe']))
    zone.heal()
    store.put({ ...SHOP, spec: { ...SHOP.spec, targets: [{ name: 'literal', addresses: ['192.0.2.9'] }] } })
    await clock.advance(120_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.9'])
    expect(said().at(-1)).toMatch(/^2026/)
  })
})

describe('a record whose provider is down since before a restart', () => {
  it('is not Ready once its targets give something else', async () => {
    const { clock, zone, restart, taint, ready, valuesAt } = await withPool()
    zone.fail('down', Infinity)
    await restart()
    await clock.advance(60_000)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^True/)
    taint('n2', '192.0.2.2')
    await clock.advance(60_000)
    expect(valuesAt('shop.example.com')).toContain('192.0.2.2')
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^False ProviderUnavailable: .*has not been read yet/)
    zone.heal()
    await clock.advance(120_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1', '192.0.2.3'])
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^True Succeeded/)
  })

  it('says nothing of it where the provider is back at once', async () => {
    const { clock, store, restart, taint, mark } = await withPool()
    taint('n2', '192.0.2.2')
    const before = store.statusWrites.length
    await restart()
    mark()
    await clock.advance(60_000)
    const said = store.statusWrites.slice(before).filter(({ kind }) => kind === 'DynamicDNSRecord')
    expect(said.map(({ status }) => (status as { conditions: readonly object[] }).conditions)).toEqual([
      expect.arrayContaining([expect.objectContaining({ type: 'Ready', status: 'True' })]),
    ])
  })
})

describe('a record on its way out that only others keep', () => {
  const KEPT = {
    kind: 'DynamicDNSRecord' as const,
    metadata: { name: 'kept', finalizers: ['foregroundDeletion'], deletionTimestamp: '2026-11-21T02:00:00Z' },
    spec: { hostnames: ['kept.example.com'], targets: [{ addresses: ['192.0.2.3'] }] },
  }

  it('keeps nobody from counting what nobody claims', async () => {
    const { clock, store, stop, restart } = await withPool()
    store.put(recordFor('other', { addresses: ['192.0.2.9'] }))
    store.put(KEPT)
    await clock.advance(5_000)
    await stop()
    store.forceRemove('DynamicDNSRecord', { namespace: 'web', name: 'other' })
    await restart()
    await clock.advance(60_000)
    const status = store.get('DNSProvider', { namespace: 'web', name: 'main' })?.status
    expect(status?.zones?.map(({ orphans }) => orphans?.count)).toEqual([1])
  })

  it('wants nothing any more once a person has taken off our finalizer', async () => {
    const { clock, store, zone, valuesAt } = await withPool()
    const key = { namespace: 'web', name: 'shop' }
    zone.fail('down', Infinity)
    store.delete('DynamicDNSRecord', key)
    await clock.advance(60_000)
    const { metadata } = store.get('DynamicDNSRecord', key) ?? {}
    store.put({ ...SHOP, metadata: { ...metadata, name: 'shop', finalizers: ['foregroundDeletion'] } })
    await clock.advance(1_000)
    zone.heal()
    await clock.advance(120_000)
    expect(valuesAt('shop.example.com')).toHaveLength(3)
  })
})
