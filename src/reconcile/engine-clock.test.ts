// The date is set while Stoa runs, as NTP does on a host that booted with a wrong one: nothing waits for as long, and nothing leaves DNS for it.
import { describe, expect, it } from 'vitest'
import { node, POOL, PROVIDER, recordFor, startEngine } from '../../test/support/engine-bench.ts'
import { TransientError } from '../model/errors.ts'

const HOUR_MS = 3_600_000

describe('a date that is set back by an hour', () => {
  it('does not silence a record that waits for the zones of its provider', async () => {
    const { clock, store, world, ready } = startEngine()
    world.listing = new TransientError('ProviderUnavailable', 'the API does not answer')
    for (const manifest of [PROVIDER, recordFor('shop', { addresses: ['192.0.2.1'] })]) store.put(manifest)
    await clock.advance(2_000)
    clock.set(-HOUR_MS)
    await clock.advance(30_000)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^False ProviderUnavailable/)
  })

  it('does not put off the way back to a better group', async () => {
    const { clock, store, valuesAt } = startEngine()
    const edge = (n: number, priority: number): object => ({
      ...{ name: `t${n}`, priority, nodePool: { name: `p${n}` } },
    })
    for (const n of [1, 2]) {
      store.put({
        ...POOL,
        metadata: { ...POOL.metadata, name: `p${n}` },
        spec: { ...POOL.spec, selector: { matchLabels: { role: `r${n}` } } },
      })
      store.putNode(at(n))
    }
    const routing = { policy: 'Failover', failbackSeconds: 60 }
    store.put(PROVIDER)
    store.put(recordFor('shop', edge(1, 1), { targets: [edge(1, 1), edge(2, 2)], routing }))
    await clock.advance(5_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1'])
    store.putNode(at(1, ['karpenter.sh/disrupted']))
    await clock.advance(5_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.2'])
    store.putNode(at(1))
    await clock.advance(40_000)
    clock.set(-HOUR_MS)
    await clock.advance(120_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1'])
  })
})

function at(n: number, taints: readonly string[] = []): unknown {
  const made = node(`n${n}`, `192.0.2.${n}`, { taints }) as { metadata: { labels: object } }
  return { ...made, metadata: { ...made.metadata, labels: { role: `r${n}` } } }
}
