import { expect, it } from 'vitest'
import { MemoryStore } from '../../../test/fakes/memory-store.ts'
import { node, POOL, recordFor } from '../../../test/support/engine-bench.ts'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import type { DynamicDNSRecord } from '../../api/kinds.ts'
import { HealthBoard } from '../health/health-board.ts'
import { PoolBoard } from '../pool/pool-board.ts'
import type { Boards } from './boards.ts'
import { hasBeenProbed, openHealth } from './record-health.ts'

const EDGE = { namespace: 'web', name: 'edge' }

interface Bench {
  readonly store: MemoryStore
  readonly clock: SimulatedClock
  readonly boards: Boards
  readonly record: DynamicDNSRecord
}

/** A record with a check of its own, of a pool that is there. */
function start(): Bench {
  const clock = new SimulatedClock()
  const store = new MemoryStore(clock)
  const health = new HealthBoard({
    ...{ clock, random: () => 0.5, probe: () => Promise.resolve(undefined), onVerdict: () => undefined },
  })
  store.putNode(node('n1', '192.0.2.1'))
  store.put(POOL)
  store.put(recordFor('shop', { nodePool: { name: 'edge' } }, { healthCheck: { tcpSocket: { port: 80 } } }))
  const record = store.get('DynamicDNSRecord', { namespace: 'web', name: 'shop' })?.resource
  if (record === undefined) throw new Error('the record is not valid')
  const wans = { observed: () => undefined } as unknown as Boards['wans']
  return { store, clock, record, boards: { store, clock, health, wans, pools: new PoolBoard() } }
}

function judge({ store, clock, boards: { pools } }: Bench): void {
  const pool = store.get('NodePool', EDGE)?.resource
  if (pool === undefined) throw new Error('the pool is not valid')
  pools.set('web/edge', pool, { nodes: () => store.nodes(), given: () => undefined }, clock.now())
  pools.judge('web/edge', undefined, clock.now())
}

it('a check has not had its say before its pool was judged, and every member has answered', async () => {
  const bench = start()
  const { clock, boards, record } = bench
  const look = (): boolean => {
    openHealth(record, boards, { given: () => undefined, isProbed: false })
    return hasBeenProbed(record, boards)
  }
  expect(look(), 'nobody knows yet who is to be probed').toBe(false)
  judge(bench)
  expect(look(), 'nobody has answered yet').toBe(false)
  await clock.advance(10_000)
  expect(look()).toBe(true)
})

it.each<[string, (bench: Bench) => void]>([
  ['the nodes cannot be read', ({ store }) => store.unsynced.add('Node')],
  ['the spec of the pool cannot', ({ store }) => store.loseSpec('NodePool', EDGE)],
  ['there is no pool', ({ store }) => store.delete('NodePool', EDGE)],
])('a pool is not waited for where %s: nobody knows for how long', (_why, spoil) => {
  const bench = start()
  spoil(bench)
  openHealth(bench.record, bench.boards, { given: () => undefined, isProbed: false })
  expect(hasBeenProbed(bench.record, bench.boards)).toBe(true)
})
