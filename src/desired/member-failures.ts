// What is wrong with one member at one instant, each failure with the end of its grace.
import type { Drain } from '../api/generated/node-pool.ts'
import { judgeHealth, removalTime, type HealthReport } from './health-verdicts.ts'
import { secondBefore } from './instant.ts'
import type { JudgedNode } from './judge-node.ts'
import { sinceInState, type MembershipMemory, type OutMember } from './membership-memory.ts'

export interface MemberRules {
  readonly drain: Drain
  /** Undefined where nobody probes. */
  readonly health: HealthReport | undefined
  readonly memory: MembershipMemory
  readonly now: number
}

export interface Failure {
  readonly state: 'NotReady' | 'Unreachable' | 'Unhealthy' | 'Cordoned'
  readonly reason: string
  /** Since when it has been failing without a break, in this way or another. */
  readonly since: number
  /** When it takes a member out that is in. */
  readonly outAt: number
  /** It has not been fit since it was created. */
  readonly joining: boolean
}

/** A node and the API server seldom share a clock, and a kubelet takes a moment from registering to reporting. */
const CREATION_TOLERANCE_MS = 10_000

const NEVER = Infinity

/** Worst first. */
export function listFailures(node: JudgedNode, rules: MemberRules): readonly Failure[] {
  const before = rules.memory.out.get(node.name)
  const failures = [
    findUnready(node, rules, before),
    findUnhealthy(node, rules, before),
    findCordon(node, rules, before),
  ]
  return failures.filter((failure) => failure !== undefined)
}

export function isSinceCreation(since: number, { createdAt }: JudgedNode): boolean {
  return createdAt !== undefined && since <= createdAt + CREATION_TOLERANCE_MS
}

/** There is no grace for a node that has never been ready, nor for one that does not say since when it is not. */
function findUnready(
  node: JudgedNode,
  { drain, now }: MemberRules,
  before: OutMember | undefined,
): Failure | undefined {
  if (node.readiness.state === 'Ready') return undefined
  const { state, reason, since: stamp } = node.readiness
  const { action, graceSeconds } = state === 'NotReady' ? drain.notReady : drain.unreachable
  if (action === 'Keep') return undefined
  const began = Math.min(stamp ?? before?.since ?? now, now)
  const since = sinceFirstFailure(began, before)
  const joining = isSinceCreation(since, node)
  const hasGrace = stamp !== undefined && !joining
  return { state, reason, since, outAt: hasGrace ? began + graceSeconds * 1000 : since, joining }
}

function findUnhealthy(node: JudgedNode, rules: MemberRules, before: OutMember | undefined): Failure | undefined {
  const { health, now } = rules
  if (health === undefined) return undefined
  const verdict = judgeHealth(node.addresses, health)
  if (verdict?.kind === 'healthy') return undefined
  if (verdict === undefined) return findUnproven(node, rules, before)
  const began = Math.min(verdict.since, now)
  const since = sinceFirstFailure(began, before)
  const reason = `health check: ${verdict.message}`
  const outAt = removalTime(began, health.check)
  return { state: 'Unhealthy', reason, since, outAt, joining: isSinceCreation(since, node) }
}

/** Without a verdict it stays as it was: unhealthy, or not in DNS yet. */
function findUnproven(node: JudgedNode, rules: MemberRules, before: OutMember | undefined): Failure | undefined {
  if (before?.state === 'Unhealthy') {
    const { reason, since } = before
    return { state: 'Unhealthy', reason, since, outAt: NEVER, joining: isSinceCreation(since, node) }
  }
  if (node.createdAt === undefined || !isNew(node, rules.memory)) return undefined
  const since = secondBefore(Math.min(node.createdAt, rules.now))
  return { state: 'Unhealthy', reason: 'health check: no answer yet', since, outAt: since, joining: true }
}

/** It has never been in DNS. After a restart, whoever is not known to be out may have been in. */
function isNew(node: JudgedNode, memory: MembershipMemory): boolean {
  const before = memory.out.get(node.name)
  return before === undefined ? memory.in?.has(node.name) === false : isSinceCreation(before.since, node)
}

/** Kubernetes keeps no stamp of a cordon, so there is no grace. */
function findCordon(node: JudgedNode, { drain, now }: MemberRules, before: OutMember | undefined): Failure | undefined {
  if (!node.cordoned || drain.cordoned.action === 'Keep') return undefined
  const since = sinceInState('Cordoned', before, now)
  return { state: 'Cordoned', reason: 'the node is unschedulable', since, outAt: since, joining: false }
}

function sinceFirstFailure(began: number, before: OutMember | undefined): number {
  const wasFailing = before?.state === 'NotReady' || before?.state === 'Unreachable' || before?.state === 'Unhealthy'
  return wasFailing ? Math.min(before.since, secondBefore(began)) : secondBefore(began)
}
