// The pure core joined as a reconciler joins it: pools, records and one zone in memory. A change runs through what it touches alone.
import type { DynamicDNSRecord } from '../../src/api/kinds.ts'
import type { NodeObject } from '../../src/api/node.ts'
import { ClaimTable, type TouchedName } from '../../src/desired/claim-table.ts'
import { listPoolMembers } from '../../src/desired/contribute-pool.ts'
import type { Contribution } from '../../src/desired/contribution.ts'
import { deriveIntents } from '../../src/desired/derive-intents.ts'
import { judgeNode, type JudgedNode } from '../../src/desired/judge-node.ts'
import { judgeMembership } from '../../src/desired/membership.ts'
import { NOTHING_REMEMBERED, type MembershipMemory } from '../../src/desired/membership-memory.ts'
import { indexProviders } from '../../src/desired/provider-index.ts'
import type { PublishedSet } from '../../src/desired/published.ts'
import { resourceRefOf } from '../../src/desired/resource-ref.ts'
import type { Intent } from '../../src/model/intent.ts'
import type { RecordKey } from '../../src/model/record-set.ts'
import { ZoneTable } from '../../src/model/zone.ts'
import { applyChanges } from '../../src/plan/apply-in-memory.ts'
import { calculatePlan } from '../../src/plan/calculate-plan.ts'
import { NOW, poolSpec } from '../support/pool-builders.ts'
import { capabilities, OURS, ZONE } from '../support/zone-builders.ts'

const ABLE = capabilities('PerSet')
const TARGET = 'edge'

/** What one pass did. */
export interface Pass {
  readonly records: number
  readonly names: number
  readonly changes: number
}

interface Pool {
  readonly judged: Map<string, JudgedNode>
  memory: MembershipMemory
  readonly records: DynamicDNSRecord[]
}

export class CoreWorld {
  readonly #spec = poolSpec()
  readonly #pools: readonly Pool[]
  readonly #zone = new ZoneTable()
  readonly #claims = new ClaimTable()
  readonly #keys = new Map<string, readonly RecordKey[]>()
  readonly #providers = indexProviders([
    { ref: ZONE.provider, namespace: 'dns', type: 'Cloudflare', zones: [ZONE.zone], allowedRecords: EVERYBODY },
  ])

  /** Nodes and records are spread evenly over the pools. */
  constructor(pools: number, records: readonly DynamicDNSRecord[]) {
    this.#pools = Array.from({ length: pools }, (_, index) => ({
      judged: new Map<string, JudgedNode>(),
      memory: NOTHING_REMEMBERED,
      records: records.filter((_record, number) => number % pools === index),
    }))
  }

  /** Everything from nothing. */
  start(nodes: readonly NodeObject[]): Pass {
    nodes.forEach((node, number) => this.#judge(this.#poolOf(number), node))
    return this.#settle(this.#pools.flatMap((pool) => this.#derive(pool)))
  }

  changeNode(number: number, node: NodeObject): Pass {
    const pool = this.#poolOf(number)
    this.#judge(pool, node)
    return this.#settle(this.#derive(pool))
  }

  #poolOf(number: number): Pool {
    const pool = this.#pools[number % this.#pools.length]
    if (pool === undefined) throw new Error('a world needs a pool')
    return pool
  }

  #judge(pool: Pool, node: NodeObject): void {
    const judged = judgeNode(this.#spec, node)
    if (judged !== undefined) pool.judged.set(node.name, judged)
  }

  #derive(pool: Pool): readonly Derived[] {
    const judged = [...pool.judged.values()]
    const membership = judgeMembership({ spec: this.#spec, judged, health: undefined, memory: pool.memory, now: NOW })
    pool.memory = membership.memory
    const content = { kind: 'members', source: 'pool', members: listPoolMembers(membership) } as const
    const known: Contribution = { kind: 'known', target: TARGET, content, unknownFamilies: [], message: undefined }
    return pool.records.map((record) => this.#deriveRecord(record, known))
  }

  #deriveRecord(record: DynamicDNSRecord, contribution: Contribution): Derived {
    const { intents } = deriveIntents({
      record,
      contributions: [contribution],
      providers: this.#providers,
      namespaceLabels: {},
      zones: [{ zone: ZONE, capabilities: ABLE, published: this.#published(record) }],
      memory: { zones: [ZONE], failover: undefined, targets: new Set([TARGET]) },
      approvedMoves: [],
      now: NOW,
    })
    return { record, intents }
  }

  #published({ metadata: { uid } }: DynamicDNSRecord): readonly PublishedSet[] {
    const sets = (this.#keys.get(uid) ?? []).flatMap((key) => this.#zone.get(key) ?? [])
    return sets.map(({ key, values }) => ({ key, values: values.map(({ value }) => value) }))
  }

  #settle(derived: readonly Derived[]): Pass {
    const touched = derived.flatMap(({ record, intents }) => this.#claim(record, intents))
    const names = new Set(touched.map(({ name }) => name))
    const holderOf = (key: RecordKey): string | undefined => this.#zone.get(key)?.values[0]?.owner?.uid
    const { intents } = this.#claims.settle(ZONE, names, holderOf)
    const plan = calculatePlan({ zone: ZONE, intents, observed: this.#zone, ownerId: OURS, capabilities: ABLE })
    applyChanges(this.#zone, plan.changes)
    return { records: derived.length, names: names.size, changes: plan.changes.length }
  }

  #claim(record: DynamicDNSRecord, intents: readonly Intent[]): readonly TouchedName[] {
    this.#keys.set(
      record.metadata.uid,
      intents.map(({ key }) => key),
    )
    return this.#claims.replace(resourceRefOf(record), Date.parse(record.metadata.creationTimestamp), intents)
  }
}

interface Derived {
  readonly record: DynamicDNSRecord
  readonly intents: readonly Intent[]
}

const EVERYBODY = [{ namespaces: { from: 'All' } }] as const
