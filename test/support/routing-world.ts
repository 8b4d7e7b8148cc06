// One record of several targets under whatever routing policy, over pools, literals and a WAN address that change.
import { node, POOL, PROVIDER, recordFor, startEngine, WAN, type EngineBench } from './engine-bench.ts'
import type { Routing } from '../../src/model/record-set.ts'

export const NODES = ['a.b', 'a-b', 'n2', 'n3'] as const
export const HOSTS = ['h0', 'h1'] as const
export const LITERALS = ['198.51.100.1', '198.51.100.2'] as const
export const TARGETS = ['edge', 'far', 'lit', 'home'] as const
export type TargetName = (typeof TARGETS)[number]
export const SHOP = 'shop.example.com'
const KARPENTER = 'karpenter.sh/disrupted'
const CHECK = { tcpSocket: { port: 80 } }

/** Of each target: beside the four there is one that is followed by its name, where Failover chooses. */
export const REGIONS = { edge: 'us', far: 'eu', lit: 'us', home: 'ap', other: 'sa' } as const
const PLACES = {
  edge: { default: true },
  far: { continent: 'EU' },
  lit: { country: 'US' },
  home: { subdivision: 'US-CA' },
} as const
const SOURCES = {
  edge: { nodePool: { name: 'edge' } },
  far: { nodePool: { name: 'far' } },
  lit: { addresses: LITERALS },
  home: { wan: { name: 'home' } },
} as const

export interface NodeState {
  readonly isIn: boolean
  readonly isDrained: boolean
  readonly ready: 'True' | 'False' | 'Unknown'
  /** Which of its two addresses it has. */
  readonly at: 0 | 1
}

export type HostState = Pick<NodeState, 'isIn' | 'isDrained'>

/** What somebody asks for. */
export interface Wish {
  readonly policy: 'Simple' | 'Failover' | Routing['policy']
  readonly targets: readonly TargetName[]
  /** As the targets come. */
  readonly priorities: readonly number[]
  readonly weights: readonly number[]
  readonly failbackSeconds: number
  readonly minAddresses: number
  readonly maxAddresses: number
  readonly isChecked: boolean
  readonly entries: readonly string[]
  readonly follows: boolean
  readonly suspend: boolean
  readonly mode: 'Apply' | 'PlanSpec' | 'PlanAll'
}

const FIRST: Wish = {
  ...{ policy: 'Simple', targets: TARGETS, priorities: [1, 1, 1, 1], weights: [1, 1, 1, 1], failbackSeconds: 60 },
  ...{ minAddresses: 1, maxAddresses: 100, isChecked: false, entries: [SHOP], follows: false },
  ...{ suspend: false, mode: 'Apply' },
}

export interface WorldMember {
  readonly name: string
  readonly address: string
  readonly isFit: boolean
}

interface KnownNode extends NodeState {
  readonly since: number
  readonly created: number
}

export class RoutingWorld {
  readonly bench: EngineBench
  readonly nodes = new Map<string, KnownNode>()
  /** When each node was last told of, by the monotonic clock. */
  readonly toldAt = new Map<string, number>()
  readonly #hosts = new Map<string, HostState>()
  readonly #ill = new Set<string>()
  #arePoolsChecked = false
  #wish: Wish = FIRST
  /** As it was last seen from outside. */
  #wan = '203.0.113.7'

  constructor(routing: readonly Routing['policy'][]) {
    this.bench = startEngine({ routing })
  }

  get wish(): Wish {
    return this.#wish
  }

  async begin(): Promise<void> {
    const { store, clock } = this.bench
    store.put({ ...PROVIDER, spec: { ...PROVIDER.spec, guard: { maxDeletePercent: 100 } } })
    store.put(WAN)
    const created = clock.now() - 86_400_000
    // Two of the nodes would have the same name in DNS.
    for (const name of NODES) {
      this.#putNode(name, { isIn: name !== 'a-b', isDrained: false, ready: 'True', at: 0, since: created, created })
    }
    for (const name of HOSTS) this.#hosts.set(name, { isIn: true, isDrained: false })
    this.#putPools()
    this.ask({})
    await clock.advance(60_000)
  }

  changeNode(name: string, part: Partial<NodeState>): void {
    const before = this.nodes.get(name)
    if (before === undefined) return
    const now = Math.floor(this.bench.clock.now() / 1000) * 1000
    const isBack = part.isIn === true && !before.isIn
    const isOther = isBack || (part.ready !== undefined && part.ready !== before.ready)
    const stamps = { created: isBack ? now : before.created, since: isOther ? now : before.since }
    this.#putNode(name, { ...before, ...part, ...stamps })
  }

  changeHost(name: string, part: Partial<HostState>): void {
    this.#hosts.set(name, { ...(this.#hosts.get(name) ?? { isIn: true, isDrained: false }), ...part })
    this.#putPools()
  }

  setIll(address: string, isIll: boolean): void {
    const { ill } = this.bench.world
    if (isIll) this.#ill.add(address)
    else this.#ill.delete(address)
    if (isIll) ill.set(address, 'connection refused')
    else ill.delete(address)
  }

  checkPools(areChecked: boolean): void {
    this.#arePoolsChecked = areChecked
    this.#putPools()
  }

  /** Undefined: nobody answers any more. */
  setWan(wan: string | undefined): void {
    this.bench.world.wan = wan
    this.#wan = wan ?? this.#wan
  }

  /** An edit, made valid. */
  ask(part: Partial<Wish>): void {
    const next = { ...this.#wish, ...part }
    const hasPool = next.targets.some((target) => target === 'edge' || target === 'far')
    const entries = next.entries.filter((entry) => hasPool || !entry.includes('{member}'))
    this.#wish = { ...next, entries, maxAddresses: Math.max(next.maxAddresses, next.minAddresses) }
    this.bench.store.put(recordFor('shop', {}, specOf(this.#wish)))
  }

  /** What is out of order apart from nodes and probes is put right. */
  putRight(): void {
    this.bench.zone.heal()
    this.setWan(this.#wan)
    this.ask({ suspend: false, mode: 'Apply' })
  }

  /** Whoever is there at all. */
  membersOf(target: TargetName): readonly WorldMember[] {
    const { isChecked } = this.#wish
    const isWell = (address: string, isProbed: boolean): boolean => !isProbed || !this.#ill.has(address)
    switch (target) {
      case 'home':
        return [{ name: 'home', address: this.#wan, isFit: true }]
      case 'lit':
        return LITERALS.map((address) => ({ name: 'lit', address, isFit: isWell(address, isChecked) }))
      case 'far':
      case 'edge': {
        const states = target === 'far' ? this.#hosts : this.nodes
        const isProbed = isChecked || this.#arePoolsChecked
        return [...states].flatMap(([name, state]) => {
          const { at, ready = 'True' } = this.nodes.get(name) ?? {}
          const address = addressOf(name, at)
          const isFit = ready === 'True' && !state.isDrained && isWell(address, isProbed)
          return state.isIn ? [{ name, address, isFit }] : []
        })
      }
    }
  }

  #putNode(name: string, state: KnownNode): void {
    const { store, clock } = this.bench
    this.nodes.set(name, state)
    this.toldAt.set(name, clock.monotonicNow())
    if (!state.isIn) return store.deleteNode(name)
    store.putNode(node(name, addressOf(name, state.at), { ...state, taints: state.isDrained ? [KARPENTER] : [] }))
  }

  /** Without brakes: those have laws of their own. */
  #putPools(): void {
    const rules = { minMembers: 0, drain: { maxUnavailablePercent: 100 } }
    const check = this.#arePoolsChecked ? { healthCheck: CHECK } : {}
    const spec = { ...POOL.spec, ...rules, ...check }
    const hosts = [...this.#hosts].flatMap(([name, { isIn, isDrained }]) =>
      isIn ? [{ name, addresses: [addressOf(name)], drain: isDrained }] : [],
    )
    this.bench.store.put({ ...POOL, spec })
    const far = { ...spec, selector: { matchLabels: { role: 'none' } }, hosts }
    this.bench.store.put({ ...POOL, metadata: { ...POOL.metadata, name: 'far' }, spec: far })
  }
}

export function addressOf(name: string, at: NodeState['at'] = 0): string {
  const index = NODES.findIndex((one) => one === name)
  return index >= 0 ? `192.0.2.${index + 1 + at * 100}` : `192.0.2.${201 + HOSTS.findIndex((one) => one === name)}`
}

function specOf(wish: Wish): object {
  const { policy, entries, minAddresses, maxAddresses, isChecked, suspend, mode, failbackSeconds } = wish
  const routing = policy === 'Failover' ? { failbackSeconds } : policy === 'Simple' ? {} : { fallback: 'Simple' }
  const check = isChecked ? { healthCheck: CHECK } : {}
  const targets = listTargets(wish)
  return {
    ...{ hostnames: entries, targets, routing: { policy, ...routing } },
    ...{ minAddresses, maxAddresses, suspend, mode, ...check },
  }
}

function listTargets({ policy, targets, priorities, weights, follows }: Wish): readonly object[] {
  const specs = targets.map((name, index) => ({
    ...{ name, region: REGIONS[name], ...SOURCES[name] },
    ...(policy === 'Weighted' && { weight: weights[index] }),
    ...(policy === 'Failover' && { priority: priorities[index] }),
    ...(policy === 'Geo' && { geo: PLACES[name] }),
  }))
  if (!follows || policy !== 'Failover') return specs
  return [...specs, { name: 'other', region: REGIONS.other, priority: 9, hostname: 'other.example.net' }]
}
