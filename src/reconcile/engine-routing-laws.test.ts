// Targets, priorities, weights, placeholders and floors that change at random, while probes and detections fail and return, the provider
// fails, somebody suspends the record or has its plans wait, and Stoa is restarted in between.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { EngineBench } from '../../test/support/engine-bench.ts'
import { RoutingWatch } from '../../test/support/routing-watch.ts'
import { expectSets, type Outlook } from '../../test/support/routing-wishes.ts'
import {
  addressOf,
  HOSTS,
  LITERALS,
  NODES,
  RoutingWorld,
  SHOP,
  TARGETS,
  type HostState,
  type NodeState,
  type Wish,
} from '../../test/support/routing-world.ts'
import type { Fqdn } from '../model/name.ts'
import { compareText, type StoredSet } from '../model/record-set.ts'

const FOREIGN: StoredSet = {
  key: { name: 'foreign.example.com' as Fqdn, type: 'A', setId: '' },
  values: [{ value: '198.51.100.99', owner: undefined }],
  ...{ ttl: 300, routing: undefined, options: undefined },
}

type Event =
  | { readonly kind: 'node'; readonly name: string; readonly part: Partial<NodeState> }
  | { readonly kind: 'host'; readonly name: string; readonly part: Partial<HostState> }
  | { readonly kind: 'ill'; readonly address: string; readonly isIll: boolean }
  | { readonly kind: 'check'; readonly areChecked: boolean }
  | { readonly kind: 'wan'; readonly wan: string | undefined }
  | { readonly kind: 'edit'; readonly part: Partial<Wish> }
  | { readonly kind: 'down' | 'lost-answer' | 'restart' }
  | { readonly kind: 'wait'; readonly ms: number }

const kindOf = <Kind extends Event['kind']>(kind: Kind): fc.Arbitrary<Kind> => fc.constant(kind)
const each = (one: fc.Arbitrary<number>): fc.Arbitrary<number[]> =>
  fc.array(one, { minLength: TARGETS.length, maxLength: TARGETS.length })

const edits: fc.Arbitrary<Partial<Wish>> = fc.oneof(
  fc.record({ policy: fc.constantFrom('Simple', 'Failover', 'Failover', 'Weighted', 'Latency', 'Geo') }),
  fc.record({ priorities: each(fc.constantFrom(1, 2, 3)), failbackSeconds: fc.constantFrom(0, 60) }),
  fc.record({ policy: kindOfPolicy('Weighted'), weights: each(fc.constantFrom(0, 0, 1, 5)) }),
  fc.record({ targets: fc.subarray([...TARGETS], { minLength: 1 }) }),
  fc.record({ minAddresses: fc.constantFrom(0, 1, 2, 3), maxAddresses: fc.constantFrom(1, 2, 100) }),
  fc.record({ isChecked: fc.boolean() }),
  fc.record({ follows: fc.boolean() }),
  fc.record({ suspend: fc.boolean() }),
  fc.record({ mode: fc.constantFrom<Wish['mode'][]>('Apply', 'PlanSpec', 'PlanAll') }),
  fc.record({
    entries: fc.subarray(['{region}.r.example.com', '{member}.m.example.com']).map((more) => [SHOP, ...more]),
  }),
)

const nodeParts: fc.Arbitrary<Partial<NodeState>> = fc.oneof(
  fc.record({ isIn: fc.boolean() }),
  fc.record({ isDrained: fc.boolean() }),
  fc.record({ ready: fc.constantFrom<NodeState['ready'][]>('True', 'False', 'Unknown') }),
  fc.record({ at: fc.constantFrom<NodeState['at'][]>(0, 1) }),
)
const hostParts = fc.oneof(fc.record({ isIn: fc.boolean() }), fc.record({ isDrained: fc.boolean() }))
const probed = [...[...NODES, ...HOSTS].map((name) => addressOf(name)), ...LITERALS]

const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: kindOf('node'), name: fc.constantFrom(...NODES), part: nodeParts }) },
  { weight: 2, arbitrary: fc.record({ kind: kindOf('host'), name: fc.constantFrom(...HOSTS), part: hostParts }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: kindOf('ill'), address: fc.constantFrom(...probed), isIll: fc.boolean() }),
  },
  fc.record({ kind: kindOf('check'), areChecked: fc.boolean() }),
  {
    weight: 2,
    arbitrary: fc.record({ kind: kindOf('wan'), wan: fc.constantFrom(undefined, '203.0.113.7', '203.0.113.8') }),
  },
  { weight: 5, arbitrary: fc.record({ kind: kindOf('edit'), part: edits }) },
  fc.constantFrom<Event[]>({ kind: 'down' }, { kind: 'lost-answer' }, { kind: 'restart' }, { kind: 'restart' }),
  {
    weight: 6,
    arbitrary: fc.record({ kind: kindOf('wait'), ms: fc.constantFrom(0, 5, 300, 1_000, 7_000, 31_000, 90_000) }),
  },
)

function kindOfPolicy(policy: Wish['policy']): fc.Arbitrary<Wish['policy']> {
  return fc.constant(policy)
}

async function happen(world: RoutingWorld, watch: RoutingWatch, event: Event): Promise<void> {
  const { zone, clock, restart } = world.bench
  switch (event.kind) {
    case 'wait':
      return clock.advance(event.ms)
    case 'restart':
      watch.noteRestart()
      return restart()
    case 'down':
      return zone.fail('down', 5)
    case 'lost-answer':
      return zone.fail('lost-answer')
    case 'node':
      return world.changeNode(event.name, event.part)
    case 'host':
      return world.changeHost(event.name, event.part)
    case 'ill':
      return world.setIll(event.address, event.isIll)
    case 'check':
      return world.checkPools(event.areChecked)
    case 'wan':
      return world.setWan(event.wan)
    case 'edit':
      world.ask(event.part)
      return watch.noteEdit()
  }
}

/** By name, type and set, apart from what ends in one of these ways. */
function listSets({ zone }: EngineBench, open: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const ours = [...zone.table.all()].filter(({ key: { name } }) => {
    return name !== FOREIGN.key.name && !open.some((ending) => name.endsWith(ending))
  })
  return new Map(
    ours.map(({ key: { name, type, setId }, values }) => {
      return [`${name} ${type} ${setId}`, values.map(({ value }) => value).sort(compareText)]
    }),
  )
}

/** Of a set that is cut, the size and where its values come from. */
function expectOutlook({ bench, wish: { maxAddresses } }: RoutingWorld, { sets, open }: Outlook): void {
  const there = listSets(bench, open)
  const wanted = [...sets].filter(([key]) => !open.some((ending) => key.split(' ')[0]?.endsWith(ending) === true))
  expect([...there.keys()].sort()).toEqual(wanted.map(([key]) => key).sort())
  for (const [key, values] of wanted) {
    const has = there.get(key) ?? []
    if (values.length <= maxAddresses) expect([key, has]).toEqual([key, values])
    expect(values).toEqual(expect.arrayContaining([...has]))
    expect(has).toHaveLength(Math.min(maxAddresses, values.length))
  }
}

const routed = fc.constantFrom([], ['Weighted', 'Latency', 'Geo'] as const)
const histories = fc.array(events, { minLength: 5, maxLength: 40, size: 'max' })

it('a name has an answer at every moment, ends with what is asked for and fit, and a restart finds nothing to say or do', async () => {
  await fc.assert(
    fc.asyncProperty(routed, histories, async (routing, history) => {
      const world = new RoutingWorld(routing)
      const { bench } = world
      bench.zone.edit((table) => table.set(FOREIGN))
      const watch = new RoutingWatch(world)
      await world.begin()
      expectOutlook(world, expectSets(world))
      for (const event of history) await happen(world, watch, event)
      world.putRight()
      watch.noteEdit()
      await bench.clock.advance(900_000)
      const outlook = expectSets(world)
      expectOutlook(world, outlook)
      const { zone, store } = bench
      const written = [zone.writes, store.statusWrites.length]
      await bench.clock.advance(600_000)
      expect([zone.writes, store.statusWrites.length]).toEqual(written)
      await bench.restart()
      await bench.clock.advance(600_000)
      // What is held is not remembered wholly: of that only the name's answer is asked for, at each write.
      if (outlook.open.length === 0) expect([zone.writes, store.statusWrites.length]).toEqual(written)
      expectOutlook(world, outlook)
      const ready = bench.ready('DynamicDNSRecord', 'shop')?.slice(0, 14)
      if (outlook.open.length === 0) expect(ready).toBe('True Succeeded')
      else expect(ready).not.toBe('True Succeeded')
      expect(watch.wrongs).toEqual([])
      expect(bench.zone.table.get(FOREIGN.key)).toEqual(FOREIGN)
      await bench.stop()
    }),
    { numRuns: 20 },
  )
}, 60_000)
