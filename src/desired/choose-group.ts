// Failover: which group of equal priority is published. docs/spec/failover.md has the same table for users.
import type { FailoverStatus } from '../api/generated/dynamic-dns-record.ts'
import { secondBefore, toInstant } from './instant.ts'

/** The targets of one priority, their members counted together. */
export interface Group {
  readonly priority: number
  /** Members that are active. */
  readonly healthy: number
  readonly size: number
  /** At least one of its targets is unknown and nothing is remembered of it. */
  readonly unknown: boolean
}

/** What status.failover remembers, in milliseconds since the epoch. */
export interface FailoverMemory {
  /** The priority that is published. */
  readonly group: number
  readonly since: number
  /** Since when a better group has been usable. */
  readonly betterSince: number | undefined
}

export interface FailoverInput {
  /** Priorities are unique; in any order. */
  readonly groups: readonly Group[]
  readonly minAddresses: number
  readonly failbackSeconds: number
  /** Undefined: never chosen, or not remembered. */
  readonly memory: FailoverMemory | undefined
  /** Whether the resource has anything in DNS. */
  readonly isPublished: boolean
  readonly now: number
}

export interface GroupChoice {
  /** The priority whose targets count. Undefined where no group has members, or nobody remembers which one is published. */
  readonly group: number | undefined
  /** active: what is fit, with the floor. all: every member, fit or not. kept: what is published stays as it is. */
  readonly publish: 'active' | 'all' | 'kept'
  readonly memory: FailoverMemory | undefined
  /** When a better group will have been usable for long enough. */
  readonly nextChangeAt: number | undefined
  /** Why it is not simply the first group; undefined when it is. */
  readonly message: string | undefined
}

type Decision = Pick<GroupChoice, 'group' | 'publish'> & { readonly betterSince?: number }

const KEEP: Decision = { group: undefined, publish: 'kept' }

/**
 * A group is usable when healthy ≥ min(minAddresses, size), and at least 1. One that is unknown is neither usable nor unusable, unless
 * what is known of it suffices.
 *
 * | published now               | usable                                         | choice                                       |
 * |-----------------------------|------------------------------------------------|----------------------------------------------|
 * | nothing                     | some                                           | the first usable group                       |
 * | nothing                     | none                                           | all members of the first group that has any  |
 * | a group that is gone        | as for nothing                                 | as for nothing                               |
 * | nobody remembers which      | some, and no unknown group before it           | the first usable group                       |
 * | nobody remembers which      | otherwise                                      | what is published stays                      |
 * | a usable or unknown group   | none before it                                 | it stays                                     |
 * | a usable or unknown group   | one before it, for less than failbackSeconds   | it stays                                     |
 * | a usable or unknown group   | one before it, for failbackSeconds             | the first usable group                       |
 * | an unusable group           | some                                           | the first usable group, at once              |
 * | an unusable group           | none                                           | what is published stays                      |
 */
export function chooseGroup(input: FailoverInput): GroupChoice {
  const groups = input.groups.toSorted((a, b) => a.priority - b.priority)
  const { memory, failbackSeconds, now } = input
  const decision = decide({ ...input, groups })
  const { group, publish, betterSince } = decision
  const since = memory?.group === group ? memory?.since : undefined
  return {
    group,
    publish,
    memory: group === undefined ? undefined : { group, since: since ?? secondBefore(now), betterSince },
    nextChangeAt: betterSince === undefined ? undefined : betterSince + failbackSeconds * 1000,
    message: describe(decision, groups, failbackSeconds),
  }
}

/** The groups come in order of priority. */
function decide(input: FailoverInput): Decision {
  const { groups, memory, isPublished, minAddresses } = input
  const best = groups.find((group) => isUsable(group, minAddresses))
  const current = isPublished ? groups.find(({ priority }) => priority === memory?.group) : undefined
  if (memory !== undefined && current !== undefined) return stayOrLeave(current, best, memory, input)
  const isForgotten = isPublished && memory === undefined
  // Any unknown group may be the one that is published.
  if (isForgotten && groups.find((group) => group === best || group.unknown) !== best) return KEEP
  if (best !== undefined) return toActive(best)
  const first = isForgotten ? undefined : groups.find(({ size }) => size > 0)
  return first === undefined ? KEEP : { group: first.priority, publish: 'all' }
}

function stayOrLeave(
  current: Group,
  best: Group | undefined,
  memory: FailoverMemory,
  { minAddresses, failbackSeconds, now }: FailoverInput,
): Decision {
  const stay = toActive(current)
  const isUnusable = !current.unknown && !isUsable(current, minAddresses)
  if (best === undefined) return isUnusable ? { ...stay, publish: 'kept' } : stay
  if (isUnusable) return toActive(best)
  if (best.priority >= current.priority) return stay
  const betterSince = Math.min(memory.betterSince ?? Infinity, secondBefore(now))
  return betterSince + failbackSeconds * 1000 <= now ? toActive(best) : { ...stay, betterSince }
}

function toActive({ priority }: Group): Decision {
  return { group: priority, publish: 'active' }
}

function isUsable({ healthy, size, unknown }: Group, minAddresses: number): boolean {
  const needed = unknown ? minAddresses : Math.min(minAddresses, size)
  return healthy >= Math.max(1, needed)
}

function describe(decision: Decision, groups: readonly Group[], failbackSeconds: number): string | undefined {
  const { group, publish, betterSince } = decision
  const state = groups.map(describeGroup).join('; ')
  if (publish === 'kept') return `no priority is usable, so what is published stays: ${state}`
  if (publish === 'all') return `no priority is usable yet, so all of priority ${group} is published: ${state}`
  if (betterSince !== undefined) {
    return `priority ${group} is published until a better one has been usable for ${failbackSeconds} seconds: ${state}`
  }
  return group === groups[0]?.priority ? undefined : `priority ${group} is published: ${state}`
}

function describeGroup({ priority, healthy, size, unknown }: Group): string {
  if (unknown) return `priority ${priority} is not known`
  return `priority ${priority} has ${healthy} of ${size} healthy`
}

export function failoverFromStatus(status: FailoverStatus | undefined, now: number): FailoverMemory | undefined {
  if (status?.group === undefined) return undefined
  const { group, since, betterSince } = status
  return { group, since: toInstant(since) ?? secondBefore(now), betterSince: toInstant(betterSince) }
}
