import { describe, expect, it } from 'vitest'
import { MemoryZone } from '../../test/fakes/memory-zone.ts'
import {
  POOL,
  PROVIDER,
  recordFor,
  slowDownFinalizers,
  startEngine,
  type EngineBench,
} from '../../test/support/engine-bench.ts'
import { TransientError } from '../model/errors.ts'
import type { Fqdn } from '../model/name.ts'
import type { RecordKey } from '../model/record-set.ts'
import type { ZoneCut } from '../model/zone.ts'

const SHOP = { namespace: 'web', name: 'shop' }
const BLOG = { namespace: 'web', name: 'blog' }
const APPROVE = 'dns.stoa.dev/approve'

const shop = (...names: readonly string[]): ReturnType<typeof recordFor> =>
  recordFor('shop', { addresses: ['192.0.2.1'] }, { hostnames: names.map((name) => `${name}.example.com`) })

/** The record shop has `shop` and `www`. */
async function withShop(): Promise<EngineBench> {
  const bench = startEngine()
  bench.store.put(PROVIDER)
  bench.store.put(shop('shop', 'www'))
  await bench.clock.advance(3_000)
  return bench
}

function setsOf({ store }: EngineBench): readonly string[] {
  return store.get('DynamicDNSRecord', SHOP)?.status?.recordSets?.map(({ name, state }) => `${name} ${state}`) ?? []
}

describe('a name that was given up and has not been taken over yet', () => {
  async function withWaitingTaker(): Promise<EngineBench> {
    const bench = await withShop()
    bench.store.put(shop('shop'))
    const spec = { hostnames: ['www.example.com'], mode: 'PlanAll' }
    bench.store.put(recordFor('blog', { addresses: ['192.0.2.2'] }, spec))
    await bench.clock.advance(10_000)
    return bench
  }

  it('keeps the one that has it from being Ready, which says who is to have it', async () => {
    const bench = await withWaitingTaker()
    expect(bench.valuesAt('www.example.com')).toEqual(['192.0.2.1'])
    expect(setsOf(bench)).toEqual(['shop.example.com InSync', 'www.example.com Held'])
    expect(bench.ready('DynamicDNSRecord', 'shop')).toBe(
      'False Progressing: A www.example.com goes over to DynamicDNSRecord web/blog, which has not taken it yet: see what that waits for, or take the name out of it',
    )
  })

  it('says who is to have it where that may not have what nobody would see', async () => {
    const bench = await withShop()
    const cutAbove = ({ name }: RecordKey): ZoneCut | undefined =>
      name === 'www.example.com' ? { name, type: 'NS', targets: ['ns1.example.net'] } : undefined
    Object.assign(bench.zone, { cutAbove })
    bench.store.put(recordFor('blog', { addresses: ['192.0.2.2'] }, { hostnames: ['www.example.com'] }))
    bench.store.put(shop('shop'))
    await bench.clock.advance(30_000)
    expect(bench.ready('DynamicDNSRecord', 'blog')).toMatch(/^False Occluded/)
    expect(bench.ready('DynamicDNSRecord', 'shop')).toMatch(
      /^False Progressing: A www\.example\.com goes over to DynamicDNSRecord web\/blog, which has not taken it yet/,
    )
    bench.store.delete('DynamicDNSRecord', BLOG)
    await bench.clock.advance(30_000)
    expect(bench.valuesAt('www.example.com')).toBeUndefined()
    expect(bench.ready('DynamicDNSRecord', 'shop')).toMatch(/^True Succeeded/)
  })

  it('is nothing to it any more once the other has it', async () => {
    const bench = await withWaitingTaker()
    const hash = bench.store.get('DynamicDNSRecord', BLOG)?.status?.plan?.hash ?? ''
    bench.store.annotate('DynamicDNSRecord', BLOG, { [APPROVE]: hash })
    await bench.clock.advance(3_000)
    expect(bench.valuesAt('www.example.com')).toEqual(['192.0.2.2'])
    expect(setsOf(bench)).toEqual(['shop.example.com InSync'])
    expect(bench.ready('DynamicDNSRecord', 'shop')).toBe('True Succeeded: 1 record set in sync: 192.0.2.1')
  })

  it('goes when the other no longer wants it', async () => {
    const bench = await withWaitingTaker()
    bench.store.delete('DynamicDNSRecord', BLOG)
    await bench.clock.advance(3_000)
    expect(bench.valuesAt('www.example.com')).toBeUndefined()
    expect(bench.ready('DynamicDNSRecord', 'shop')).toBe('True Succeeded: 1 record set in sync: 192.0.2.1')
  })

  it('is nothing to it any more once the other has it at the second try', async () => {
    const bench = await withShop()
    bench.zone.fail('down', 2)
    bench.store.put(shop('shop'))
    bench.store.put(recordFor('blog', { addresses: ['192.0.2.2'] }, { hostnames: ['www.example.com'] }))
    await bench.clock.advance(30_000)
    expect(bench.valuesAt('www.example.com')).toEqual(['192.0.2.2'])
    expect(setsOf(bench)).toEqual(['shop.example.com InSync'])
    expect(bench.ready('DynamicDNSRecord', 'shop')).toBe('True Succeeded: 1 record set in sync: 192.0.2.1')
  })
})

describe('a name that another record takes over in a type that excludes the one it has', () => {
  const ADDRESS = { addresses: ['192.0.2.1'] }
  const POINTER = { hostname: 'lb.example.net' }
  const WWW = { hostnames: ['www.example.com'] }

  const setsAt = ({ zone }: EngineBench, name: string): readonly string[] =>
    zone.table
      .atName(name as Fqdn)
      .map(
        ({ key, values }) =>
          `${key.type} ${values.map(({ value, owner }) => `${value} of ${String(owner?.resource)}`).join(' ')}`,
      )

  async function handOver(from: object, to: object, policy: object, mode: object = {}): Promise<EngineBench> {
    const bench = startEngine()
    bench.store.put(PROVIDER)
    bench.store.put(recordFor('shop', from, { ...WWW, ...policy }))
    bench.store.put(recordFor('other', ADDRESS))
    await bench.clock.advance(3_000)
    bench.store.delete('DynamicDNSRecord', SHOP)
    bench.store.put(recordFor('blog', to, { ...WWW, ...mode }))
    await bench.clock.advance(30_000)
    return bench
  }

  it.each([
    ['addresses', 'a CNAME', ADDRESS, POINTER, 'CNAME lb.example.net'],
    ['a CNAME', 'addresses', POINTER, ADDRESS, 'A 192.0.2.1'],
  ])('goes from %s to %s even if they were to be retained', async (_from, _to, from, to, expected) => {
    for (const policy of [{}, { deletionPolicy: 'Retain' }]) {
      const bench = await handOver(from, to, policy)
      expect(setsAt(bench, 'www.example.com')).toEqual([`${expected} of dynamicdnsrecord/web/blog`])
      expect(bench.ready('DynamicDNSRecord', 'shop')).toBeUndefined()
      expect(bench.ready('DynamicDNSRecord', 'blog')).toMatch(/^True/)
    }
  })

  it('keeps its answer until the plan of the other is approved', async () => {
    const bench = await handOver(ADDRESS, POINTER, {}, { mode: 'PlanAll' })
    expect(setsAt(bench, 'www.example.com')).toEqual(['A 192.0.2.1 of dynamicdnsrecord/web/shop'])
    expect(bench.ready('DynamicDNSRecord', 'shop')).toMatch(
      /^False Progressing: A www.example.com goes over to .* web\/blog/,
    )
    const hash = bench.store.get('DynamicDNSRecord', BLOG)?.status?.plan?.hash ?? ''
    bench.store.annotate('DynamicDNSRecord', BLOG, { [APPROVE]: hash })
    await bench.clock.advance(10_000)
    expect(setsAt(bench, 'www.example.com')).toEqual(['CNAME lb.example.net of dynamicdnsrecord/web/blog'])
    expect(bench.ready('DynamicDNSRecord', 'shop')).toBeUndefined()
  })

  it('keeps its answer where text of somebody else lets no CNAME stand beside it', async () => {
    const bench = startEngine()
    const key: RecordKey = { name: 'www.example.com' as Fqdn, type: 'TXT', setId: '' }
    const values = [{ value: '"hello"', owner: undefined }]
    bench.zone.edit((table) => table.set({ key, values, ttl: 300, routing: undefined, options: undefined }))
    bench.store.put(PROVIDER)
    bench.store.put(recordFor('shop', ADDRESS, WWW))
    await bench.clock.advance(3_000)
    bench.store.put(recordFor('shop', POINTER, WWW))
    await bench.clock.advance(3_000)
    expect(bench.valuesAt('www.example.com')).toEqual(['192.0.2.1'])
    expect(bench.ready('DynamicDNSRecord', 'shop')).toMatch(
      /^False CNAMEConflict: CNAME www.example.com cannot stand beside TXT/,
    )
  })
})

describe('a name that was given up for another record that does not know yet what to publish', () => {
  it.each(['edited', 'deleted'])('stays until that knows, where the first is %s', async (how) => {
    const bench = await withShop()
    const { store, clock, valuesAt, ready } = bench
    store.put(recordFor('blog', { nodePool: { name: 'edge' } }, { hostnames: ['www.example.com'] }))
    if (how === 'edited') store.put(shop('shop'))
    else store.delete('DynamicDNSRecord', SHOP)
    const seen = new Set<string>()
    const look = async (): Promise<void> => {
      for (let step = 0; step < 100; step += 1) {
        await clock.advance(100)
        seen.add(String(valuesAt('www.example.com')))
      }
    }
    await look()
    expect(ready('DynamicDNSRecord', 'shop')).toContain(
      'False Progressing: A www.example.com goes over to DynamicDNSRecord web/blog, which has not taken it yet: see what that waits for, or take the name out of it',
    )
    store.put({ ...POOL, spec: { hosts: [{ name: 'h1', addresses: ['192.0.2.2'] }] } })
    await look()
    expect([...seen]).toEqual(['192.0.2.1', '192.0.2.2'])
    expect(ready('DynamicDNSRecord', 'shop')?.slice(0, 4)).toBe(how === 'edited' ? 'True' : undefined)
  })
})

describe('a name that was given up for another record of which nothing is known yet', () => {
  const CHECK = { healthCheck: { tcpSocket: { port: 80 } } }
  const blog = (more: object = {}): ReturnType<typeof recordFor> =>
    recordFor('blog', { addresses: ['192.0.2.2'] }, { hostnames: ['www.example.com'], ...more })

  /** What the name has, a tenth of a second apart, each once. */
  async function watch({ clock, valuesAt }: EngineBench, seconds: number): Promise<readonly string[]> {
    const seen = new Set<string>()
    for (let step = 0; step < seconds * 10; step += 1) {
      await clock.advance(100)
      seen.add(valuesAt('www.example.com')?.join(' ') ?? 'nothing')
    }
    return [...seen]
  }

  function breakProvider({ store, world }: EngineBench): void {
    world.listing = new TransientError('ProviderUnavailable', 'the API does not answer')
    store.put({ kind: 'DNSProvider', metadata: { name: 'broken' }, spec: { type: 'Gandi' } })
  }

  it.each(['edited', 'deleted'])('stays while that gets its finalizer, where the first is %s', async (how) => {
    const bench = await withShop()
    slowDownFinalizers(bench, 500)
    if (how === 'edited') bench.store.put(shop('shop'))
    else bench.store.delete('DynamicDNSRecord', SHOP)
    bench.store.put(blog())
    expect(await watch(bench, 10)).toEqual(['192.0.2.1', '192.0.2.2'])
  })

  it('stays through a restart before that has its finalizer', async () => {
    const bench = await withShop()
    slowDownFinalizers(bench, 500)
    await bench.stop()
    bench.store.put(shop('shop'))
    bench.store.put(blog())
    await bench.restart()
    expect(await watch(bench, 20)).toEqual(['192.0.2.1', '192.0.2.2'])
  })

  it('stays until the addresses of that have been probed', async () => {
    const bench = await withShop()
    bench.store.put(shop('shop'))
    bench.store.put(blog(CHECK))
    expect(await watch(bench, 60)).toEqual(['192.0.2.1', '192.0.2.2'])
  })

  it('stays while that has no place, which both say, and goes over once it has', async () => {
    const bench = await withShop()
    breakProvider(bench)
    await bench.clock.advance(5_000)
    bench.store.put(shop('shop'))
    bench.store.put(blog())
    expect(await watch(bench, 60)).toEqual(['192.0.2.1'])
    expect(bench.ready('DynamicDNSRecord', 'shop')).toMatch(
      /^False Progressing: A www.example.com goes over to .* web\/blog/,
    )
    expect(bench.ready('DynamicDNSRecord', 'blog')).toMatch(/^False ProviderUnavailable: .* web\/broken/)
    bench.store.delete('DNSProvider', { namespace: 'web', name: 'broken' })
    expect((await watch(bench, 60)).at(-1)).toBe('192.0.2.2')
    expect(bench.ready('DynamicDNSRecord', 'shop')).toMatch(/^True/)
  })

  it.each([
    ['is gone', ({ store }: EngineBench) => store.delete('DynamicDNSRecord', BLOG)],
    ['no longer wants it', ({ store }: EngineBench) => store.put(blog({ hostnames: ['blog.example.com'] }))],
    ['is suspended', ({ store }: EngineBench) => store.put(blog({ suspend: true }))],
    [
      'may not have it',
      ({ store }: EngineBench) => store.put(blog({ providerRef: { name: 'main', namespace: 'dns' } })),
    ],
  ])('goes once that %s', async (_what, change) => {
    const bench = await withShop()
    breakProvider(bench)
    await bench.clock.advance(5_000)
    bench.store.put(blog())
    bench.store.put(shop('shop'))
    await bench.clock.advance(5_000)
    expect(bench.valuesAt('www.example.com')).toEqual(['192.0.2.1'])
    change(bench)
    await bench.clock.advance(10_000)
    expect(bench.valuesAt('www.example.com')).toBeUndefined()
  })

  it('goes once that is gone which never was looked at', async () => {
    const bench = await withShop()
    bench.store.put(blog(CHECK))
    bench.store.put(shop('shop'))
    await bench.clock.advance(1_000)
    expect(bench.valuesAt('www.example.com')).toEqual(['192.0.2.1'])
    bench.store.forceRemove('DynamicDNSRecord', BLOG)
    await bench.clock.advance(1_000)
    expect(bench.valuesAt('www.example.com')).toBeUndefined()
  })
})

describe('a name that was taken over', () => {
  it('leaves the one that had it without the zone, where it has nothing else there', async () => {
    const org = new MemoryZone({ zone: 'example.org', probes: true })
    const com = new MemoryZone({ zone: 'example.com', probes: true })
    const { clock, store } = startEngine({
      createProvider: () => ({
        type: 'Memory',
        listZones: () => Promise.resolve([com.zone, org.zone]),
        openZone: (name) => Promise.resolve(name === org.zone ? org : com),
        close: () => Promise.resolve(),
      }),
    })
    store.put({ ...PROVIDER, spec: { ...PROVIDER.spec, zones: ['example.com', 'example.org'] } })
    const names = ['shop.example.com', 'shop.example.org']
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }, { hostnames: names }))
    await clock.advance(5_000)
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }, { hostnames: names.slice(0, 1) }))
    store.put(recordFor('blog', { addresses: ['192.0.2.2'] }, { hostnames: names.slice(1) }))
    await clock.advance(5_000)
    expect(store.get('DynamicDNSRecord', BLOG)?.status?.zones).toEqual([{ zone: 'example.org', provider: 'web/main' }])
    expect(store.get('DynamicDNSRecord', SHOP)?.status?.zones).toEqual([{ zone: 'example.com', provider: 'web/main' }])
  })
})
