// Names that go from one DNSProvider to another: with their record, once that is approved, or to another record.
import { expect, it } from 'vitest'
import { recordFor, startEngine, type EngineBench } from '../../test/support/engine-bench.ts'
import {
  answersAt,
  createTwoProviders,
  putTwoProviders,
  type ProviderName,
  type TwoProviders,
} from '../../test/support/two-providers.ts'

const WWW = 'www.example.com'

const at = (provider: ProviderName): object => ({ providerRef: { name: provider, namespace: 'web' } })
const shop = (...[address, spec]: readonly [string, object]): ReturnType<typeof recordFor> =>
  recordFor('shop', { addresses: [address] }, { hostnames: [WWW], ...spec })

/** The record shop has www at the first of two. */
async function start(): Promise<{ readonly bench: EngineBench; readonly providers: TwoProviders }> {
  const providers = createTwoProviders()
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
