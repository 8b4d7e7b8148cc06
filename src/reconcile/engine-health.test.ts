// Members that a health check keeps out of DNS, while pools come and go and nodes return.
import { describe, expect, it } from 'vitest'
import { node, POOL, PROVIDER, recordFor, startEngine, type EngineBench } from '../../test/support/engine-bench.ts'

const EDGE = { namespace: 'web', name: 'edge' }
const CHECK = { healthCheck: { tcpSocket: { port: 80 } } }
const DELAYED = { healthCheck: { tcpSocket: { port: 80 }, removalDelaySeconds: 120 } }
const HEALTHY = ['192.0.2.1', '192.0.2.3']

const poolWith = (more: object): typeof POOL => ({ ...POOL, spec: { ...POOL.spec, ...more } })

async function withPool(pool: object, record: object): Promise<EngineBench> {
  const bench = startEngine()
  for (const n of [1, 2, 3]) bench.store.putNode(node(`n${n}`, `192.0.2.${n}`))
  for (const manifest of [PROVIDER, poolWith(pool), recordFor('shop', { nodePool: { name: 'edge' } }, record)])
    bench.store.put(manifest)
  await bench.clock.advance(30_000)
  return bench
}

/** Every state of the name in that time, a second apart. */
async function watch({ clock, valuesAt }: EngineBench, seconds: number): Promise<ReadonlySet<string>> {
  const seen = new Set<string>()
  for (let second = 0; second < seconds; second += 1) {
    await clock.advance(1_000)
    seen.add(valuesAt('shop.example.com')?.join(' ') ?? 'nothing')
  }
  return seen
}

describe('a pool that is deleted and made again', () => {
  it.each([
    ['of its own', CHECK, {}],
    ['of its record', {}, CHECK],
    ['of its own, with a delay', DELAYED, {}],
    ['of its record, with a delay', {}, DELAYED],
  ])('brings nobody back who fails the check %s', async (_whose, pool, record) => {
    const bench = await withPool(pool, record)
    const { clock, store, world, valuesAt } = bench
    world.ill.set('192.0.2.2', 'connection refused')
    await clock.advance(180_000)
    expect(valuesAt('shop.example.com')).toEqual(HEALTHY)
    store.delete('NodePool', EDGE)
    await clock.advance(2_000)
    store.put(poolWith(pool))
    expect(await watch(bench, 60)).toEqual(new Set([HEALTHY.join(' ')]))
    world.ill.clear()
    await clock.advance(60_000)
    expect(valuesAt('shop.example.com')).toHaveLength(3)
  })
})

describe('a restart', () => {
  it.each([
    ['its pool', DELAYED, {}],
    ['its record', {}, DELAYED],
  ])(
    'brings nobody back who fails the check of %s, however long its removal is delayed',
    async (_whose, pool, record) => {
      const bench = await withPool(pool, record)
      bench.world.ill.set('192.0.2.2', 'connection refused')
      await bench.clock.advance(180_000)
      await bench.restart()
      expect(await watch(bench, 200)).toEqual(new Set([HEALTHY.join(' ')]))
    },
  )

  it('leaves alone when a member may go that fails the checks of its pool and of its record', async () => {
    const { clock, store, world, restart } = await withPool(CHECK, CHECK)
    world.ill.set('192.0.2.2', 'connection refused')
    await clock.advance(900_000)
    const before = store.statusWrites.length
    await restart()
    await clock.advance(120_000)
    expect(store.statusWrites.slice(before)).toEqual([])
  })

  it('keeps in DNS whom a brake keeps there, and brings nobody in their stead who has failed for longer', async () => {
    const { clock, store, world, zone, restart, valuesAt } = await withPool(CHECK, {})
    store.putNode(node('n4', '192.0.2.4'))
    for (const n of [3, 2, 1]) {
      world.ill.set(`192.0.2.${n}`, 'connection refused')
      await clock.advance(60_000)
    }
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1', '192.0.2.4'])
    const before = zone.writes
    await restart()
    await clock.advance(120_000)
    expect([zone.writes, valuesAt('shop.example.com')]).toEqual([before, ['192.0.2.1', '192.0.2.4']])
  })

  it('delays the removal of whoever is in DNS and fails only now', async () => {
    const bench = await withPool({}, DELAYED)
    await bench.restart()
    bench.world.ill.set('192.0.2.2', 'connection refused')
    await bench.clock.advance(100_000)
    expect(bench.valuesAt('shop.example.com')).toHaveLength(3)
    await bench.clock.advance(60_000)
    expect(bench.valuesAt('shop.example.com')).toEqual(HEALTHY)
  })
})

describe('a node that is to leave while nobody knows who is well', () => {
  const SLOW = { healthCheck: { tcpSocket: { port: 80 }, periodSeconds: 30 } }
  const drained = node('n1', '192.0.2.1', { taints: ['karpenter.sh/disrupted'] })

  it.each([
    ['after a restart', ['shop.example.com']],
    ['after an edit that gives its record a check', ['shop.example.com']],
    ['after a restart, of a name for each member', ['{member}.example.com']],
  ])('leaves at once %s, and nobody comes before it is known', async (when, hostnames) => {
    const spec = { hostnames, minAddresses: 0 }
    const bench = await withPool(
      { drain: { maxUnavailablePercent: 100 } },
      when.includes('edit') ? spec : { ...SLOW, ...spec },
    )
    const { clock, store, world, zone, restart } = bench
    store.put({ ...PROVIDER, spec: { ...PROVIDER.spec, guard: { maxDeletePercent: 100 } } })
    world.ill.set('192.0.2.2', 'connection refused')
    world.ill.set('192.0.2.4', 'connection refused')
    await clock.advance(180_000)
    if (when.includes('edit')) store.put(recordFor('shop', { nodePool: { name: 'edge' } }, { ...SLOW, ...spec }))
    else await restart()
    await clock.advance(1_000)
    store.putNode(drained)
    store.putNode(node('n4', '192.0.2.4', { created: clock.now() }))
    await clock.advance(1_000)
    const published = (): readonly string[] => [
      ...new Set([...zone.table.all()].flatMap(({ values }) => values.map(({ value }) => value))),
    ]
    const left = when.includes('edit') ? ['192.0.2.2', '192.0.2.3'] : ['192.0.2.3']
    expect(published()).toEqual(left)
    await clock.advance(120_000)
    expect(published()).toEqual(['192.0.2.3'])
  })

  it('leaves at once after a restart, and no brake brings a new node in its place that fails the check', async () => {
    const bench = await withPool({}, CHECK)
    const { clock, store, world, stop, restart } = bench
    await stop()
    for (const n of [4, 5, 6, 7]) {
      world.ill.set(`192.0.2.${n}`, 'connection refused')
      store.putNode(node(`n${n}`, `192.0.2.${n}`, { created: clock.now() }))
    }
    await clock.advance(60_000)
    await restart()
    store.putNode(drained)
    expect(await watch(bench, 90)).toEqual(new Set(['192.0.2.2 192.0.2.3']))
  })

  it('leaves at once where it was deleted while Stoa was away, and its status is written once all is known', async () => {
    const { clock, store, restart, valuesAt, stop } = await withPool({}, SLOW)
    await stop()
    store.deleteNode('n1')
    const before = store.statusWrites.length
    await restart()
    await clock.advance(2_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.2', '192.0.2.3'])
    await clock.advance(120_000)
    const written = store.statusWrites.slice(before).filter(({ kind }) => kind === 'DynamicDNSRecord')
    expect(written).toHaveLength(1)
  })

  it('leaves at once with its record', async () => {
    const { clock, store, zone, restart } = await withPool({}, SLOW)
    store.put(recordFor('other', { addresses: ['192.0.2.9'] }))
    store.put({ ...PROVIDER, spec: { ...PROVIDER.spec, guard: { maxDeletePercent: 100 } } })
    await clock.advance(2_000)
    await restart()
    store.delete('DynamicDNSRecord', { namespace: 'web', name: 'shop' })
    await clock.advance(2_000)
    expect([...zone.table.all()].map(({ key }) => key.name)).toEqual(['other.example.com'])
  })

  it('leaves at once where its pool was just made again', async () => {
    const { clock, store, valuesAt } = await withPool(SLOW, {})
    store.delete('NodePool', EDGE)
    await clock.advance(2_000)
    store.put(poolWith(SLOW))
    await clock.advance(500)
    store.putNode(drained)
    await clock.advance(1_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.2', '192.0.2.3'])
  })
})

describe('a pool that is new', () => {
  it('has no members until it is known who is well, says so, and publishes those', async () => {
    const bench = startEngine()
    const { clock, store, world, ready, valuesAt } = bench
    world.ill.set('192.0.2.2', 'connection refused')
    for (const n of [1, 2, 3]) store.putNode(node(`n${n}`, `192.0.2.${n}`))
    for (const manifest of [PROVIDER, poolWith(CHECK), recordFor('shop', { nodePool: { name: 'edge' } })])
      store.put(manifest)
    await clock.advance(3_000)
    expect(ready('NodePool', 'edge')).toMatch(/^False HealthUnknown/)
    expect(await watch(bench, 60)).toEqual(new Set(['nothing', HEALTHY.join(' ')]))
    expect(ready('NodePool', 'edge')).toBe('True Succeeded: 2 of 3 members active')
    expect(valuesAt('shop.example.com')).toEqual(HEALTHY)
  })
})

describe('a node that is made again under its name, before anybody looked', () => {
  it.each([
    ['of its pool', CHECK, {}],
    ['of its record', {}, CHECK],
  ])('is not in DNS with another address before it has passed the check %s', async (_whose, pool, record) => {
    const bench = await withPool(pool, record)
    const { clock, store, world } = bench
    world.ill.set('192.0.2.9', 'connection refused')
    const again = node('n2', '192.0.2.9', { created: clock.now() })
    store.deleteNode('n2')
    store.putNode(again)
    expect(await watch(bench, 60)).toEqual(new Set([HEALTHY.join(' ')]))
    world.ill.clear()
    await clock.advance(60_000)
    expect(bench.valuesAt('shop.example.com')).toContain('192.0.2.9')
  })
})

describe('a pool whose newest spec is not valid', () => {
  it('goes on by the last valid one and says so; its records have nothing to say of it', async () => {
    const { clock, store, valuesAt, ready } = await withPool({}, {})
    store.put(poolWith({ minMembers: -1 }))
    store.putNode(node('n2', '192.0.2.2', { taints: ['karpenter.sh/disrupted'] }))
    await clock.advance(10_000)
    expect(valuesAt('shop.example.com')).toEqual(HEALTHY)
    expect(ready('NodePool', 'edge')).toBe(
      'False InvalidSpec: spec.minMembers must be at least 0; the last valid version stays in force',
    )
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^True Succeeded/)
  })
})

describe('a pool of which no valid spec is known, as after a restart', () => {
  it('says that its members are not known', async () => {
    const { clock, store, restart } = await withPool({}, {})
    store.put(poolWith({ minMembers: -1 }))
    store.loseSpec('NodePool', EDGE)
    await restart()
    await clock.advance(5_000)
    expect(store.get('NodePool', EDGE)?.status?.conditions).toMatchObject([
      { type: 'MembersResolved', status: 'Unknown', reason: 'InvalidSpec' },
      { type: 'Ready', status: 'False', reason: 'InvalidSpec' },
      { type: 'Stalled', status: 'True', reason: 'InvalidSpec' },
    ])
  })
})

describe('a pool whose brake keeps failing members in', () => {
  it('names them in its conditions, until they are well, and writes nothing while that stays so', async () => {
    const bench = await withPool(CHECK, {})
    const { clock, store, world, ready } = bench
    for (const n of [1, 2, 3]) world.ill.set(`192.0.2.${n}`, 'connection refused')
    await clock.advance(60_000)
    expect(ready('NodePool', 'edge')).toMatch(
      /^True Succeeded: 2 of 3 members active; 2 failing members kept in DNS, because drain\.maxUnavailablePercent .*: n\d \(/,
    )
    const writes = store.statusWrites.length
    await clock.advance(600_000)
    expect(store.statusWrites).toHaveLength(writes)
    world.ill.clear()
    await clock.advance(60_000)
    expect(ready('NodePool', 'edge')).toBe('True Succeeded: 3 of 3 members active')
  })
})

describe('failover', () => {
  it('never goes back to a site that is dead because its pool was made again', async () => {
    const bench = startEngine()
    const { clock, store, world, valuesAt, ready } = bench
    const site = poolWith({ ...CHECK, minMembers: 0, drain: { maxUnavailablePercent: 100 } })
    const targets = [
      { name: 'one', priority: 1, nodePool: { name: 'edge' } },
      { name: 'two', priority: 2, addresses: ['192.0.2.200'] },
    ]
    store.putNode(node('n1', '192.0.2.1'))
    const routing = { policy: 'Failover', failbackSeconds: 0 }
    for (const manifest of [PROVIDER, site, recordFor('shop', {}, { targets, routing })]) store.put(manifest)
    await clock.advance(30_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1'])
    world.ill.set('192.0.2.1', 'connection refused')
    await clock.advance(60_000)
    expect(ready('DynamicDNSRecord', 'shop')).toContain('priority 2 is published: priority 1 has 0 of 1 healthy')
    store.delete('NodePool', EDGE)
    await clock.advance(2_000)
    store.put(site)
    expect(await watch(bench, 60)).toEqual(new Set(['192.0.2.200']))
  })
})

describe('a node that waits for its readmission', () => {
  it.each([
    ['a restart', CHECK, {}],
    ['an edit that gives its record a check', {}, CHECK],
  ])('waits as long after %s', async (what, before, after) => {
    const bench = await withPool({ drain: { readmitSeconds: 120 } }, before)
    const { clock, store, restart, valuesAt } = bench
    store.putNode(node('n2', '192.0.2.2', { taints: ['karpenter.sh/disrupted'] }))
    await clock.advance(10_000)
    store.putNode(node('n2', '192.0.2.2'))
    await clock.advance(10_000)
    if (what === 'a restart') await restart()
    else store.put(recordFor('shop', { nodePool: { name: 'edge' } }, after))
    expect(await watch(bench, 100)).toEqual(new Set([HEALTHY.join(' ')]))
    await clock.advance(30_000)
    expect(valuesAt('shop.example.com')).toHaveLength(3)
  })
})

describe('a node that is ready again', () => {
  it.each([
    ['without a check', {}],
    ['with a check of the record', CHECK],
  ])('is back after its readmission, %s', async (_how, record) => {
    const { clock, store, valuesAt } = await withPool({}, record)
    store.putNode(node('n1', '192.0.2.1', { ready: 'False', since: clock.now() }))
    await clock.advance(60_000)
    expect(valuesAt('shop.example.com')).toHaveLength(2)
    store.putNode(node('n1', '192.0.2.1', { since: clock.now() }))
    await clock.advance(25_000)
    expect(valuesAt('shop.example.com')).toHaveLength(2)
    await clock.advance(10_000)
    expect(valuesAt('shop.example.com')).toHaveLength(3)
  })
})
