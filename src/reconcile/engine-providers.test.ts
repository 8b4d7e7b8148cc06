// What becomes of records and guards while a DNSProvider is connected anew, cannot be read, or is one of several.
import { describe, expect, it } from 'vitest'
import { node, POOL, PROVIDER, recordFor, slowDownWrites, startEngine } from '../../test/support/engine-bench.ts'
import { MemoryZone } from '../../test/fakes/memory-zone.ts'
import type { Fqdn } from '../model/name.ts'
import type { RecordKey } from '../model/record-set.ts'
import type { ZoneCut } from '../model/zone.ts'
import type { EnginePorts } from './engine-ports.ts'

const MAIN = { namespace: 'web', name: 'main' }
const CONNECTED_ANEW = { ...PROVIDER, spec: { ...PROVIDER.spec, rateLimit: { requestsPerMinute: 100 } } }
const isRecord = ({ kind }: { readonly kind: string }): boolean => kind === 'DynamicDNSRecord'

describe('a DNSProvider that is connected anew', () => {
  it('shows in no status of a record, although a slow call was under way', async () => {
    const { clock, store, zone, valuesAt } = startEngine()
    store.putNode(node('n1', '192.0.2.1'))
    store.putNode(node('n2', '192.0.2.2'))
    for (const manifest of [PROVIDER, POOL, recordFor('shop', { nodePool: { name: 'edge' } })]) store.put(manifest)
    store.put(recordFor('quiet', { addresses: ['192.0.2.77'] }))
    await clock.advance(3_000)
    slowDownWrites({ zone, clock }, 4_000)
    const before = store.statusWrites.length
    store.putNode(node('n2', '192.0.2.2', { taints: ['karpenter.sh/disrupted'] }))
    await clock.advance(500)
    store.put(CONNECTED_ANEW)
    await clock.advance(60_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1'])
    const written = store.statusWrites.slice(before).filter(isRecord)
    expect(written.filter(({ name }) => name === 'quiet')).toEqual([])
    expect(written.filter(({ status }) => JSON.stringify(status).includes('"status":"False"'))).toEqual([])
  })

  it('leaves the guard its memory of what was deleted', async () => {
    const { clock, store, zone } = startEngine()
    const remove = (...numbers: readonly number[]): void => {
      for (const n of numbers) store.delete('DynamicDNSRecord', { namespace: 'web', name: `r${n}` })
    }
    store.put(PROVIDER)
    for (let n = 1; n <= 10; n += 1) store.put(recordFor(`r${n}`, { addresses: ['192.0.2.1'] }))
    await clock.advance(3_000)
    remove(1, 2)
    await clock.advance(3_000)
    expect(zone.table.size).toBe(8)
    store.put(CONNECTED_ANEW)
    await clock.advance(3_000)
    remove(3, 4)
    await clock.advance(3_000)
    expect(zone.table.size).toBe(8)
  })
})

describe('a DNSProvider that cannot be read', () => {
  it('stands in nobody’s way in other namespaces', async () => {
    const { clock, store, valuesAt, ready } = startEngine()
    store.put(PROVIDER)
    store.put({ kind: 'DNSProvider', metadata: { name: 'bad', namespace: 'tenant' }, spec: { type: 'Nonsense' } })
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }))
    await clock.advance(30_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1'])
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^True/)
  })

  it('may be the one that has the zone, where no other has it', async () => {
    const { clock, store, ready } = startEngine()
    store.put({ kind: 'DNSProvider', metadata: { name: 'bad', namespace: 'infra' }, spec: { type: 'Nonsense' } })
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }))
    await clock.advance(30_000)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/the zones of DNSProvider infra\/bad are not known yet/)
  })

  it('keeps what is published in its zones over a restart, although another has a closer zone', async () => {
    const zones = { 'example.com': newZone('example.com'), 'shop.example.com': newZone('shop.example.com') }
    const { clock, store, restart } = startEngine({ createProvider: providersOf(zones) })
    const sizes = (): readonly number[] => Object.values(zones).map(({ table }) => table.size)
    store.put(PROVIDER)
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }, { hostnames: ['www.shop.example.com'] }))
    await clock.advance(3_000)
    const metadata = { name: 'edge', namespace: 'web' }
    store.put({ kind: 'DNSProvider', metadata, spec: { ...PROVIDER.spec, zones: ['shop.example.com'] } })
    await clock.advance(10_000)
    expect(sizes(), 'a move waits for its approval').toEqual([1, 0])
    const get = store.get.bind(store)
    store.get = (kind, key) => {
      const stored = get(kind, key)
      if (stored === undefined || kind !== 'DNSProvider' || key.name !== 'main') return stored
      return { ...stored, resource: undefined, problem: 'spec: bad' }
    }
    await restart()
    await clock.advance(90_000)
    store.get = get
    store.annotate('DNSProvider', MAIN, { note: 'mended' })
    await clock.advance(60_000)
    expect(sizes()).toEqual([1, 0])
  })
})

describe('a provider that lists no zone at all', () => {
  it('says so, and takes nothing that is published out of anybody’s care', async () => {
    const zone = newZone('example.com')
    const listed = [zone.zone]
    const { clock, store, ready, restart } = startEngine({
      createProvider: () => ({
        type: 'Memory',
        openZone: () => Promise.resolve(zone),
        listZones: () => Promise.resolve([...listed]),
        close: () => Promise.resolve(),
      }),
    })
    const ask = (text: string): void => store.annotate('DNSProvider', MAIN, { 'dns.stoa.dev/requestedAt': text })
    store.put({ ...PROVIDER, spec: { type: 'Route53' } })
    for (const name of ['shop', 'blog']) store.put(recordFor(name, { addresses: ['192.0.2.1'] }))
    await clock.advance(5_000)
    listed.length = 0
    ask('1')
    await clock.advance(5_000)
    expect(ready('DNSProvider', 'main')).toMatch(/^False ZoneNotFound: the provider lists no zone/)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^True/)
    await restart()
    await clock.advance(30_000)
    store.delete('DynamicDNSRecord', { namespace: 'web', name: 'shop' })
    await clock.advance(30_000)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/cannot be removed until that is back/)
    listed.push(zone.zone)
    ask('2')
    await clock.advance(60_000)
    expect(ready('DynamicDNSRecord', 'shop')).toBeUndefined()
    expect([...zone.table.all()].map(({ key }) => key.name)).toEqual(['blog.example.com'])
  })
})

describe('a zone that a DNSProvider has again', () => {
  it('gives up what a record has left there meanwhile, and calls it nobody’s at no moment', async () => {
    const zones = { 'example.com': newZone('example.com'), 'example.org': newZone('example.org') }
    const { clock, store, reports } = startEngine({ createProvider: providersOf(zones) })
    const serve = (...names: readonly string[]): void =>
      store.put({ ...PROVIDER, spec: { ...PROVIDER.spec, zones: names } })
    const want = (...hostnames: readonly string[]): void =>
      store.put(recordFor('shop', { addresses: ['192.0.2.1'] }, { hostnames }))
    serve('example.com', 'example.org')
    want('shop.example.com', 'shop.example.org')
    await clock.advance(5_000)
    serve('example.com')
    await clock.advance(5_000)
    want('shop.example.com')
    await clock.advance(5_000)
    serve('example.com', 'example.org')
    await clock.advance(10_000)
    expect(zones['example.org'].table.size).toBe(0)
    expect(store.get('DNSProvider', MAIN)?.status?.zones?.filter(({ orphans }) => orphans !== undefined)).toEqual([])
    expect(reports.filter(({ orphans }) => (orphans?.count ?? 0) > 0)).toEqual([])
  })
})

describe('a name below a delegation', () => {
  it('is not called published, and is once the delegation is gone', async () => {
    const { clock, store, zone, valuesAt, ready } = startEngine()
    const cut: ZoneCut = { name: 'sub.example.com' as Fqdn, type: 'NS', targets: ['ns1.example.net'] }
    let cuts: readonly ZoneCut[] = [cut]
    const cutAbove = ({ name }: RecordKey): ZoneCut | undefined => cuts.find((one) => name.endsWith(one.name))
    Object.assign(zone, { cutAbove })
    store.put(PROVIDER)
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }, { hostnames: ['www.sub.example.com'] }))
    await clock.advance(10_000)
    expect(zone.table.size).toBe(0)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(
      /^False Occluded: no resolver would see A www\.sub\.example\.com in zone example\.com, because NS sub\.example\.com/,
    )
    cuts = []
    zone.edit(() => undefined)
    await clock.advance(120_000)
    expect(valuesAt('www.sub.example.com')).toEqual(['192.0.2.1'])
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^True/)
  })
})

describe('a hostname whose zone depends on the region', () => {
  it('is published, although its zones were read before it came', async () => {
    const zones = { 'eu.example.com': newZone('eu.example.com'), 'us.example.com': newZone('us.example.com') }
    const { clock, store, ready } = startEngine({ createProvider: providersOf(zones) })
    store.put({ ...PROVIDER, spec: { ...PROVIDER.spec, zones: Object.keys(zones) } })
    await clock.advance(5_000)
    const targets = ['eu', 'us'].map((region, n) => ({ name: region, region, addresses: [`192.0.2.${n + 1}`] }))
    store.put(recordFor('shop', {}, { hostnames: ['www.{region}.example.com'], targets }))
    await clock.advance(60_000)
    const names = Object.values(zones).flatMap(({ table }) => [...table.all()].map(({ key }) => key.name))
    expect(names).toEqual(['www.eu.example.com', 'www.us.example.com'])
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^True/)
  })
})

/** Every DNSProvider has those of the zones that its spec names. */
function providersOf(zones: Readonly<Record<string, MemoryZone>>): EnginePorts['createProvider'] {
  return ({ zones: wanted }) => ({
    type: 'Memory',
    openZone: (zone) => {
      const found = zones[zone]
      return found === undefined ? Promise.reject(new Error(`there is no zone ${zone}`)) : Promise.resolve(found)
    },
    listZones: () => Promise.resolve(wanted),
    close: () => Promise.resolve(),
  })
}

function newZone(name: string): MemoryZone {
  const zone = new MemoryZone({ probes: true })
  return Object.assign(zone, { zone: name as Fqdn })
}

describe('nodes that can be read at last', () => {
  it('make the members of a pool known, although Stoa began without them', async () => {
    const { clock, store, valuesAt, ready } = startEngine()
    store.unsynced.add('Node')
    for (const manifest of [PROVIDER, POOL, recordFor('shop', { nodePool: { name: 'edge' } })]) store.put(manifest)
    await clock.advance(10_000)
    expect(ready('NodePool', 'edge')).toMatch(/NodesUnknown: .* the right to list and watch nodes$/)
    store.unsynced.delete('Node')
    store.putNode(node('n1', '192.0.2.1'))
    await clock.advance(120_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1'])
  })
})
