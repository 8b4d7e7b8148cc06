// A record that is deleted before its first write has come back well leaves nothing behind that nobody claims.
import { expect, it } from 'vitest'
import { PROVIDER, recordFor, slowDownWrites, startEngine, type EngineBench } from '../../test/support/engine-bench.ts'

const SHOP = { namespace: 'web', name: 'shop' }

/** The record shop is new, and its write under way. */
async function withWriteUnderWay(slowDown: (bench: EngineBench) => void): Promise<EngineBench> {
  const bench = startEngine()
  const { clock, store } = bench
  store.put(PROVIDER)
  store.put(recordFor('other', { addresses: ['192.0.2.9'] }))
  await clock.advance(5_000)
  slowDown(bench)
  store.put(recordFor('shop', { addresses: ['192.0.2.1'] }))
  await clock.advance(500)
  return bench
}

/** The write is done; nobody hears of it, and for a while the zone cannot be read. */
function loseAnswer({ zone }: EngineBench): void {
  const write = zone.apply.bind(zone)
  zone.apply = async (batch) => {
    zone.apply = write
    zone.fail('lost-answer')
    const outcomes = await write(batch)
    zone.fail('down', 3)
    return outcomes
  }
}

it.each([
  ['is under way', (bench: EngineBench) => slowDownWrites(bench, 3_000)],
  ['has lost its answer', loseAnswer],
])(
  'a record that is deleted while its first write %s stays for it, and takes everything with it',
  async (_how, slowDown) => {
    const { clock, store, zone, valuesAt, ready } = await withWriteUnderWay(slowDown)
    store.delete('DynamicDNSRecord', SHOP)
    await clock.advance(100)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(
      /^False ProviderUnavailable: whether it has record sets .* is not known/,
    )
    await clock.advance(60_000)
    expect(store.get('DynamicDNSRecord', SHOP)).toBeUndefined()
    expect(valuesAt('shop.example.com')).toBeUndefined()
    expect(zone.table.size).toBe(1)
  },
)

it('a record that is deleted after its first write has failed for good goes at once', async () => {
  const { clock, store, valuesAt } = await withWriteUnderWay(({ zone }) => zone.poisoned.add('192.0.2.1'))
  store.delete('DynamicDNSRecord', SHOP)
  await clock.advance(1_000)
  expect(store.get('DynamicDNSRecord', SHOP)).toBeUndefined()
  expect(valuesAt('shop.example.com')).toBeUndefined()
})
