// Names that go from one DNSProvider to another: with their record, once that is approved, or to another record.
import { describe, expect, it } from 'vitest'
import type { MemoryZoneOptions } from '../../test/fakes/memory-zone.ts'
import { recordFor, startEngine, type EngineBench } from '../../test/support/engine-bench.ts'
import {
  answersAt,
  createTwoProviders,
  putTwoProviders,
  type ProviderName,
  type TwoProviders,
} from '../../test/support/two-providers.ts'
import type { Fqdn } from '../model/name.ts'
import type { OwnerId } from '../model/record-set.ts'

const WWW = 'www.example.com'

const at = (provider: ProviderName): object => ({ providerRef: { name: provider, namespace: 'web' } })
const shop = (...[address, spec]: readonly [string, object]): ReturnType<typeof recordFor> =>
  recordFor('shop', { addresses: [address] }, { hostnames: [WWW], ...spec })

/** The record shop has www at the first of two. */
async function start(
  ofSecond: MemoryZoneOptions = {},
): Promise<{ readonly bench: EngineBench; readonly providers: TwoProviders }> {
  const providers = createTwoProviders(ofSecond)
  const bench = startEngine({ createProvider: providers.createProvider })
  putTwoProviders(bench)
  bench.store.put(shop('192.0.2.1', at('main')))
  await bench.clock.advance(5_000)
  return { bench, providers }
}

it('a move of which the write was not answered ends as one that was', async () => {
  const { bench, providers } = await start()
  bench.store.put(shop('192.0.2.1', at('second')))
  await bench.clock.advance(5_000)
  const hash = /approve: (\w+)/.exec(String(bench.ready('DynamicDNSRecord', 'shop')))?.[1] ?? ''
  providers.zones.second.fail('lost-answer')
  bench.store.annotate('DNSProvider', { namespace: 'web', name: 'second' }, { 'dns.stoa.dev/approve': hash })
  await bench.clock.advance(60_000)
  expect(answersAt(providers, WWW)).toEqual(['second A 192.0.2.1'])
  expect(bench.ready('DynamicDNSRecord', 'shop')).toMatch(/^True Succeeded/)
})

describe('a name that is given up for another record, which is to have it at another DNSProvider', () => {
  const SHOP = { namespace: 'web', name: 'shop' }
  const blog = (): ReturnType<typeof recordFor> =>
    recordFor('blog', { addresses: ['192.0.2.2'] }, { hostnames: [WWW], ...at('second') })
  const giveUp = ({ store }: EngineBench, how: string): void => {
    if (how === 'deleted') store.delete('DynamicDNSRecord', SHOP)
    else store.put(shop('192.0.2.1', { hostnames: ['shop.example.com'], ...at('main') }))
  }

  it.each(['edited', 'deleted'])('stays until it is there, where the first is %s', async (how) => {
    const { bench, providers } = await start()
    providers.zones.second.fail('down', 4)
    giveUp(bench, how)
    bench.store.put(blog())
    const seen = new Set<string>()
    for (let step = 0; step < 600; step += 1) {
      await bench.clock.advance(100)
      seen.add(answersAt(providers, WWW).join(' and ') || 'nothing')
    }
    expect(seen).not.toContain('nothing')
    expect([...seen].at(-1)).toBe('second A 192.0.2.2')
    expect(bench.ready('DynamicDNSRecord', 'shop')?.slice(0, 4)).toBe(how === 'edited' ? 'True' : undefined)
  })

  it('says meanwhile for whom it stays', async () => {
    const { bench, providers } = await start()
    providers.zones.second.fail('down', 1000)
    giveUp(bench, 'edited')
    bench.store.put(blog())
    await bench.clock.advance(30_000)
    expect(bench.ready('DynamicDNSRecord', 'shop')).toBe(
      `False Progressing: A ${WWW} goes over to DynamicDNSRecord web/blog, which has not taken it yet: see what that waits for, or take the name out of it`,
    )
  })

  it('goes at once where that may not have it there', async () => {
    const { bench, providers } = await start()
    const theirs = providers.zones.main.table.atName(WWW as Fqdn).map((set) => {
      return { ...set, values: [{ value: '198.51.100.1', owner: undefined }] }
    })
    providers.zones.second.edit((table) => theirs.forEach((set) => table.set(set)))
    giveUp(bench, 'deleted')
    bench.store.put(blog())
    await bench.clock.advance(10_000)
    expect(answersAt(providers, WWW)).toEqual(['second A 198.51.100.1'])
    expect(bench.ready('DynamicDNSRecord', 'shop')).toBeUndefined()
  })

  it('goes at once where that has it there already', async () => {
    const { bench, providers } = await start()
    bench.store.put(blog())
    await bench.clock.advance(5_000)
    providers.zones.second.fail('down', 1000)
    giveUp(bench, 'deleted')
    await bench.clock.advance(1_000)
    expect(answersAt(providers, WWW)).toEqual(['second A 192.0.2.2'])
  })

  it('goes at once where another cluster has the same values there, beside whose marks there is no second', async () => {
    const { bench, providers } = await start({ ownership: 'PerValue' })
    const owner = {
      ...{ id: 'cluster-2' as OwnerId, uid: 'theirs', resource: 'dynamicdnsrecord/web/blog' },
      adopted: false,
    }
    const theirs = providers.zones.main.table.atName(WWW as Fqdn).map((set) => {
      return { ...set, values: [{ value: '192.0.2.2', owner }] }
    })
    providers.zones.second.edit((table) => theirs.forEach((set) => table.set(set)))
    bench.store.put(blog())
    giveUp(bench, 'deleted')
    await bench.clock.advance(10_000)
    expect(bench.ready('DynamicDNSRecord', 'blog')).toMatch(/^True/)
    expect(answersAt(providers, WWW)).toEqual(['second A 192.0.2.2'])
    expect(bench.ready('DynamicDNSRecord', 'shop')).toBeUndefined()
  })

  it('stays where that is to come from another one, until the move is approved', async () => {
    const { bench, providers } = await start()
    bench.store.put(blog())
    await bench.clock.advance(5_000)
    bench.store.put({ ...blog(), spec: { ...blog().spec, ...at('main') } })
    await bench.clock.advance(5_000)
    giveUp(bench, 'deleted')
    await bench.clock.advance(30_000)
    expect(answersAt(providers, WWW)).toEqual(['main A 192.0.2.1', 'second A 192.0.2.2'])
    expect(bench.ready('DynamicDNSRecord', 'shop')).toContain('goes over to DynamicDNSRecord web/blog')
    const hash = /approve: (\w+)/.exec(String(bench.ready('DynamicDNSRecord', 'blog')))?.[1] ?? ''
    bench.store.annotate('DNSProvider', { namespace: 'web', name: 'main' }, { 'dns.stoa.dev/approve': hash })
    await bench.clock.advance(30_000)
    expect(answersAt(providers, WWW)).toEqual(['main A 192.0.2.2'])
    expect(bench.ready('DynamicDNSRecord', 'shop')).toBeUndefined()
    expect(bench.ready('DynamicDNSRecord', 'blog')).toMatch(/^True Succeeded/)
  })

  it('goes at once from the place that that is to leave once its move is approved', async () => {
    const { bench, providers } = await start()
    const spec = { hostnames: [WWW], addressFamilies: ['IPv6'], ...at('main') }
    bench.store.put(recordFor('blog', { addresses: ['2001:db8::1'] }, spec))
    await bench.clock.advance(5_000)
    bench.store.put(recordFor('blog', { addresses: ['2001:db8::1'] }, { ...spec, ...at('second') }))
    await bench.clock.advance(5_000)
    expect(bench.ready('DynamicDNSRecord', 'blog')).toMatch(/^False MoveHeld/)
    giveUp(bench, 'deleted')
    await bench.clock.advance(5_000)
    expect(answersAt(providers, WWW)).toEqual(['main AAAA 2001:db8::1'])
  })

  it('is left without its mark at once where it is to be retained', async () => {
    const { bench, providers } = await start()
    bench.store.put(shop('192.0.2.1', { deletionPolicy: 'Retain', ...at('main') }))
    await bench.clock.advance(5_000)
    providers.zones.second.fail('down', 1000)
    giveUp(bench, 'deleted')
    bench.store.put(blog())
    await bench.clock.advance(5_000)
    expect(answersAt(providers, WWW)).toEqual(['main A 192.0.2.1'])
    expect(bench.ready('DynamicDNSRecord', 'shop')).toBeUndefined()
  })
})
