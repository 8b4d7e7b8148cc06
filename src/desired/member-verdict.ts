// What should become of one member at one instant, before the pool's brakes look at all of them.
import { earliest, secondBefore } from './instant.ts'
import type { JudgedNode } from './judge-node.ts'
import { isSinceCreation, listFailures, NEVER, type Failure, type MemberRules } from './member-failures.ts'
import { sinceInState, type OutMember, type OutState } from './membership-memory.ts'

export interface MemberVerdict {
  readonly node: JudgedNode
  /** Undefined: it belongs in DNS. */
  readonly out: OutMember | undefined
  /** It has not been fit since it was created. Waiting for it takes nothing out of DNS, so the brakes leave it alone. */
  readonly joining: boolean
  /** Nobody has ever seen it in DNS, nor found it fit. */
  readonly untried: boolean
  /** It is out only because it was: what is seen now would not take it out. */
  readonly lingering: boolean
  /** It is cordoned and out for that, whatever else it fails. */
  readonly cordoned: boolean
  /** When time alone may change the verdict. */
  readonly nextChangeAt: number | undefined
}

/**
 * | the member                                 | was in DNS  | was out                 |
 * |--------------------------------------------|-------------|-------------------------|
 * | is about to go                             | Draining    | Draining                |
 * | has no address                             | NoAddress   | NoAddress               |
 * | fails, and the grace has passed            | the failure | the failure             |
 * | fails within the grace                     | active      | the failure             |
 * | is fine                                    | active      | Readmitting for a while |
 * | is fine for the first time                 |             | active                  |
 * | has an address again and is fine           |             | active                  |
 */
export function judgeMember(node: JudgedNode, rules: MemberRules): MemberVerdict {
  const before = rules.memory.out.get(node.name)
  if (node.draining !== undefined) return rest(node, enter('Draining', node.draining, rules, before))
  if (node.addresses.length === 0) return rest(node, enter('NoAddress', node.noAddress, rules, before))

  const failures = listFailures(node, rules)
  const wasOut = before !== undefined && before.state !== 'NoAddress'
  const firm = failures.find(({ outAt }) => outAt <= rules.now)
  const failure = firm ?? (wasOut ? failures[0] : undefined)
  if (failure === undefined && wasOut && !isSinceCreation(before.since, node, rules.now))
    return readmit(node, before, rules)
  return {
    node,
    out: failure && { state: failure.state, reason: failure.reason, since: failure.since, fineSince: undefined },
    joining: failure?.joining ?? false,
    untried: rules.memory.untried.has(node.name),
    lingering: isLingering(failure, rules.now),
    cordoned: failures.some(({ state }) => state === 'Cordoned'),
    nextChangeAt: earliest(failures.map(({ outAt }) => (outAt > rules.now ? outAt : undefined))),
  }
}

/** What is seen would not take it out. Where nobody has an answer yet, nothing is seen. */
function isLingering(failure: Failure | undefined, now: number): boolean {
  return failure !== undefined && failure.outAt > now && failure.outAt < NEVER
}

/** A member that was out returns when it has been fine for readmitSeconds. It keeps the reason it left for. */
function readmit(
  node: JudgedNode,
  { reason, fineSince: remembered }: OutMember,
  { drain, now }: MemberRules,
): MemberVerdict {
  const fineSince = Math.min(remembered ?? Infinity, secondBefore(now))
  const returnsAt = fineSince + drain.readmitSeconds * 1000
  if (returnsAt <= now) return rest(node, undefined)
  const out: OutMember = { state: 'Readmitting', reason, since: fineSince, fineSince }
  return { ...rest(node, out), lingering: true, nextChangeAt: returnsAt }
}

function enter(state: OutState, reason: string, { now }: MemberRules, before: OutMember | undefined): OutMember {
  return { state, reason, since: sinceInState(state, before, now), fineSince: undefined }
}

function rest(node: JudgedNode, out: OutMember | undefined): MemberVerdict {
  return { node, out, joining: false, untried: false, lingering: false, cordoned: false, nextChangeAt: undefined }
}
