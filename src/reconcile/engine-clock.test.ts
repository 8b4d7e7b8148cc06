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

  it('does not keep a node in DNS that is not ready', async () => {
    const { clock, store, valuesAt } = startEngine()
    for (const n of [1, 2, 3]) store.putNode(node(`n${n}`, `192.0.2.${n}`))
    for (const manifest of [PROVIDER, POOL, recordFor('shop', { nodePool: { name: 'edge' } })]) store.put(manifest)
    await clock.advance(5_000)
    store.putNode(node('n2', '192.0.2.2', { ready: 'False', since: clock.now() }))
    await clock.advance(10_000)
    clock.set(-HOUR_MS)
    await clock.advance(60_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1', '192.0.2.3'])
  })

  it('does not keep a node in DNS that fails its check', async () => {
    const { clock, store, world, valuesAt } = startEngine()
    for (const n of [1, 2, 3]) store.putNode(node(`n${n}`, `192.0.2.${n}`))
    const healthCheck = { tcpSocket: { port: 80 }, removalDelaySeconds: 60 }
    for (const manifest of [
      PROVIDER,
      { ...POOL, spec: { ...POOL.spec, healthCheck } },
      recordFor('shop', { nodePool: { name: 'edge' } }),
    ])
      store.put(manifest)
    await clock.advance(60_000)
    world.ill.set('192.0.2.2', 'connection refused')
    await clock.advance(40_000)
    expect(valuesAt('shop.example.com')).toHaveLength(3)
    clock.set(-HOUR_MS)
    await clock.advance(120_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.1', '192.0.2.3'])
  })

  it('does not take out young nodes that are not ready without their grace', async () => {
    const { clock, store, valuesAt } = startEngine()
    for (const n of [1, 2, 3, 4]) store.putNode(young(n, clock.now() - 600_000, 'True', clock.now() - 500_000))
    for (const manifest of [PROVIDER, POOL, recordFor('shop', { nodePool: { name: 'edge' } })]) store.put(manifest)
    await clock.advance(5_000)
    const realNow = clock.now()
    clock.set(-HOUR_MS)
    for (const n of [1, 2, 3, 4]) store.putNode(young(n, realNow - 605_000, 'False', realNow))
    await clock.advance(10_000)
    expect(valuesAt('shop.example.com')).toHaveLength(4)
    await clock.advance(60_000)
    expect(valuesAt('shop.example.com')).toHaveLength(2)
  })
})

function at(n: number, taints: readonly string[] = []): unknown {
  const made = node(`n${n}`, `192.0.2.${n}`, { taints }) as { metadata: { labels: object } }
  return { ...made, metadata: { ...made.metadata, labels: { role: `r${n}` } } }
}

function young(n: number, createdAt: number, ready: string, since: number): unknown {
  const made = node(`n${n}`, `192.0.2.${n}`, { ready, since }) as { metadata: object }
  return { ...made, metadata: { ...made.metadata, creationTimestamp: new Date(createdAt).toISOString() } }
}
