// What must be true of a `RoutingWorld` at each write, at the provider and of a status.
import type { Fqdn } from '../../src/model/name.ts'
import type { NodePool } from '../../src/api/kinds.ts'
import { listNonconformities } from '../kstatus.ts'
import { addressOf, SHOP, type RoutingWorld } from './routing-world.ts'

/** A pass that has begun may still write. */
const UNDER_WAY_MS = 1_000

export class RoutingWatch {
  readonly wrongs: string[] = []
  readonly #world: RoutingWorld
  /** By value: when the last resolver has forgotten it. */
  readonly #forgottenAt = new Map<string, number>()
  #suspendedSince: number | undefined

  constructor(world: RoutingWorld) {
    this.#world = world
    const { zone, store } = world.bench
    const write = zone.apply.bind(zone)
    zone.apply = async (batch) => {
      const before = this.#listValues()
      const outcomes = await write(batch)
      this.#checkZone(before)
      return outcomes
    }
    const writeStatus = store.writeStatus.bind(store)
    store.writeStatus = async (kind, seen, status, signal) => {
      await writeStatus(kind, seen, status, signal)
      const { metadata, status: written } = store.get(kind, seen) ?? {}
      if (metadata === undefined || written === undefined) return
      this.wrongs.push(...listNonconformities({ metadata, status: written }).map((flaw) => `${kind}: ${flaw}`))
      if (kind === 'NodePool') this.#checkRemovals(written)
    }
  }

  /** To be called after each edit. */
  noteEdit(): void {
    const { wish, bench } = this.#world
    this.#suspendedSince = wish.suspend ? (this.#suspendedSince ?? bench.clock.monotonicNow()) : undefined
  }

  /** To be called before each restart. What an edit took out of DNS before it is remembered nowhere. */
  noteRestart(): void {
    const { targets } = this.#world.wish
    if (!targets.includes('edge') || !targets.includes('far')) this.#forgottenAt.clear()
  }

  /** By value: the TTL. */
  #listValues(): ReadonlyMap<string, number> {
    const sets = [...this.#world.bench.zone.table.all()]
    return new Map(sets.flatMap(({ values, ttl }) => values.map(({ value }) => [value, ttl] as const)))
  }

  #checkZone(before: ReadonlyMap<string, number>): void {
    const { bench, wish, nodes, toldAt } = this.#world
    const { zone, clock } = bench
    const after = this.#listValues()
    for (const [value, ttl] of before) {
      if (!after.has(value)) this.#forgottenAt.set(value, clock.now() + ttl * 1000)
    }
    const since = this.#suspendedSince
    if (since !== undefined && clock.monotonicNow() > since + UNDER_WAY_MS) this.wrongs.push('written while suspended')
    const isAnswered = zone.table.atName(SHOP as Fqdn).some(({ values }) => values.length > 0)
    if (!isAnswered && wish.minAddresses > 0) this.wrongs.push('no answer')
    // Of a priority that is not usable all are published, where nothing is there.
    if (wish.policy === 'Failover') return
    for (const [name, { isDrained, isIn, at }] of nodes) {
      const address = addressOf(name, at)
      const isNew = after.has(address) && !before.has(address)
      const isUnderWay = clock.monotonicNow() <= (toldAt.get(name) ?? 0) + UNDER_WAY_MS
      if (isNew && !isUnderWay && (isDrained || !isIn)) this.wrongs.push(`${name} comes although it is to go`)
    }
  }

  #checkRemovals({ inactive = [] }: NonNullable<NodePool['status']>): void {
    const values = this.#listValues()
    for (const { name, safeToRemoveAt } of inactive) {
      if (safeToRemoveAt === undefined) continue
      const address = addressOf(name, this.#world.nodes.get(name)?.at)
      if (values.has(address)) this.wrongs.push(`${name} may go although it is in DNS`)
      // It is told in whole seconds.
      const isEarly = Date.parse(safeToRemoveAt) + 999 < (this.#forgottenAt.get(address) ?? 0)
      if (isEarly) this.wrongs.push(`${name} may go although it is remembered`)
    }
  }
}
