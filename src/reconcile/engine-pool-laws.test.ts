// Pools whose nodes, probes and specs change at random, while the provider fails and Stoa is restarted in between.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { node, POOL, PROVIDER, recordFor, startEngine, type EngineBench } from '../../test/support/engine-bench.ts'

const NODES = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5'] as const
const POOLS = ['edge', 'far'] as const
type NodeName = (typeof NODES)[number]
type PoolName = (typeof POOLS)[number]
const KARPENTER = 'karpenter.sh/disrupted'
const CHECK = { healthCheck: { tcpSocket: { port: 80 } } }

interface NodeState {
  readonly role: PoolName | 'none'
  readonly taints: readonly string[]
  readonly ready: 'True' | 'False' | 'Unknown'
  readonly isGone: boolean
  /** Which of its two addresses it has. */
  readonly at: 0 | 1
}

type Event =
  | { readonly kind: 'node'; readonly name: NodeName; readonly part: Partial<NodeState> }
  | { readonly kind: 'made again'; readonly name: NodeName }
  | { readonly kind: 'ill'; readonly name: NodeName; readonly isIll: boolean }
  | { readonly kind: 'pool'; readonly name: PoolName; readonly spec: object | 'gone' | 'invalid' }
  | { readonly kind: 'record'; readonly pool: PoolName; readonly isChecked: boolean }
  | { readonly kind: 'down' }
  | { readonly kind: 'lost-answer' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'wait'; readonly ms: number }

const name = fc.constantFrom(...NODES)
const poolSpecs = fc
  .record({
    minMembers: fc.constantFrom(0, 1, 2),
    maxUnavailablePercent: fc.constantFrom(1, 34, 50, 100),
    readmitSeconds: fc.constantFrom(0, 30, 60),
    graceSeconds: fc.constantFrom(0, 30),
    delay: fc.constantFrom(undefined, 0, 40),
  })
  .map(({ minMembers, maxUnavailablePercent, readmitSeconds, graceSeconds, delay }) => {
    const removal = { action: 'Remove', graceSeconds }
    const drain = { maxUnavailablePercent, readmitSeconds, notReady: removal, unreachable: removal }
    const check = delay === undefined ? {} : { healthCheck: { tcpSocket: { port: 80 }, removalDelaySeconds: delay } }
    return { minMembers, drain, ...check }
  })

const parts: fc.Arbitrary<Partial<NodeState>> = fc.oneof(
  fc.record({ role: fc.constantFrom('edge', 'far', 'none') }),
  fc.record({ taints: fc.constantFrom([], ['a'], ['a', 'b'], [KARPENTER]) }),
  fc.record({ ready: fc.constantFrom('True', 'False', 'Unknown') }),
  fc.record({ isGone: fc.boolean() }),
  fc.record({ at: fc.constantFrom(0, 1) }),
)
const kindOf = <Kind extends Event['kind']>(kind: Kind): fc.Arbitrary<Kind> => fc.constant(kind)
const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: kindOf('node'), name, part: parts }) },
  fc.record({ kind: kindOf('made again'), name }),
  { weight: 2, arbitrary: fc.record({ kind: kindOf('ill'), name, isIll: fc.boolean() }) },
  fc.record({
    kind: kindOf('pool'),
    name: fc.constantFrom(...POOLS),
    spec: fc.oneof({ weight: 3, arbitrary: poolSpecs }, fc.constantFrom<'gone' | 'invalid'>('gone', 'invalid')),
  }),
  fc.record({ kind: kindOf('record'), pool: fc.constantFrom(...POOLS), isChecked: fc.boolean() }),
  fc.constantFrom<Event>({ kind: 'down' }, { kind: 'lost-answer' }, { kind: 'restart' }),
  {
    weight: 6,
    arbitrary: fc.record({ kind: kindOf('wait'), ms: fc.constantFrom(0, 5, 300, 1_000, 7_000, 31_000, 90_000) }),
  },
)

const addressOf = (index: number, at: NodeState['at']): string => `192.0.2.${index + 1 + at * 100}`

/** A cluster of two pools and one record, and what should be true of it. */
class Cluster {
  readonly bench: EngineBench = startEngine()
  readonly #nodes = new Map<NodeName, NodeState & { readonly since: number; readonly created: number }>()
  readonly #specs = new Map<PoolName, object | 'gone' | 'invalid'>()
  readonly #ill = new Set<NodeName>()
  #record: { readonly pool: PoolName; readonly isChecked: boolean } = { pool: 'edge', isChecked: false }

  async begin(): Promise<void> {
    const { store, clock } = this.bench
    store.put({ ...PROVIDER, spec: { ...PROVIDER.spec, guard: { maxDeletePercent: 100 } } })
    const created = clock.now() - 86_400_000
    for (const [index, one] of NODES.entries()) {
      const role = index < 4 ? 'edge' : 'far'
      this.#put(one, { role, taints: [], ready: 'True', isGone: false, at: 0, since: created, created })
    }
    for (const pool of POOLS) this.#putPool(pool, {})
    this.#putRecord(this.#record)
    await clock.advance(30_000)
  }

  async happen(event: Event): Promise<void> {
    const { zone, clock, restart } = this.bench
    if (event.kind === 'wait') return clock.advance(event.ms)
    if (event.kind === 'restart') return this.#restart(restart)
    if (event.kind === 'down') return zone.fail('down', 5)
    if (event.kind === 'lost-answer') return zone.fail('lost-answer')
    if (event.kind === 'pool') return this.#putPool(event.name, event.spec)
    if (event.kind === 'record') return this.#putRecord(event)
    this.#change(event)
  }

  /** Whatever is out of order but nodes and probes is put right, and all comes to rest. */
  async settle(): Promise<void> {
    this.bench.zone.heal()
    for (const pool of POOLS) if (typeof this.#specs.get(pool) === 'string') this.#putPool(pool, {})
    await this.bench.clock.advance(900_000)
  }

  /** The addresses of all that are fit; undefined where a brake or a floor has a say. */
  get expected(): readonly string[] | undefined {
    const { pool, isChecked } = this.#record
    const { minMembers = 1, drain, healthCheck } = this.#specOf(pool)
    const staying = NODES.filter((one) => this.#stays(one, pool))
    const isProbed = isChecked || healthCheck !== undefined
    const fit = staying.filter((one) => this.#nodes.get(one)?.ready === 'True' && !(isProbed && this.#ill.has(one)))
    const quota = Math.floor((staying.length * (drain?.maxUnavailablePercent ?? 50)) / 100)
    if (fit.length < Math.max(1, minMembers) || staying.length - fit.length > quota) return undefined
    return fit.map((one) => this.#addressOf(one)).sort()
  }

  #specOf(pool: PoolName): {
    readonly minMembers?: number
    readonly drain?: { readonly maxUnavailablePercent: number }
    readonly healthCheck?: object
  } {
    const spec = this.#specs.get(pool)
    return typeof spec === 'object' ? spec : {}
  }

  #stays(one: NodeName, pool: PoolName): boolean {
    const state = this.#nodes.get(one)
    return state?.role === pool && !state.isGone && !state.taints.includes(KARPENTER)
  }

  #addressOf(one: NodeName): string {
    return addressOf(NODES.indexOf(one), this.#nodes.get(one)?.at ?? 0)
  }

  #change(event: Extract<Event, { readonly kind: 'node' | 'made again' | 'ill' }>): void {
    const before = this.#nodes.get(event.name)
    if (before === undefined) return
    const now = Math.floor(this.bench.clock.now() / 1000) * 1000
    if (event.kind === 'made again') {
      this.bench.store.deleteNode(event.name)
      return this.#put(event.name, { ...before, taints: [], ready: 'True', isGone: false, since: now, created: now })
    }
    if (event.kind === 'node') {
      const isOther = event.part.ready !== undefined && event.part.ready !== before.ready
      return this.#put(event.name, { ...before, ...event.part, since: isOther ? now : before.since })
    }
    if (event.isIll) this.#ill.add(event.name)
    else this.#ill.delete(event.name)
    this.#spread(event.name)
  }

  #put(one: NodeName, state: NodeState & { readonly since: number; readonly created: number }): void {
    const { store } = this.bench
    this.#nodes.set(one, state)
    this.#spread(one)
    if (state.isGone) return store.deleteNode(one)
    store.putNode(node(one, this.#addressOf(one), state))
  }

  /** At both its addresses. */
  #spread(one: NodeName): void {
    const { ill } = this.bench.world
    for (const at of [0, 1] as const) {
      const address = addressOf(NODES.indexOf(one), at)
      if (this.#ill.has(one)) ill.set(address, 'connection refused')
      else ill.delete(address)
    }
  }

  #putPool(pool: PoolName, spec: object | 'gone' | 'invalid'): void {
    const { store } = this.bench
    const key = { namespace: 'web', name: pool }
    const isThere = store.get('NodePool', key) !== undefined
    // One that was never valid is another story.
    if (spec === 'invalid' && !isThere) return
    this.#specs.set(pool, spec)
    if (spec === 'gone') {
      if (isThere) store.delete('NodePool', key)
      return
    }
    const base = { ...POOL.spec, selector: { matchLabels: { role: pool } } }
    store.put({ ...POOL, metadata: key, spec: { ...base, ...(spec === 'invalid' ? { minMembers: -1 } : spec) } })
  }

  #putRecord(record: { readonly pool: PoolName; readonly isChecked: boolean }): void {
    this.#record = record
    this.bench.store.put(recordFor('shop', { nodePool: { name: record.pool } }, record.isChecked ? CHECK : {}))
  }

  async #restart(restart: () => Promise<void>): Promise<void> {
    for (const pool of POOLS) {
      if (this.#specs.get(pool) === 'invalid') this.bench.store.loseSpec('NodePool', { namespace: 'web', name: pool })
    }
    await restart()
  }
}

const published = ({ valuesAt }: EngineBench): readonly string[] => [...(valuesAt('shop.example.com') ?? [])].sort()

const histories = fc.array(events, { minLength: 5, maxLength: 40, size: 'max' })

it('a name is never without an answer, ends with exactly the members that are fit, and then nothing is written any more', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const cluster = new Cluster()
      const { bench } = cluster
      await cluster.begin()
      for (const event of history) {
        await cluster.happen(event)
        expect(published(bench)).not.toEqual([])
      }
      await cluster.settle()
      const { expected } = cluster
      const written = [bench.zone.writes, bench.store.statusWrites.length]
      await bench.clock.advance(600_000)
      expect([bench.zone.writes, bench.store.statusWrites.length]).toEqual(written)
      if (expected !== undefined) {
        expect(published(bench)).toEqual(expected)
        expect(bench.ready('DynamicDNSRecord', 'shop')).toMatch(/^True Succeeded/)
        await bench.restart()
        await bench.clock.advance(600_000)
        expect([bench.zone.writes, published(bench)]).toEqual([written[0], expected])
      }
      await bench.stop()
    }),
    { numRuns: 40 },
  )
}, 60_000)
