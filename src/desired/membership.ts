// Who is in a pool, who is out and why: each node judged by itself, then the brakes over all of them.
import type { InactiveMember, MemberCounts } from '../api/generated/node-pool.ts'
import { familyOf, type AddressFamily } from '../model/address.ts'
import { compareText } from '../model/record-set.ts'
import { earliest } from './instant.ts'
import type { JudgedNode, MembershipSpec } from './judge-node.ts'
import type { HealthReport } from './health-verdicts.ts'
import { isInDns, type Member } from './member.ts'
import { rememberAhead } from './member-failures.ts'
import { judgeMember, type MemberVerdict } from './member-verdict.ts'
import { describeHeldIn, describeUnparsable, describeShortfall } from './membership-messages.ts'
import { applyBrakes, type Brake } from './membership-brakes.ts'
import { listInactive, type MembershipMemory, type OutMember } from './membership-memory.ts'

export interface MembershipInput {
  readonly spec: Pick<MembershipSpec, 'drain' | 'minMembers'>
  /** As `judgeNode` and `judgeHost` left them, names unique, in any order. */
  readonly judged: readonly JudgedNode[]
  /** Of the pool's own check, or of the one a record has in its place. Members that are out must be probed too, or they cannot return. */
  readonly health: HealthReport | undefined
  readonly memory: MembershipMemory
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface Membership {
  /** By name. */
  readonly members: readonly Member[]
  readonly counts: MemberCounts
  /** How many addresses the members in DNS have. */
  readonly addressCounts: Readonly<Record<AddressFamily, number>>
  /** As `NodePool.status.inactive` has it, apart from when it is safe to remove a member. */
  readonly inactive: readonly InactiveMember[]
  readonly belowMinimum: boolean
  /** What a person should know, in sentences. */
  readonly messages: readonly string[]
  readonly memory: MembershipMemory
  /** When time alone may change the membership. */
  readonly nextChangeAt: number | undefined
}

/**
 * Whoever a brake calls back is in, and counts like any other that was: what it was out for is forgotten. Because that may change who
 * comes back next, it is judged again until nobody is called back any more, else the same pool would change at the next look. It ends:
 * a member can forget only once.
 */
export function judgeMembership(input: MembershipInput): Membership {
  const judged = input.judged.toSorted((a, b) => compareText(a.name, b.name))
  let { memory } = input
  let membership = judgeOnce({ ...input, judged, memory })
  while (membership.members.some((member) => memory.out.has(member.name) && isInDns(member))) {
    ;({ memory } = membership)
    membership = judgeOnce({ ...input, judged, memory })
  }
  return membership
}

function judgeOnce({ spec, judged: nodes, health, memory, now }: MembershipInput): Membership {
  const rules = { drain: spec.drain, health, memory, now }
  const verdicts = nodes.map((node) => judgeMember(node, rules))
  const heldIn = applyBrakes(verdicts, { ...spec.drain, minMembers: spec.minMembers })
  const members = verdicts.map((verdict) => toMember(verdict, heldIn.get(verdict.node.name)))
  const active = members.filter(isInDns)
  const out = listOut(verdicts, heldIn)
  return {
    members,
    counts: countMembers(members, active.length),
    addressCounts: countAddresses(active),
    inactive: listInactive(out),
    belowMinimum: active.length < spec.minMembers,
    messages: [
      ...describeHeldIn(members),
      ...describeShortfall(active.length, spec.minMembers),
      ...describeUnparsable(nodes),
    ],
    memory: {
      ...{ out, in: new Set(active.map(({ name }) => name)), ahead: rememberAhead(nodes, rules) },
      untried: listUntried(members, memory),
    },
    nextChangeAt: earliest(verdicts.map(({ nextChangeAt }) => nextChangeAt)),
  }
}

/** Whoever lingers and is called back has simply returned: nothing seen now speaks against it. */
function toMember({ node, out, lingering }: MemberVerdict, heldIn: Brake | undefined): Member {
  const { name, addresses, region } = node
  if (out === undefined || (heldIn !== undefined && lingering)) {
    return { name, addresses, region, state: 'Active', reason: undefined, since: undefined, heldIn: undefined }
  }
  return { name, addresses, region, state: out.state, reason: out.reason, since: out.since, heldIn }
}

/** Once all have been found well, there is none. */
function listUntried(members: readonly Member[], { untried }: MembershipMemory): MembershipMemory['untried'] {
  if (untried.size === 0) return untried
  return new Set(members.flatMap((member) => (untried.has(member.name) && !isInDns(member) ? member.name : [])))
}

function listOut(
  verdicts: readonly MemberVerdict[],
  heldIn: ReadonlyMap<string, Brake>,
): ReadonlyMap<string, OutMember> {
  const out = new Map<string, OutMember>()
  for (const verdict of verdicts) {
    const { name } = verdict.node
    if (verdict.out !== undefined && !heldIn.has(name)) out.set(name, verdict.out)
  }
  return out
}

function countMembers(members: readonly Member[], active: number): MemberCounts {
  const count = (...states: readonly Member['state'][]): number =>
    members.filter((member) => states.includes(member.state) && !isInDns(member)).length
  return {
    total: members.length,
    active,
    draining: count('Draining'),
    notReady: count('NotReady', 'Unreachable'),
    unhealthy: count('Unhealthy'),
    noAddress: count('NoAddress'),
  }
}

function countAddresses(members: readonly Member[]): Record<AddressFamily, number> {
  const counts = { IPv4: 0, IPv6: 0 }
  for (const address of members.flatMap(({ addresses }) => addresses)) counts[familyOf(address)] += 1
  return counts
}
