import type { InactiveMember, MemberCounts, NodePoolStatus } from '../api/generated/node-pool.ts'
import type { NodePool } from '../api/kinds.ts'
import type { ReconcileError } from '../model/errors.ts'
import { compareText } from '../model/record-set.ts'
import { formatCount } from '../model/text.ts'
import { errorToOutcome } from './error-to-outcome.ts'
import { commonStatus, ifChanged } from './next-status.ts'
import { issueFrom, settleConditions, type Aspect, type Issue } from './settle-conditions.ts'
import { stableMessage } from './stable-message.ts'

export interface PoolMembers {
  readonly counts: MemberCounts
  /** Addresses of active members. */
  readonly addresses: { readonly IPv4: number; readonly IPv6: number }
  readonly inactive: readonly InactiveMember[]
  /** Why fewer members than the floor are active; undefined when enough are. */
  readonly shortfall: string | undefined
  /** What a person should know although enough are active, such as who fails and is kept in by a brake. */
  readonly notes: readonly string[]
}

export interface PoolResults {
  readonly object: NodePool
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Why the members, or all of what was to be done, could not be found out. */
  readonly error: ReconcileError | undefined
  /** Undefined when they are not known: what the status already says then stays. */
  readonly members: PoolMembers | undefined
}

const MOST_INACTIVE = 100

export function derivePoolStatus({ object, now, error, members }: PoolResults): NodePoolStatus | undefined {
  const { metadata, status: previous } = object
  const ofError = error === undefined ? [] : [issueFrom(errorToOutcome(error))]
  const issues = [...ofError, ...(members === undefined ? [] : findIssues(members))]
  const conditions = settleConditions({
    previous: previous?.conditions ?? [],
    stamp: { generation: metadata.generation, now },
    issues,
    aspects: [describeMembers(ofError[0], members)],
    success: describeMembership(members),
    progressDeadlineSeconds: undefined,
  })
  const rest = members === undefined ? previous : describePool(members)
  return ifChanged(previous, { ...rest, ...commonStatus(object, conditions) })
}

function findIssues({ counts, shortfall }: PoolMembers): readonly Issue[] {
  if (counts.total === 0) {
    const message = 'no node matches spec.selector, and there are no spec.hosts'
    return [{ severity: 'waiting', reason: 'NoMembers', message }]
  }
  return shortfall === undefined
    ? []
    : [{ severity: 'waiting', reason: 'BelowMinimum', message: stableMessage(shortfall) }]
}

function describeMembers(issue: Issue | undefined, members: PoolMembers | undefined): Aspect {
  const type = 'MembersResolved'
  // A newer spec that is not valid takes nothing from what is known by the last one that was.
  if (issue !== undefined && members === undefined)
    return { type, status: 'Unknown', reason: issue.reason, message: issue.message }
  return { type, status: 'True', reason: 'Succeeded', message: describeMembership(members) }
}

function describeMembership(members: PoolMembers | undefined): string {
  if (members === undefined) return 'the members are known'
  const { counts, notes } = members
  const counted = `${formatCount(counts.active)} of ${formatCount(counts.total)} members active`
  return stableMessage([counted, ...notes].join('; '))
}

function describePool({ counts, addresses, inactive }: PoolMembers): NodePoolStatus {
  return {
    members: counts,
    addresses: summarizeFamilies(addresses),
    inactive: inactive
      .toSorted((a, b) => compareText(a.name, b.name))
      .slice(0, MOST_INACTIVE)
      .map((member) => (member.reason === undefined ? member : { ...member, reason: stableMessage(member.reason) })),
  }
}

/** `10 IPv4, 10 IPv6`, without a family that has none. */
function summarizeFamilies({ IPv4, IPv6 }: PoolMembers['addresses']): string {
  const families = [IPv4 > 0 ? `${formatCount(IPv4)} IPv4` : '', IPv6 > 0 ? `${formatCount(IPv6)} IPv6` : '']
  return families.filter((text) => text !== '').join(', ') || 'none'
}
