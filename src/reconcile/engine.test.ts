import { describe, expect, it } from 'vitest'
import { node, POOL, PROVIDER, recordFor, startEngine, WAN, type EngineBench } from '../../test/support/engine-bench.ts'
import { TransientError } from '../model/errors.ts'

const SHOP = { namespace: 'web', name: 'shop' }

async function withPool(count = 3): Promise<EngineBench> {
  const bench = startEngine()
  for (let index = 1; index <= count; index += 1) bench.store.putNode(node(`n${index}`, `192.0.2.${index}`))
  for (const manifest of [PROVIDER, POOL, recordFor('shop', { nodePool: { name: 'edge' } })]) bench.store.put(manifest)
  await bench.clock.advance(2_000)
  return bench
}

describe('a record that follows a pool', () => {
  it('is published, says so once, and then costs nothing', async () => {
    const { clock, store, zone, valuesAt, ready } = await withPool()
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3'])
    expect(ready('DynamicDNSRecord', 'shop')).toBe(
      'True Succeeded: 1 record set in sync: 192.0.2.1, 192.0.2.2, 192.0.2.3',
    )
    expect(ready('NodePool', 'edge')).toBe('True Succeeded: 3 of 3 members active')
    expect(ready('DNSProvider', 'main')).toBe('True Succeeded: serving example.com')
    const [writes, statuses, events] = [zone.writes, store.statusWrites.length, store.events.length]
    await clock.advance(3_600_000)
    expect([zone.writes, store.statusWrites.length, store.events.length]).toEqual([writes, statuses, events])
  })

  it('keeps a node with one of the two taints, loses it with both, and has it back after its readmission', async () => {
    const { clock, store, valuesAt } = await withPool()
    const one = ['DeletionCandidateOfClusterAutoscaler']
    store.putNode(node('n2', '192.0.2.2', { taints: one }))
    await clock.advance(5_000)
    expect(valuesAt('shop.example.com')).toHaveLength(3)
    store.putNode(node('n2', '192.0.2.2', { taints: [...one, 'ToBeDeletedByClusterAutoscaler'] }))
    await clock.advance(1_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1', '192.0.2.3'])
    store.putNode(node('n2', '192.0.2.2'))
    await clock.advance(25_000)
    expect(valuesAt('shop.example.com')).toHaveLength(2)
    await clock.advance(10_000)
    expect(valuesAt('shop.example.com')).toHaveLength(3)
  })

  it('loses a node that is not ready for longer than its grace, but never most of them at once', async () => {
    const { clock, store, valuesAt } = await withPool(4)
    store.putNode(node('n1', '192.0.2.1', { ready: 'False', since: clock.now() }))
    await clock.advance(25_000)
    expect(valuesAt('shop.example.com')).toHaveLength(4)
    await clock.advance(10_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.2', '192.0.2.3', '192.0.2.4'])
    for (const n of [2, 3, 4]) store.putNode(node(`n${n}`, `192.0.2.${n}`, { ready: 'Unknown', since: clock.now() }))
    await clock.advance(120_000)
    expect(valuesAt('shop.example.com')?.length).toBe(2)
  })

  it('keeps what is published when the last nodes are deleted', async () => {
    const { clock, store, valuesAt, ready } = await withPool()
    for (const name of ['n1', 'n2', 'n3']) store.deleteNode(name)
    await clock.advance(10_000)
    expect(valuesAt('shop.example.com')).toHaveLength(3)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^False BelowMinimum/)
  })

  it('says when a node that left may go for good', async () => {
    const { clock, store } = await withPool()
    store.putNode(node('n2', '192.0.2.2', { taints: ['karpenter.sh/disrupted'] }))
    await clock.advance(2_000)
    const [member] = store.get('NodePool', { namespace: 'web', name: 'edge' })?.status?.inactive ?? []
    expect(member).toMatchObject({ name: 'n2', state: 'Draining' })
    const safeAt = Date.parse(member?.safeToRemoveAt ?? '')
    expect(safeAt).toBeGreaterThan(clock.now() + 290_000)
    expect(safeAt).toBeLessThanOrEqual(clock.now() + 300_000)
  })

  it('goes with its object, and the object goes with it', async () => {
    const { clock, store, valuesAt } = await withPool()
    store.delete('DynamicDNSRecord', SHOP)
    await clock.advance(2_000)
    expect(valuesAt('shop.example.com')).toBeUndefined()
    expect(store.get('DynamicDNSRecord', SHOP)).toBeUndefined()
  })
})

describe('an outage of the provider', () => {
  it('shows on the provider; records without a pending change stay Ready; it heals by itself', async () => {
    const { clock, store, zone, valuesAt, ready } = await withPool()
    store.put(recordFor('quiet', { addresses: ['192.0.2.99'] }))
    await clock.advance(2_000)
    zone.fail('down', Infinity)
    store.putNode(node('n4', '192.0.2.4'))
    await clock.advance(30_000)
    expect(ready('DynamicDNSRecord', 'quiet')).toMatch(/^True/)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^(False|Unknown)/)
    zone.heal()
    await clock.advance(120_000)
    expect(valuesAt('shop.example.com')).toHaveLength(4)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^True/)
    expect(ready('DNSProvider', 'main')).toMatch(/^True/)
  })

  it('holds the deletion of a record back, says why, and ends with it', async () => {
    const { clock, store, zone, valuesAt, ready } = await withPool()
    zone.fail('down', Infinity)
    store.delete('DynamicDNSRecord', SHOP)
    await clock.advance(30_000)
    expect(store.get('DynamicDNSRecord', SHOP)?.metadata.deletionTimestamp).toBeDefined()
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^False \w+: .*the provider is down/)
    zone.heal()
    await clock.advance(120_000)
    expect([valuesAt('shop.example.com'), store.get('DynamicDNSRecord', SHOP)]).toEqual([undefined, undefined])
  })

  it('is no reason to let go of anything after a restart', async () => {
    const { clock, world, zone, valuesAt, ready, restart } = await withPool()
    world.listing = new TransientError('ProviderUnavailable', 'the API does not answer')
    await restart()
    await clock.advance(60_000)
    expect(valuesAt('shop.example.com')).toHaveLength(3)
    expect(ready('DNSProvider', 'main')).toMatch(/^(False|Unknown) ProviderUnavailable/)
    world.listing = undefined
    const { writes } = zone
    await clock.advance(120_000)
    expect(zone.writes).toBe(writes)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^True/)
  })
})

describe('a record that follows the WAN address', () => {
  it('follows it, keeps it while it is unknown, and publishes it for others', async () => {
    const { clock, store, world, valuesAt, ready } = startEngine()
    store.put(PROVIDER)
    store.put({ ...WAN, spec: { ...WAN.spec, publishTo: { configMap: { name: 'wan-ip' } } } })
    store.put(recordFor('home', { wan: { name: 'home' } }))
    await clock.advance(3_000)
    expect(valuesAt('home.example.com')).toEqual(['203.0.113.7'])
    expect(store.configMaps.get('web/wan-ip')).toMatchObject({ current_ip: '203.0.113.7' })
    world.wan = '203.0.113.8'
    await clock.advance(60_000)
    expect(valuesAt('home.example.com')).toEqual(['203.0.113.8'])
    world.wan = undefined
    await clock.advance(900_000)
    expect(valuesAt('home.example.com')).toEqual(['203.0.113.8'])
    expect(ready('WANAddress', 'home')).toMatch(/^False NoAnswer/)
    expect(ready('DynamicDNSRecord', 'home')).toMatch(/^Unknown WANAddressUnknown/)
  })
})

describe('a record with a health check', () => {
  const check = { tcpSocket: { port: 80 } }
  it('loses a dead address within thirty seconds, and not again after a restart', async () => {
    const { clock, store, world, valuesAt, restart } = startEngine()
    store.put(PROVIDER)
    store.put(recordFor('app', { addresses: ['192.0.2.1', '192.0.2.2'] }, { healthCheck: check }))
    await clock.advance(20_000)
    expect(valuesAt('app.example.com')).toHaveLength(2)
    world.ill.set('192.0.2.2', 'connection refused')
    await clock.advance(30_000)
    expect(valuesAt('app.example.com')).toEqual(['192.0.2.1'])
    await restart()
    await clock.advance(5_000)
    expect(valuesAt('app.example.com')).toEqual(['192.0.2.1'])
  })
})

describe('a date that is set back by hours', () => {
  it('keeps neither a new WAN address nor a dead endpoint from being followed', async () => {
    const { clock, store, world, valuesAt } = startEngine()
    store.put(PROVIDER)
    store.put(WAN)
    store.put(recordFor('home', { wan: { name: 'home' } }))
    const healthCheck = { tcpSocket: { port: 80 } }
    store.put(recordFor('app', { addresses: ['192.0.2.1', '192.0.2.2'] }, { healthCheck }))
    await clock.advance(20_000)
    clock.set(-2 * 3_600_000)
    world.wan = '203.0.113.8'
    world.ill.set('192.0.2.2', 'connection refused')
    await clock.advance(60_000)
    expect(valuesAt('home.example.com')).toEqual(['203.0.113.8'])
    expect(valuesAt('app.example.com')).toEqual(['192.0.2.1'])
    store.put(recordFor('new', { addresses: ['192.0.2.3'] }))
    await clock.advance(2_000)
    expect(valuesAt('new.example.com')).toEqual(['192.0.2.3'])
  })
})

describe('what belongs to others', () => {
  it('is refused, and its owner named', async () => {
    const { clock, store, zone, valuesAt, ready } = startEngine()
    zone.edit((table) =>
      table.set({
        key: { name: 'shop.example.com' as never, type: 'A', setId: '' },
        values: [{ value: '198.51.100.1', owner: undefined }],
        ...{ ttl: 300, routing: undefined, options: undefined },
      }),
    )
    store.put(PROVIDER)
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }))
    await clock.advance(3_000)
    expect(valuesAt('shop.example.com')).toEqual(['198.51.100.1'])
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^False NotOwned: .*198\.51\.100\.1/)
  })

  it('changes hands without a gap when a record moves to another namespace', async () => {
    const { clock, store, zone, valuesAt } = startEngine()
    store.put({ ...PROVIDER, spec: { ...PROVIDER.spec, allowedRecords: [{ namespaces: { from: 'All' } }] } })
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }))
    await clock.advance(3_000)
    const seen: (readonly string[] | undefined)[] = []
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }, {}, { namespace: 'other' }))
    store.delete('DynamicDNSRecord', SHOP)
    for (let step = 0; step < 40; step += 1) {
      await clock.advance(50)
      seen.push(valuesAt('shop.example.com'))
    }
    expect(new Set(seen.map((values) => values?.join()))).toEqual(new Set(['192.0.2.1']))
    expect(
      zone.table.get({ name: 'shop.example.com' as never, type: 'A', setId: '' })?.values[0]?.owner?.resource,
    ).toBe('dynamicdnsrecord/other/shop')
    expect(store.get('DynamicDNSRecord', SHOP)).toBeUndefined()
  })
})

describe('plan modes', () => {
  it('write nothing until approved, and an approval works once', async () => {
    const { clock, store, zone, valuesAt, ready } = startEngine()
    store.put(PROVIDER)
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }, { mode: 'PlanAll' }))
    await clock.advance(10_000)
    expect(zone.writes).toBe(0)
    const hash = store.get('DynamicDNSRecord', SHOP)?.status?.plan?.hash ?? ''
    expect(ready('DynamicDNSRecord', 'shop')).toContain(`dns.stoa.dev/approve: ${hash}`)
    store.annotate('DynamicDNSRecord', SHOP, { 'dns.stoa.dev/approve': hash })
    await clock.advance(3_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1'])
    expect(store.get('DynamicDNSRecord', SHOP)?.status?.plan).toMatchObject({ appliedHash: hash })
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^True/)
    zone.edit((table) => table.delete({ name: 'shop.example.com' as never, type: 'A', setId: '' }))
    await clock.advance(180_000)
    expect(valuesAt('shop.example.com')).toBeUndefined()
  })
})

describe('a bad object', () => {
  it('is Stalled with the remedy; what it had goes on, and the others do too', async () => {
    const { clock, store, valuesAt, ready } = await withPool()
    store.put(recordFor('shop', { nodePool: { name: 'edge' } }, { ttlSeconds: -5 }))
    store.put(recordFor('lost', { addresses: ['192.0.2.9'] }, { hostnames: ['lost.example.net'] }))
    store.put(recordFor('fine', { addresses: ['192.0.2.10'] }))
    await clock.advance(3_000)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^False InvalidSpec: spec\.ttlSeconds/)
    expect(ready('DynamicDNSRecord', 'lost')).toMatch(/^False NoProviderForZone/)
    expect(valuesAt('shop.example.com')).toHaveLength(3)
    expect(valuesAt('fine.example.com')).toEqual(['192.0.2.10'])
  })
})

describe('a dry run', () => {
  it('writes nothing, whatever is asked', async () => {
    const { clock, store, zone, ready } = startEngine({ dryRun: true })
    store.put(PROVIDER)
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }))
    await clock.advance(3_000)
    store.delete('DynamicDNSRecord', SHOP)
    await clock.advance(10_000)
    expect(zone.writes).toBe(0)
    expect(ready('DNSProvider', 'main')).toMatch(/^True/)
  })
})
