// What many changes at once cost: calls at the provider, status writes, and looks at objects that have nothing to do with them.
import { describe, expect, it } from 'vitest'
import type { DNSProvider } from '../api/kinds.ts'
import {
  PROVIDER,
  recordFor,
  slowDownFinalizers,
  startEngine,
  type EngineBench,
} from '../../test/support/engine-bench.ts'
import type { Fqdn } from '../model/name.ts'
import { ZoneTwins } from './provider/zone-twins.ts'

const LABELS = Array.from({ length: 60 }, (_, index) => `n${index}`)

async function withRecords(): Promise<EngineBench> {
  const bench = startEngine()
  bench.store.put(PROVIDER)
  for (const label of LABELS) bench.store.put(recordFor(label, { addresses: ['192.0.2.1'] }))
  await bench.clock.advance(5_000)
  return bench
}

describe('edits of many records at once', () => {
  it('reach DNS in one call, and wait for nobody of whom a status cannot be written', async () => {
    const { clock, store, zone, valuesAt } = await withRecords()
    store.writeStatus = (_kind, _seen, _status, signal = new AbortController().signal) => clock.sleep(60_000, signal)
    const { writes } = zone
    for (const label of LABELS) store.put(recordFor(label, { addresses: ['192.0.2.2'] }))
    await clock.advance(1_000)
    expect(LABELS.filter((label) => valuesAt(`${label}.example.com`)?.join() !== '192.0.2.2')).toEqual([])
    expect(zone.writes - writes).toBe(1)
    await clock.advance(10_000)
    store.put(recordFor('n59', { addresses: ['192.0.2.3'] }))
    await clock.advance(1_000)
    expect(valuesAt('n59.example.com')).toEqual(['192.0.2.3'])
  })
})

describe('names that records give up', () => {
  it('are offered to those alone of which it is not known what they take', async () => {
    const { clock, store, valuesAt } = await withRecords()
    let looks = 0
    const [get, list] = [store.get.bind(store), store.list.bind(store)]
    store.get = (kind, key) => {
      if (kind === 'DynamicDNSRecord') looks += 1
      return get(kind, key)
    }
    store.list = (kind) => {
      if (kind === 'DynamicDNSRecord') looks += LABELS.length
      return list(kind)
    }
    store.put(recordFor('n0', { addresses: ['192.0.2.1'] }, { hostnames: ['other.example.com'] }))
    await clock.advance(3_000)
    expect([valuesAt('n0.example.com'), valuesAt('other.example.com')]).toEqual([undefined, ['192.0.2.1']])
    expect(looks).toBeLessThan(LABELS.length)
  })

  it('are said to go over only where that takes its time', async () => {
    const bench = await withRecords()
    const { clock, store, valuesAt, ready } = bench
    const statusesOf = (name: string): number => store.statusWrites.filter((write) => write.name === name).length
    slowDownFinalizers(bench, 1_000)
    const before = statusesOf('n1')
    store.put(recordFor('taker', { addresses: ['192.0.2.9'] }, { hostnames: ['n1.example.com'] }))
    store.put(recordFor('n1', { addresses: ['192.0.2.1'] }, { hostnames: ['moved.example.com'] }))
    await clock.advance(10_000)
    expect(valuesAt('n1.example.com')).toEqual(['192.0.2.9'])
    expect(ready('DynamicDNSRecord', 'n1')).toMatch(/^True/)
    expect(statusesOf('n1') - before).toBe(1)
  })
})

describe('the zones of a DNSProvider', () => {
  it('are compared with those of others by reading its spec once', () => {
    const zones = Array.from({ length: 200 }, (_, index) => `z${index}.example.com` as Fqdn)
    let reads = 0
    const spec = {
      type: 'RFC2136',
      rfc2136: { server: '192.0.2.53' },
      get zones() {
        reads += 1
        return zones
      },
    }
    const reached = ['dns/a', 'dns/b'].map((ref) => {
      return { ref, zones, object: { metadata: { name: ref, namespace: 'dns' }, spec } as unknown as DNSProvider }
    })
    const [zone] = zones
    expect(zone && new ZoneTwins(reached).of({ provider: 'dns/a', zone })).toEqual([{ provider: 'dns/b', zone }])
    expect(reads).toBe(2)
  })
})
