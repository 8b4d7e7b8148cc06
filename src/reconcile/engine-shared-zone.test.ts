import { describe, expect, it } from 'vitest'
import { PROVIDER, recordFor, startEngine, type EngineBench } from '../../test/support/engine-bench.ts'

const MAIN = { namespace: 'web', name: 'main' }
const SHOP = { namespace: 'web', name: 'shop' }
const OTHER = { ...PROVIDER, metadata: { name: 'other', namespace: 'web' } }
const by = (name: string): object => ({ providerRef: { name } })
const shop = (spec: object = {}): ReturnType<typeof recordFor> => recordFor('shop', { addresses: ['192.0.2.1'] }, spec)

/** A record in a zone that one DNSProvider reaches. */
async function withShop(spec: object = {}): Promise<EngineBench> {
  const bench = startEngine()
  bench.store.put(PROVIDER)
  bench.store.put(shop(spec))
  await bench.clock.advance(5_000)
  return bench
}

/** Everything that the name answers with within ten minutes. */
async function watch({ clock, valuesAt }: EngineBench): Promise<readonly string[]> {
  const seen = new Set<string>()
  for (let step = 0; step < 6_000; step += 1) {
    await clock.advance(100)
    seen.add(String(valuesAt('shop.example.com')))
  }
  return [...seen]
}

function orphansOf({ store }: EngineBench): readonly (number | undefined)[] {
  return ['main', 'other'].map((name) => {
    return store.get('DNSProvider', { namespace: 'web', name })?.status?.zones?.[0]?.orphans?.count
  })
}

describe('a zone that a second DNSProvider reaches', () => {
  it.each([
    ['names the first', by('main')],
    ['names none', {}],
  ])('keeps what is there of a record that %s', async (_which, spec) => {
    const bench = await withShop(spec)
    const writes = bench.zone.writes
    bench.store.put(OTHER)
    expect(await watch(bench)).toEqual(['192.0.2.1'])
    expect(bench.zone.writes).toBe(writes)
    expect(bench.ready('DynamicDNSRecord', 'shop')).toBe('True Succeeded: 1 record set in sync: 192.0.2.1')
    expect(bench.store.get('DynamicDNSRecord', SHOP)?.status?.zones).toEqual([
      { zone: 'example.com', provider: 'web/main' },
    ])
    expect(orphansOf(bench)).toEqual([undefined, undefined])
  })

  it('goes over to the second with the record that names it, without a write', async () => {
    const bench = await withShop(by('main'))
    const writes = bench.zone.writes
    bench.store.put(OTHER)
    await bench.clock.advance(5_000)
    bench.store.put(shop(by('other')))
    expect(await watch(bench)).toEqual(['192.0.2.1'])
    expect(bench.zone.writes).toBe(writes)
    expect(bench.store.get('DynamicDNSRecord', SHOP)?.status?.zones).toEqual([
      { zone: 'example.com', provider: 'web/other' },
    ])
    expect(orphansOf(bench)).toEqual([undefined, undefined])
  })

  it('goes over to the second when the first is deleted, which then is gone', async () => {
    const bench = await withShop()
    bench.store.put(OTHER)
    await bench.clock.advance(5_000)
    bench.store.delete('DNSProvider', MAIN)
    expect(await watch(bench)).toEqual(['192.0.2.1'])
    expect(bench.store.get('DNSProvider', MAIN)).toBeUndefined()
    expect(bench.ready('DynamicDNSRecord', 'shop')).toBe('True Succeeded: 1 record set in sync: 192.0.2.1')
  })

  it('gives no name to a second record, which is told who has it', async () => {
    const bench = await withShop(by('main'))
    bench.store.put(OTHER)
    bench.store.put(
      recordFor('blog', { addresses: ['192.0.2.9'] }, { hostnames: ['shop.example.com'], ...by('other') }),
    )
    expect(await watch(bench)).toEqual(['192.0.2.1'])
    expect(bench.ready('DynamicDNSRecord', 'blog')).toMatch(/^False Conflicted: .*DynamicDNSRecord web\/shop/)
  })
})
