// From when on a node that left may go: not before the last resolver has forgotten it, by the TTL with which it was really in DNS.
import { describe, expect, it } from 'vitest'
import { node, POOL, PROVIDER, recordFor, startEngine, type EngineBench } from '../../test/support/engine-bench.ts'
import { TransientError } from '../model/errors.ts'

const TARGET = { nodePool: { name: 'edge' } }
const SHOP = recordFor('shop', TARGET, { ttlSeconds: 3_600 })
const OTHER = recordFor('other', TARGET, { ttlSeconds: 60 })
const SHOP_KEY = { namespace: 'web', name: 'shop' }

interface TimesBench extends EngineBench {
  readonly drain: () => void
  /** How long from now until n2 may go; undefined while that is not known. */
  readonly secondsLeft: () => number | undefined
}

async function withRecords(...records: readonly (typeof SHOP)[]): Promise<TimesBench> {
  const bench = startEngine()
  const { store, clock } = bench
  for (const n of [1, 2, 3]) store.putNode(node(`n${n}`, `192.0.2.${n}`))
  for (const manifest of [PROVIDER, POOL, ...records]) store.put(manifest)
  await clock.advance(5_000)
  return {
    ...bench,
    drain: () => store.putNode(node('n2', '192.0.2.2', { taints: ['karpenter.sh/disrupted'] })),
    secondsLeft: () => {
      const inactive = store.get('NodePool', { namespace: 'web', name: 'edge' })?.status?.inactive ?? []
      const at = inactive.find(({ name }) => name === 'n2')?.safeToRemoveAt
      return at === undefined ? undefined : (Date.parse(at) - clock.now()) / 1_000
    },
  }
}

describe('a node that leaves may not go before it is forgotten', () => {
  it('by who asked for a record that was deleted just before', async () => {
    const { clock, store, drain, secondsLeft, valuesAt } = await withRecords(SHOP, OTHER)
    store.delete('DynamicDNSRecord', SHOP_KEY)
    await clock.advance(5_000)
    expect(valuesAt('shop.example.com')).toBeUndefined()
    drain()
    await clock.advance(5_000)
    expect(secondsLeft()).toBeGreaterThan(3_580)
    expect(secondsLeft()).toBeLessThanOrEqual(3_600)
  })

  it('by who asked for a name that was given up with a TTL that is no longer there', async () => {
    const { clock, store, drain, secondsLeft } = await withRecords(SHOP)
    store.put(recordFor('shop', TARGET, { hostnames: ['next.example.com'], ttlSeconds: 60 }))
    await clock.advance(5_000)
    drain()
    await clock.advance(5_000)
    expect(secondsLeft()).toBeGreaterThan(3_580)
  })

  it('with the TTL that was lowered in the edit that took it out', async () => {
    const { clock, store, drain, secondsLeft, valuesAt } = await withRecords(SHOP, OTHER)
    store.put(recordFor('shop', { addresses: ['192.0.2.9'] }, { ttlSeconds: 60 }))
    await clock.advance(5_000)
    drain()
    await clock.advance(5_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.9'])
    expect(secondsLeft()).toBeGreaterThan(3_580)
  })

  it('with the TTL that was lowered just before', async () => {
    const { clock, store, drain, secondsLeft } = await withRecords(SHOP)
    store.put(recordFor('shop', TARGET, { ttlSeconds: 60 }))
    await clock.advance(30_000)
    drain()
    await clock.advance(5_000)
    expect(secondsLeft()).toBeGreaterThan(3_550)
    expect(secondsLeft()).toBeLessThanOrEqual(3_570)
  })

  it('with the TTL that the provider made of a shorter one', async () => {
    const { clock, drain, secondsLeft } = await withRecords(recordFor('shop', TARGET, { ttlSeconds: 1 }))
    drain()
    await clock.advance(5_000)
    expect(secondsLeft()).toBeGreaterThan(50)
  })

  it('and the answer to the write that took it out was lost', async () => {
    const { clock, store, zone, drain, secondsLeft } = await withRecords(SHOP, OTHER)
    zone.fail('lost-answer')
    store.delete('DynamicDNSRecord', SHOP_KEY)
    await clock.advance(5_000)
    drain()
    await clock.advance(5_000)
    expect(secondsLeft()).toBeGreaterThan(3_580)
  })

  it('although the date is set back or forward meanwhile', async () => {
    for (const byMs of [-3_600_000, 86_400_000]) {
      const { clock, store, drain, secondsLeft } = await withRecords(SHOP, OTHER)
      store.delete('DynamicDNSRecord', SHOP_KEY)
      await clock.advance(5_000)
      clock.set(byMs)
      drain()
      await clock.advance(5_000)
      expect(secondsLeft()).toBeGreaterThan(3_580)
      expect(secondsLeft()).toBeLessThanOrEqual(3_600)
    }
  })

  it('although the date is set forward after a restart that came before the status of the edit that took it out', async () => {
    const { clock, store, stop, restart, drain, secondsLeft, valuesAt } = await withRecords(SHOP, OTHER)
    const writeStatus = store.writeStatus.bind(store)
    store.writeStatus = () => Promise.reject(new TransientError('APIUnavailable', 'the apiserver does not answer'))
    store.put(recordFor('shop', { addresses: ['192.0.2.9'] }, { ttlSeconds: 3_600 }))
    await clock.advance(2_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.9'])
    await stop()
    store.writeStatus = writeStatus
    await restart()
    await clock.advance(10_000)
    clock.set(7_200_000)
    drain()
    await clock.advance(5_000)
    expect(secondsLeft()).toBeGreaterThan(3_500)
  })

  it('nor while a record that went over to another pool may be in DNS for it, and may then although its address is another node’s', async () => {
    const { clock, store, drain, secondsLeft, valuesAt } = await withRecords(SHOP)
    store.put({
      ...POOL,
      metadata: { ...POOL.metadata, name: 'next' },
      spec: { ...POOL.spec, selector: { matchLabels: { role: 'next' } } },
    })
    store.putNode(node('m2', '192.0.2.2', { role: 'next' }))
    store.put(recordFor('shop', { nodePool: { name: 'next' } }, { ttlSeconds: 3_600 }))
    await clock.advance(5_000)
    drain()
    await clock.advance(5_000)
    expect([valuesAt('shop.example.com'), secondsLeft()]).toEqual([['192.0.2.2'], undefined])
    await clock.advance(3_610_000)
    expect(secondsLeft()).toBeDefined()
  })

  it.each([
    ['waits for an approval', { mode: 'PlanAll' }],
    ['cannot be carried out', {}],
  ])('while the edit that takes it out %s, also after a restart', async (_what, more) => {
    const home = { name: 'home', addresses: ['192.0.2.9'] }
    const { clock, store, zone, drain, restart, secondsLeft, valuesAt } = await withRecords(
      recordFor('shop', home, { targets: [home, { name: 'edge', ...TARGET }] }),
    )
    if (!('mode' in more)) zone.poisoned.add('192.0.2.9')
    store.put(recordFor('shop', home, more))
    await clock.advance(5_000)
    drain()
    await clock.advance(5_000)
    const before = store.statusWrites.length
    await restart()
    await clock.advance(60_000)
    expect([valuesAt('shop.example.com')?.length, secondsLeft()]).toEqual([4, undefined])
    expect(store.statusWrites.slice(before)).toEqual([])
  })

  it.each([
    ['waits for its first approval', { mode: 'PlanAll' }],
    ['was refused from the beginning', {}],
  ])('but need not wait after a restart for the TTL of a record of others that %s', async (_what, more) => {
    const aside = recordFor('aside', { addresses: ['192.0.2.9'] }, { ttlSeconds: 604_800, ...more })
    const { clock, store, zone, drain, restart, secondsLeft } = await withRecords(OTHER)
    if (!('mode' in more)) zone.poisoned.add('192.0.2.9')
    store.put(aside)
    await clock.advance(5_000)
    await restart()
    await clock.advance(5_000)
    drain()
    await clock.advance(5_000)
    expect(secondsLeft()).toBeLessThanOrEqual(60)
  })

  it('and goes with the TTL of its last record once all else is long forgotten', async () => {
    const { clock, store, drain, secondsLeft } = await withRecords(SHOP, OTHER)
    store.delete('DynamicDNSRecord', SHOP_KEY)
    await clock.advance(3_610_000)
    drain()
    await clock.advance(5_000)
    expect(secondsLeft()).toBeGreaterThan(50)
    expect(secondsLeft()).toBeLessThanOrEqual(60)
  })
})
