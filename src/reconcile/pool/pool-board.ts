// Every pool with its nodes, each judged once until it changes: of five thousand nodes, one that is tainted costs one judgement.
import type { HealthCheck } from '../../api/generated/node-pool.ts'
import type { NodePool } from '../../api/kinds.ts'
import type { NodeObject } from '../../api/node.ts'
import { listPoolMembers, type ObservedPool } from '../../desired/contribute-pool.ts'
import type { ContributedMember } from '../../desired/contribution.ts'
import { presumeHealth, type HealthReport } from '../../desired/health-verdicts.ts'
import { judgeNode, judgeNodes, type JudgedNode } from '../../desired/judge-node.ts'
import { judgeMembership, type Membership } from '../../desired/membership.ts'
import {
  memoryForRecord,
  memoryFromStatus,
  withGiven,
  withoutMember,
  MOST_INACTIVE,
  NOTHING_REMEMBERED,
  type MembershipMemory,
} from '../../desired/membership-memory.ts'
import type { IpAddress } from '../../model/address.ts'

interface Pool {
  object: NodePool
  judged: Map<string, JudgedNode>
  /** A node was judged otherwise than when all of them were last looked at together. */
  isRejudged: boolean
  memory: MembershipMemory
  observed: ObservedPool | undefined
  /** The memberships of records with a health check of their own. */
  readonly variants: Map<string, MembershipMemory>
}

/** What a pool stands on when it is taken in. */
export interface PoolGround {
  readonly nodes: () => Iterable<NodeObject>
  /** The addresses that records give to DNS by it, as they told before the start. Undefined where that is not known wholly. */
  readonly given: () => ReadonlySet<IpAddress> | undefined
}

export interface JudgedPool {
  readonly membership: Membership
  /** Whether records see another pool than before. */
  readonly changed: boolean
  /** Addresses that were active and are not any more: whoever publishes one is wrong by now. */
  readonly left: ReadonlySet<string>
}

export interface VariantInput {
  readonly record: string
  readonly health: HealthReport
  /** The addresses that the record gives to DNS. Undefined where that is not known wholly. Asked at the first look only. */
  readonly given: () => ReadonlySet<IpAddress> | undefined
  readonly now: number
}

export interface PresumedInput {
  readonly given: ReadonlySet<IpAddress>
  /** Of the record. Undefined: the pool's own counts. */
  readonly check: HealthCheck | undefined
  readonly now: number
}

export interface PoolVariant {
  readonly observed: ObservedPool
  readonly nextChangeAt: number | undefined
}

export class PoolBoard {
  readonly #pools = new Map<string, Pool>()

  /** Takes in a pool as it is now. Nodes are only judged anew where the spec that judges them is another one. */
  set(ref: string, object: NodePool, { nodes, given }: PoolGround, now: number): void {
    const pool = this.#pools.get(ref)
    if (pool === undefined) {
      const judged = judgeAll(object, nodes())
      const memory = recall(object, judged.values(), given, now)
      this.#pools.set(ref, { object, judged, isRejudged: true, memory, observed: undefined, variants: new Map() })
      return
    }
    const { uid, generation } = pool.object.metadata
    const isOther = generation !== object.metadata.generation || uid !== object.metadata.uid
    pool.object = object
    if (!isOther) return
    pool.judged = judgeAll(object, nodes())
    pool.isRejudged = true
  }

  forget(ref: string): void {
    this.#pools.delete(ref)
  }

  /** The pools in which the node is judged otherwise than before. */
  nodeChanged(name: string, node: NodeObject | undefined): readonly string[] {
    return [...this.#pools].filter(([, pool]) => rejudge(pool, name, node)).map(([ref]) => ref)
  }

  judge(ref: string, health: HealthReport | undefined, now: number): JudgedPool | undefined {
    const pool = this.#pools.get(ref)
    if (pool === undefined) return undefined
    const membership = judgePool(pool, pool.memory, health, now)
    pool.memory = membership.memory
    const observed = observe(pool.object, membership)
    const isOther = !sameObserved(pool.observed, observed)
    const left = isOther ? listLeft(pool.observed, observed) : new Set<string>()
    if (isOther) pool.observed = observed
    // A record with a check of its own may see a difference where the pool sees none.
    const changed = isOther || (pool.isRejudged && pool.variants.size > 0)
    pool.isRejudged = false
    return { membership, changed, left }
  }

  /** Whether a node was judged otherwise since this was asked, or since all of them were last looked at together. */
  takeRejudged(ref: string): boolean {
    const pool = this.#pools.get(ref)
    if (pool?.isRejudged !== true) return false
    pool.isRejudged = false
    return true
  }

  /** Whether the members of some pool are still being found out. */
  get isWaiting(): boolean {
    return [...this.#pools.values()].some(({ observed }) => observed === undefined)
  }

  /** Undefined until the pool has been judged. */
  observed(ref: string): ObservedPool | undefined {
    return this.#pools.get(ref)?.observed
  }

  /** Whether the record has seen the pool with its own eyes. */
  hasVariant(record: string, ref: string): boolean {
    return this.#pools.get(ref)?.variants.has(record) === true
  }

  /** The pool as a record with a health check of its own sees it. */
  judgeFor(ref: string, { record, health, given, now }: VariantInput): PoolVariant | undefined {
    const pool = this.#pools.get(ref)
    if (pool?.observed === undefined) return undefined
    const memory = pool.variants.get(record) ?? memoryForRecord(pool.memory, pool.judged.values(), given())
    const membership = judgePool(pool, memory, health, now)
    pool.variants.set(record, membership.memory)
    return { observed: observe(pool.object, membership), nextChangeAt: membership.nextChangeAt }
  }

  /**
   * The pool as a record sees it before its members have answered: whom it gives to DNS stays, unless that leaves for another reason.
   * Nothing is remembered of it. Undefined where the record has nobody of it.
   */
  presumeFor(ref: string, { given, check, now }: PresumedInput): ObservedPool | undefined {
    const pool = this.#pools.get(ref)
    const judged = [...(pool?.judged.values() ?? [])]
    if (pool === undefined || !judged.some((node) => isGiven(node, given))) return undefined
    const own = check ?? pool.object.spec.healthCheck
    const health = own && presumeHealth(own, this.addresses(ref), given, now)
    return observe(pool.object, judgePool(pool, memoryForRecord(pool.memory, judged, given), health, now))
  }

  /** Whether a member that is about to go has one of these addresses. */
  isDraining(ref: string, given: ReadonlySet<IpAddress>): boolean {
    const judged = [...(this.#pools.get(ref)?.judged.values() ?? [])]
    return judged.some((node) => node.draining !== undefined && isGiven(node, given))
  }

  forgetRecord(record: string): void {
    for (const { variants } of this.#pools.values()) variants.delete(record)
  }

  /** Of all members, in DNS or not: those that are out must be probed too, or they could not return. */
  addresses(ref: string): readonly IpAddress[] {
    return [...(this.#pools.get(ref)?.judged.values() ?? [])].flatMap(({ addresses }) => addresses)
  }
}

/**
 * Of a pool that no status tells of, nobody has been in DNS by it. Where its status has no room for all that are out, the others of them
 * are told from those that are in by what records give to DNS, else they would come back until they have failed again.
 */
function recall(
  { status }: NodePool,
  judged: Iterable<JudgedNode>,
  readGiven: PoolGround['given'],
  now: number,
): MembershipMemory {
  if (status?.members === undefined) return { ...NOTHING_REMEMBERED, in: new Set() }
  const { inactive = [] } = status
  const memory = memoryFromStatus(inactive, now)
  const given = inactive.length < MOST_INACTIVE ? undefined : readGiven()
  return given === undefined ? memory : withGiven(memory, judged, given)
}

function isGiven({ addresses }: JudgedNode, given: ReadonlySet<IpAddress>): boolean {
  return addresses.some((address) => given.has(address))
}

function judgeAll({ spec }: NodePool, nodes: Iterable<NodeObject>): Map<string, JudgedNode> {
  return new Map(judgeNodes(spec, nodes).map((node) => [node.name, node]))
}

function rejudge(pool: Pool, name: string, node: NodeObject | undefined): boolean {
  const { spec } = pool.object
  const { judged } = pool
  if (spec.hosts?.some((host) => host.name === name) === true) return false
  const before = judged.get(name)
  const after = node && judgeNode(spec, node)
  // Most pools have nothing to do with a node.
  if (before === undefined && after === undefined) return false
  if (JSON.stringify(before) === JSON.stringify(after)) return false
  if (after === undefined) judged.delete(name)
  else judged.set(name, after)
  pool.isRejudged = true
  // Another of the same name, and nobody looked at the members in between.
  if (after !== undefined && before?.createdAt !== after.createdAt) forgetMember(pool, name)
  return true
}

function forgetMember(pool: Pool, name: string): void {
  pool.memory = withoutMember(pool.memory, name)
  for (const [record, memory] of pool.variants) {
    const next = withoutMember(memory, name)
    if (next !== memory) pool.variants.set(record, next)
  }
}

function judgePool(
  { object: { spec }, judged }: Pool,
  memory: MembershipMemory,
  health: HealthReport | undefined,
  now: number,
): Membership {
  return judgeMembership({ spec, judged: [...judged.values()], health, memory, now })
}

function observe({ spec: { allowedNamespaces } }: NodePool, membership: Membership): ObservedPool {
  const message = membership.messages.length === 0 ? undefined : membership.messages.join('; ')
  return { allowedNamespaces, members: listPoolMembers(membership), message }
}

function listLeft(before: ObservedPool | undefined, after: ObservedPool): ReadonlySet<string> {
  const left = new Set<string>(listActive(before))
  for (const address of listActive(after)) left.delete(address)
  return left
}

function listActive(pool: ObservedPool | undefined): readonly IpAddress[] {
  return (pool?.members ?? []).flatMap(({ standing, addresses }) => (standing === 'active' ? addresses : []))
}

function sameObserved(before: ObservedPool | undefined, after: ObservedPool): boolean {
  return (
    before !== undefined &&
    before.message === after.message &&
    JSON.stringify(before.allowedNamespaces) === JSON.stringify(after.allowedNamespaces) &&
    before.members.length === after.members.length &&
    before.members.every((member, index) => sameMember(member, after.members[index]))
  )
}

function sameMember(a: ContributedMember, b: ContributedMember | undefined): boolean {
  return (
    a.name === b?.name &&
    a.standing === b.standing &&
    a.region === b.region &&
    a.addresses.length === b.addresses.length &&
    a.addresses.every((address, index) => address === b.addresses[index])
  )
}
