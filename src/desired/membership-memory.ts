// What a pool must remember of its members from one judgement to the next, and how it survives a restart in NodePool.status.inactive.
import type { InactiveMember } from '../api/generated/node-pool.ts'
import { formatTime } from '../api/date-time.ts'
import type { IpAddress } from '../model/address.ts'
import { secondBefore, toInstant } from './instant.ts'
import type { JudgedNode } from './judge-node.ts'

export type OutState = InactiveMember['state']

/** A member that is out of DNS. */
export interface OutMember {
  readonly state: OutState
  readonly reason: string
  /** Since when: while it fails in one way or another, since it first failed. */
  readonly since: number
  /** Since when it has been fine again, while it waits for its return. */
  readonly fineSince: number | undefined
}

export interface MembershipMemory {
  readonly out: ReadonlyMap<string, OutMember>
  /** The members that are in DNS. Undefined after a restart, when whoever is not out may have been in. */
  readonly in: ReadonlySet<string> | undefined
  /** By the text of a failure whose stamp lies ahead of our clock: when it was seen first, by our clock. */
  readonly ahead: ReadonlyMap<string, number>
  /** Members that nobody has seen in DNS, nor judged so far: where they fail, maxUnavailablePercent does not bring them there. */
  readonly untried: ReadonlySet<string>
}

export const NOTHING_REMEMBERED: MembershipMemory = {
  out: new Map(),
  in: undefined,
  ahead: new Map(),
  untried: new Set(),
}

export const MOST_INACTIVE = 100

/** Since when a member has been in a state that carries no stamp of its own. */
export function sinceInState(state: OutState, before: OutMember | undefined, now: number): number {
  return before?.state === state ? before.since : secondBefore(now)
}

export function memoryFromStatus(inactive: readonly InactiveMember[] | undefined, now: number): MembershipMemory {
  const out = (inactive ?? []).map(({ name, state, reason, since, fineSince }): [string, OutMember] => [
    name,
    { state, reason: reason ?? state, since: toInstant(since) ?? secondBefore(now), fineSince: toInstant(fineSince) },
  ])
  return { ...NOTHING_REMEMBERED, out: new Map(out) }
}

/**
 * For a record with a health check of its own that has not looked at the pool before: who is in is whom it gives to DNS already, and the
 * others are out for what the pool has against them, or untried. What a check of the pool found does not count. `given` is undefined where
 * nobody knows wholly what the record gives.
 */
export function memoryForRecord(
  { out }: MembershipMemory,
  judged: Iterable<JudgedNode>,
  given: ReadonlySet<IpAddress> | undefined,
): MembershipMemory {
  if (given === undefined) return NOTHING_REMEMBERED
  const others = new Map([...out].filter(([, { state }]) => state !== 'Unhealthy'))
  const memory = withGiven({ ...NOTHING_REMEMBERED, out: others }, judged, given)
  for (const name of memory.in) others.delete(name)
  return memory
}

/** Who is in is whom somebody gives to DNS already; whoever is neither in nor known to be out is untried. */
export function withGiven(
  memory: MembershipMemory,
  judged: Iterable<JudgedNode>,
  given: ReadonlySet<IpAddress>,
): MembershipMemory & { readonly in: ReadonlySet<string> } {
  const within = new Set<string>()
  const untried = new Set<string>()
  for (const { name, addresses } of judged) {
    if (addresses.some((address) => given.has(address))) within.add(name)
    else if (!memory.out.has(name)) untried.add(name)
  }
  return { ...memory, in: within, untried }
}

/** As if it had never been in DNS. What it was out for is judged by when it was created. */
export function withoutMember(memory: MembershipMemory, name: string): MembershipMemory {
  if (memory.in?.has(name) !== true) return memory
  return { ...memory, in: new Set([...memory.in].filter((other) => other !== name)) }
}

/**
 * In the order given. Where the list must be cut, those stay that cannot be judged anew from the nodes alone, then those whose leave is
 * waited for, as by `stoa drain --wait`; those without an address go first, for nothing is remembered of them.
 */
export function listInactive(out: ReadonlyMap<string, OutMember>): readonly InactiveMember[] {
  const members = [...out]
  const byNeed = members.toSorted(([, a], [, b]) => NEED[a.state] - NEED[b.state])
  const kept = new Set(byNeed.slice(0, MOST_INACTIVE))
  return members.filter((member) => kept.has(member)).map(([name, member]) => toInactive(name, member))
}

/** The least first. */
const NEED: Readonly<Record<OutState, number>> = {
  Unhealthy: 0,
  Readmitting: 0,
  Draining: 1,
  NotReady: 2,
  Unreachable: 2,
  Cordoned: 2,
  NoAddress: 3,
}

function toInactive(name: string, { state, reason, since, fineSince }: OutMember): InactiveMember {
  return {
    name,
    state,
    reason,
    since: formatTime(since),
    ...(fineSince !== undefined && { fineSince: formatTime(fineSince) }),
  }
}
