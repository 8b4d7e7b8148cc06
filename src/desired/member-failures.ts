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

/** Where nobody has an answer yet. */
export const NEVER = Infinity

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

/** Where our clock is behind a creation, nothing that it says tells whether it was before. */
export function isSinceCreation(since: number, { createdAt }: JudgedNode, now: number): boolean {
  if (createdAt === undefined || createdAt > now + CREATION_TOLERANCE_MS) return false
  return since <= createdAt + CREATION_TOLERANCE_MS
}

/** What is to be remembered of failures with a stamp ahead of our clock: else their grace would begin anew at each look. */
export function rememberAhead(nodes: readonly JudgedNode[], rules: MemberRules): MembershipMemory['ahead'] {
  const ahead = new Map<string, number>()
  for (const node of nodes) {
    for (const stamp of listStamps(node, rules)) {
      if (stamp > rules.now) ahead.set(aheadKey(node, stamp), beganAt(node, stamp, rules))
    }
  }
  return ahead
}

function listStamps({ readiness, addresses }: JudgedNode, { health }: MemberRules): readonly number[] {
  const verdict = health && judgeHealth(addresses, health)
  return [
    ...(readiness.state === 'Ready' || readiness.since === undefined ? [] : [readiness.since]),
    ...(verdict?.kind === 'unhealthy' ? [verdict.since] : []),
  ]
}

/** Other machines have other clocks, and ours may have been set back since it was read. */
function beganAt(node: JudgedNode, stamp: number, { memory, now }: MemberRules): number {
  return stamp <= now ? stamp : Math.min(memory.ahead.get(aheadKey(node, stamp)) ?? now, now)
}

function aheadKey({ name }: JudgedNode, stamp: number): string {
  return `${name} ${stamp}`
}

/** There is no grace for a node that has never been ready, nor for one that does not say since when it is not. */
function findUnready(node: JudgedNode, rules: MemberRules, before: OutMember | undefined): Failure | undefined {
  const { drain, now } = rules
  if (node.readiness.state === 'Ready') return undefined
  const { state, reason, since: stamp } = node.readiness
  const { action, graceSeconds } = state === 'NotReady' ? drain.notReady : drain.unreachable
  if (action === 'Keep') return undefined
  const began = stamp === undefined ? Math.min(before?.since ?? now, now) : beganAt(node, stamp, rules)
  const since = sinceFirstFailure(began, before)
  // The cluster's own stamps are by one clock, whatever ours says.
  const joining = isSinceCreation(since, node, now) || (stamp !== undefined && isSinceCreation(stamp, node, stamp))
  const hasGrace = stamp !== undefined && !joining
  return { state, reason, since, outAt: hasGrace ? began + graceSeconds * 1000 : since, joining }
}

function findUnhealthy(node: JudgedNode, rules: MemberRules, before: OutMember | undefined): Failure | undefined {
  const { health, now } = rules
  if (health === undefined) return undefined
  const verdict = judgeHealth(node.addresses, health)
  if (verdict?.kind === 'healthy') return undefined
  if (verdict === undefined) return findUnproven(node, rules, before)
  const began = beganAt(node, verdict.since, rules)
  const since = sinceFirstFailure(began, before)
  const reason = `health check: ${verdict.message}`
  // The delay is for what is in DNS: nobody is put there to be taken out again.
  const outAt = isNew(node, rules) ? since : removalTime(began, health.check)
  return { state: 'Unhealthy', reason, since, outAt, joining: isSinceCreation(since, node, now) }
}

/** Without a verdict it stays as it was: unhealthy, or not in DNS yet. */
function findUnproven(node: JudgedNode, rules: MemberRules, before: OutMember | undefined): Failure | undefined {
  if (before?.state === 'Unhealthy') {
    const { reason, since } = before
    return { state: 'Unhealthy', reason, since, outAt: NEVER, joining: isSinceCreation(since, node, rules.now) }
  }
  if (node.createdAt === undefined || !isNew(node, rules)) return undefined
  // Whoever is untried may have been fit once, and counts.
  const joining = !rules.memory.untried.has(node.name)
  const since = secondBefore(joining ? Math.min(node.createdAt, rules.now) : rules.now)
  return { state: 'Unhealthy', reason: 'health check: no answer yet', since, outAt: since, joining }
}

/** It has never been in DNS. After a restart, whoever is not known to be out may have been in. */
function isNew(node: JudgedNode, { memory, now }: MemberRules): boolean {
  const before = memory.out.get(node.name)
  return before === undefined ? memory.in?.has(node.name) === false : isSinceCreation(before.since, node, now)
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
