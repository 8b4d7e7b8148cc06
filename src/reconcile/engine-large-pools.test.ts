// Pools with more members out of DNS than their status has room for.
import { describe, expect, it } from 'vitest'
import { node, POOL, PROVIDER, recordFor, startEngine, type EngineBench } from '../../test/support/engine-bench.ts'

const EDGE = { namespace: 'web', name: 'edge' }
/** The brake of the pool lets half of them go. */
const MEMBERS = 250
const addressOf = (n: number): string => `192.0.2.${n}`

interface Sickness {
  readonly sick: number
  readonly removalDelaySeconds?: number
}

async function withSickPool({ sick, removalDelaySeconds = 0 }: Sickness): Promise<EngineBench> {
  const bench = startEngine()
  const { store, clock, world } = bench
  for (let n = 1; n <= MEMBERS; n += 1) store.putNode(node(`n${n}`, addressOf(n)))
  for (let n = 1; n <= sick; n += 1) world.ill.set(addressOf(n), 'connection refused')
  const healthCheck = { tcpSocket: { port: 80 }, removalDelaySeconds }
  store.put(PROVIDER)
  store.put({ ...POOL, spec: { ...POOL.spec, healthCheck } })
  store.put(recordFor('shop', { nodePool: { name: 'edge' } }, { maxAddresses: 50 }))
  await clock.advance(300_000)
  return bench
}

describe('a restart, where more of a pool fail their check than its status lists', () => {
  it.each([0, 120])('brings nobody back and says nothing, with a delay of %s seconds', async (removalDelaySeconds) => {
    const { clock, store, zone, restart } = await withSickPool({ sick: 120, removalDelaySeconds })
    const { inactive, members } = store.get('NodePool', EDGE)?.status ?? {}
    expect([inactive?.length, members?.unhealthy]).toEqual([100, 120])
    const before = [zone.writes, store.statusWrites.length]
    await restart()
    await clock.advance(200_000)
    expect([zone.writes, store.statusWrites.length]).toEqual(before)
  })

  it('leaves in DNS whom the brake keeps there, and takes in whoever is well again', async () => {
    const { clock, store, zone, world, restart } = await withSickPool({ sick: 130 })
    const before = zone.writes
    await restart()
    await clock.advance(200_000)
    const { members } = store.get('NodePool', EDGE)?.status ?? {}
    expect([zone.writes, members?.active, members?.unhealthy]).toEqual([before, 125, 125])
    world.ill.clear()
    await clock.advance(120_000)
    expect(store.get('NodePool', EDGE)?.status?.members?.active).toBe(MEMBERS)
  })
})
