import { expect, it } from 'vitest'
import { MemoryStore } from '../../../test/fakes/memory-store.ts'
import { recordFor } from '../../../test/support/engine-bench.ts'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import { listGiven } from './given-addresses.ts'

const EDGE = { name: 'edge', nodePool: { name: 'edge' } }
const CHECK = { healthCheck: { tcpSocket: { port: 80 } } }

async function storeWith(
  ...records: readonly { readonly addresses: readonly string[]; readonly spec?: object }[]
): Promise<MemoryStore> {
  const store = new MemoryStore(new SimulatedClock(0))
  for (const [index, { addresses, spec }] of records.entries()) {
    const name = `shop-${index}`
    store.put(recordFor(name, EDGE, spec))
    const seen = store.get('DynamicDNSRecord', { namespace: 'web', name })?.metadata
    if (seen === undefined) throw new Error('the record is not there')
    const targets = [{ name: 'edge', source: 'nodePool/web/edge', known: true, addresses }]
    await store.writeStatus('DynamicDNSRecord', seen, { observedGeneration: 1, conditions: [], targets })
  }
  return store
}

it('is what all records of the pool told, apart from those with a health check of their own', async () => {
  const store = await storeWith(
    { addresses: ['192.0.2.1', '192.0.2.2'] },
    { addresses: ['192.0.2.2', '192.0.2.3'] },
    { addresses: ['192.0.2.4'], spec: CHECK },
  )
  expect(listGiven(store, 'web/edge')).toEqual(new Set(['192.0.2.1', '192.0.2.2', '192.0.2.3']))
})

it('is nobody where records told that they give nobody', async () => {
  expect(listGiven(await storeWith({ addresses: [] }), 'web/edge')).toEqual(new Set())
})

it.each([
  ['no record told of the pool', ['192.0.2.1'], 'web/other'],
  ['a record may have told of some only', Array<string>(1_000).fill('192.0.2.1'), 'web/edge'],
])('is unknown where %s', async (_why, addresses, pool) => {
  expect(listGiven(await storeWith({ addresses }), pool)).toBeUndefined()
})

it('is unknown where the records were not read', async () => {
  const store = await storeWith({ addresses: ['192.0.2.1'] })
  store.unsynced.add('DynamicDNSRecord')
  expect(listGiven(store, 'web/edge')).toBeUndefined()
})
