// A plan of several names is one plan, whatever else touches one of them, and is over when its mode is.
import { describe, expect, it } from 'vitest'
import { MemoryZone } from '../../test/fakes/memory-zone.ts'
import { node, POOL, PROVIDER, recordFor, startEngine, type EngineBench } from '../../test/support/engine-bench.ts'
import type { PlanStatus } from '../api/generated/dynamic-dns-record.ts'
import { TransientError } from '../model/errors.ts'
import type { Fqdn } from '../model/name.ts'

const SHOP = { namespace: 'web', name: 'shop' }
const BOTH = ['a.example.com', 'b.example.com']

const shop = (spec: object): ReturnType<typeof recordFor> => recordFor('shop', { addresses: ['192.0.2.1'] }, spec)

interface PlanBench extends EngineBench {
  readonly plan: () => PlanStatus | undefined
  /** Somebody else, younger, wants the second name. */
  readonly disturb: () => void
}

async function begin(...specs: readonly object[]): Promise<PlanBench> {
  const bench = startEngine()
  bench.store.put(PROVIDER)
  for (const spec of specs) {
    bench.store.put(shop(spec))
    await bench.clock.advance(5_000)
  }
  return {
    ...bench,
    plan: () => bench.store.get('DynamicDNSRecord', SHOP)?.status?.plan,
    disturb: () => bench.store.put(recordFor('other', { addresses: ['192.0.2.7'] }, { hostnames: ['b.example.com'] })),
  }
}

describe('a plan of two names, one of which somebody else wants too', () => {
  it('still shows both', async () => {
    const { clock, plan, disturb } = await begin({ mode: 'PlanAll', hostnames: BOTH })
    const before = plan()
    disturb()
    await clock.advance(5_000)
    expect(before?.changeCount).toBe(2)
    expect(plan()).toEqual(before)
  })

  it('is still shown where only the other name waits', async () => {
    const { clock, plan, disturb } = await begin({ hostnames: ['b.example.com'] }, { mode: 'PlanAll', hostnames: BOTH })
    const before = plan()
    disturb()
    await clock.advance(5_000)
    expect(before?.changeCount).toBe(1)
    expect(plan()).toEqual(before)
  })

  it('stays approved until both are done', async () => {
    const bench = await begin({ mode: 'PlanAll', hostnames: BOTH })
    const { clock, store, plan, disturb, valuesAt } = bench
    const heal = refuseCallsWith(bench, 'a.example.com' as Fqdn)
    store.annotate('DynamicDNSRecord', SHOP, { 'dns.stoa.dev/approve': plan()?.hash ?? '' })
    await clock.advance(3_000)
    expect([valuesAt('a.example.com'), valuesAt('b.example.com')]).toEqual([undefined, undefined])
    disturb()
    await clock.advance(1_000)
    expect(plan()?.appliedHash).toBeUndefined()
    heal()
    await clock.advance(120_000)
    expect([valuesAt('a.example.com'), valuesAt('b.example.com')]).toEqual([['192.0.2.1'], ['192.0.2.1']])
    expect(plan()?.appliedHash).toBeDefined()
  })
})

describe('a plan of names in several zones', () => {
  const ZONES = ['a.test', 'b.test', 'c.test', 'd.test', 'e.test']
  const hostnames = ZONES.map((zone) => `www.${zone}`)

  function startWithZones(): PlanBench & { readonly count: () => number; readonly zones: readonly MemoryZone[] } {
    const zones = ZONES.map((zone) => new MemoryZone({ zone, probes: true }))
    const bench = startEngine({
      createProvider: () => ({
        type: 'Memory',
        listZones: () => Promise.resolve(zones.map(({ zone }) => zone)),
        openZone: (zone) => Promise.resolve(zones.find((one) => one.zone === zone) ?? new MemoryZone()),
        close: () => Promise.resolve(),
      }),
    })
    bench.store.put({ ...PROVIDER, spec: { ...PROVIDER.spec, zones: ZONES } })
    bench.store.put(shop({ mode: 'PlanAll', hostnames }))
    return {
      ...{ ...bench, zones },
      plan: () => bench.store.get('DynamicDNSRecord', SHOP)?.status?.plan,
      disturb: () => undefined,
      count: () => zones.filter(({ table }) => table.size > 0).length,
    }
  }

  it('has one hash, which fits into the status and lets all of it go, once', async () => {
    const { clock, store, plan, count, zones } = startWithZones()
    await clock.advance(5_000)
    const { hash = '', changeCount } = plan() ?? {}
    expect([hash, changeCount, count()]).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/), 5, 0])
    store.annotate('DynamicDNSRecord', SHOP, { 'dns.stoa.dev/approve': hash })
    await clock.advance(5_000)
    expect([count(), plan()]).toEqual([5, { appliedHash: hash, approvedGeneration: 1 }])
    for (const zone of zones) zone.edit((table) => [...table.all()].forEach(({ key }) => table.delete(key)))
    store.annotate('DynamicDNSRecord', SHOP, { 'dns.stoa.dev/requestedAt': 'now' })
    await clock.advance(1_200_000)
    expect([count(), plan()?.hash]).toEqual([0, hash])
  })

  it('is carried out although Stoa was down when it was approved', async () => {
    const { clock, store, plan, count, stop, restart } = startWithZones()
    await clock.advance(5_000)
    await stop()
    store.annotate('DynamicDNSRecord', SHOP, { 'dns.stoa.dev/approve': plan()?.hash ?? '' })
    await restart()
    await clock.advance(30_000)
    expect(count()).toBe(5)
  })

  const downFor = async (bench: ReturnType<typeof startWithZones>, ...zones: readonly number[]): Promise<string> => {
    await bench.clock.advance(5_000)
    const hash = bench.plan()?.hash ?? ''
    for (const index of zones) bench.zones[index]?.fail('down', Infinity)
    bench.store.annotate('DynamicDNSRecord', SHOP, { 'dns.stoa.dev/approve': hash })
    await bench.clock.advance(5_000)
    return hash
  }

  const heal = ({ zones }: ReturnType<typeof startWithZones>): void => zones.forEach((zone) => zone.heal())

  it('is carried out in a zone that was down as soon as that is back', async () => {
    const bench = startWithZones()
    const hash = await downFor(bench, 2)
    expect([bench.count(), bench.plan()?.appliedHash]).toEqual([4, hash])
    heal(bench)
    await bench.clock.advance(1_200_000)
    expect(bench.count()).toBe(5)
  })

  it('does not come back to what was done with it, also after a restart', async () => {
    const bench = startWithZones()
    await downFor(bench, 2)
    await bench.restart()
    bench.zones[0]?.edit((table) => [...table.all()].forEach(({ key }) => table.delete(key)))
    await bench.clock.advance(600_000)
    heal(bench)
    await bench.clock.advance(1_200_000)
    expect([bench.count(), bench.plan()?.changeCount]).toEqual([3, 2])
  })

  it('is not taken back by another approval', async () => {
    const bench = startWithZones()
    const hash = await downFor(bench, 1, 2)
    bench.zones[0]?.edit((table) => [...table.all()].forEach(({ key }) => table.delete(key)))
    await bench.clock.advance(600_000)
    const other = bench.plan()?.hash ?? ''
    bench.store.annotate('DynamicDNSRecord', SHOP, { 'dns.stoa.dev/approve': `${hash},${other}` })
    await bench.clock.advance(60_000)
    expect(bench.count()).toBe(3)
    heal(bench)
    await bench.clock.advance(1_200_000)
    expect(bench.count()).toBe(5)
  })
})

describe('a record whose plan waits when its mode becomes Apply', () => {
  it('has no plan any more, and is carried out in full', async () => {
    const { clock, plan, valuesAt } = await begin({ mode: 'PlanAll' }, { mode: 'Apply' })
    await clock.advance(30_000)
    expect([valuesAt('shop.example.com'), plan()]).toEqual([['192.0.2.1'], { approvedGeneration: 2 }])
  })

  it('lets nodes go as any other', async () => {
    const bench = startEngine()
    const { clock, store } = bench
    for (const n of [1, 2, 3]) store.putNode(node(`n${n}`, `192.0.2.${n}`))
    const pooled = (mode: string): object => recordFor('shop', { nodePool: { name: 'edge' } }, { mode })
    for (const manifest of [PROVIDER, POOL, pooled('PlanAll')]) store.put(manifest as typeof PROVIDER)
    await clock.advance(5_000)
    store.put(pooled('Apply') as typeof PROVIDER)
    await clock.advance(5_000)
    store.putNode(node('n2', '192.0.2.2', { taints: ['ToBeDeletedByClusterAutoscaler', 'karpenter.sh/disrupted'] }))
    await clock.advance(60_000)
    const { inactive = [] } = store.get('NodePool', { namespace: 'web', name: 'edge' })?.status ?? {}
    expect(inactive.map(({ name, safeToRemoveAt }) => [name, safeToRemoveAt])).toEqual([['n2', expect.any(String)]])
  })

  it('takes over nothing that somebody puts in its place later', async () => {
    const rest = { adopt: true, hostnames: ['a.example.com'] }
    const { clock, zone, valuesAt, ready } = await begin({ ...rest, mode: 'PlanAll' }, { ...rest, mode: 'Apply' })
    await clock.advance(60_000)
    zone.edit((table) => {
      const [stored] = [...table.all()]
      if (stored !== undefined) table.set({ ...stored, values: [{ value: '198.51.100.9', owner: undefined }] })
    })
    await clock.advance(1_200_000)
    expect(valuesAt('a.example.com')).toEqual(['198.51.100.9'])
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/NotOwned/)
  })
})

/** The provider fails every call that has the name among others or alone, until the returned function is called. */
function refuseCallsWith({ zone }: EngineBench, name: Fqdn): () => void {
  const apply = zone.apply.bind(zone)
  const error = new TransientError('ProviderUnavailable', 'busy')
  zone.apply = (changes) => {
    if (!changes.some(({ key }) => key.name === name)) return apply(changes)
    return Promise.resolve(changes.map((change) => ({ kind: 'failed', change, error, scope: 'Change' })))
  }
  return () => {
    zone.apply = apply
  }
}
