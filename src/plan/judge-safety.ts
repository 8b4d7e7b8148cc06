// The zone's brake: how much may be deleted in a while before a person has to agree. docs/adr/0003 says why it counts this way.
import { isOwnedBy } from '../model/owner.ts'
import type { Fqdn } from '../model/name.ts'
import { describeKey, excludesKey, type OwnerId, type RecordKey, type StoredSet } from '../model/record-set.ts'
import { countOf, listSome } from '../model/text.ts'
import { hashChanges, partOf } from './hash-plan.ts'
import type { Change } from './plan.ts'

/** Deletions that went ahead by themselves. Those a person approved do not count against what comes next. */
export interface PastDeletion {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly sets: number
  readonly names: readonly Fqdn[]
}

export interface Guard {
  readonly maxDeletePercent: number
  readonly windowSeconds: number
}

/** Changes that the guard held until a person approved their hash. */
export interface ApprovedDeletions {
  readonly hash: string
  readonly changes: readonly Change[]
}

export interface SafetyInput {
  readonly zone: Fqdn
  readonly ownerId: OwnerId
  readonly changes: readonly Change[]
  readonly history: readonly PastDeletion[]
  /** Record sets in the zone that are ours now. */
  readonly owned: number
  readonly guard: Guard
  readonly approvedHashes: readonly string[]
  /** What approvals that are still good have let through and is not done: it needs no other, whatever goes beside it. */
  readonly unfinished: readonly Change[]
  readonly now: number
}

export type SafetyVerdict =
  /** `approved` is what this verdict lets through only because a person said so. The approval is used up once these changes are done. */
  | { readonly verdict: 'safe'; readonly deletes: number; readonly approved: ApprovedDeletions | undefined }
  | {
      readonly verdict: 'held'
      readonly held: readonly Change[]
      /** Whatever deletes nothing. */
      readonly allowed: readonly Change[]
      readonly hash: string
      readonly deletes: number
      readonly examples: readonly string[]
      readonly message: string
    }

const MOST_EXAMPLES = 5

/**
 * | deleted in the window, these included                              | verdict        |
 * |--------------------------------------------------------------------|----------------|
 * | nothing by these changes                                           | safe           |
 * | all that was ours in the zone, and that was more than one set      | held           |
 * | one name only                                                      | safe           |
 * | several names, sets ≤ ⌊maxDeletePercent of what was ours⌋          | safe           |
 * | several names, more sets                                           | held           |
 * | held, but exactly these changes are approved                       | safe           |
 *
 * What is left of an approval is neither held nor counted.
 */
export function judgeSafety(input: SafetyInput): SafetyVerdict {
  const { changes, ownerId } = input
  const agreed = new Set(partOf(changes, input.unfinished))
  const allRemovals = listRemovals(changes, ownerId)
  const removals = allRemovals.filter((change) => !agreed.has(change))
  const owned = input.owned - (allRemovals.length - removals.length)
  const risk = findRisk({ ...input, owned }, removals)
  if (risk === undefined) return { verdict: 'safe', deletes: allRemovals.length, approved: undefined }
  const hash = hashChanges(removals)
  if (input.approvedHashes.includes(hash))
    return { verdict: 'safe', deletes: allRemovals.length, approved: { hash, changes: removals } }
  const examples = removals.slice(0, MOST_EXAMPLES).map(({ key }) => describeKey(key))
  return {
    verdict: 'held',
    held: removals,
    allowed: changes.filter((change) => !removals.includes(change)),
    hash,
    deletes: removals.length,
    examples,
    message: describeHeld(removals, risk, hash),
  }
}

/** What still lies within the window. */
export function pruneHistory(
  history: readonly PastDeletion[],
  now: number,
  windowSeconds: number,
): readonly PastDeletion[] {
  return history.filter(({ at }) => at > now - windowSeconds * 1000)
}

/** How many of our sets the changes take away, and from which names: what to remember once they are done. */
export function recordDeletion(changes: readonly Change[], ownerId: OwnerId, now: number): PastDeletion | undefined {
  const removals = listRemovals(changes, ownerId)
  if (removals.length === 0) return undefined
  return { at: now, sets: removals.length, names: [...new Set(removals.map(({ key }) => key.name))] }
}

/** Where a set of another type takes the place of one, the name does not leave DNS. */
function listRemovals(changes: readonly Change[], ownerId: OwnerId): readonly Change[] {
  const created = new Map<Fqdn, readonly RecordKey[]>()
  for (const { kind, key } of changes)
    if (kind === 'create') created.set(key.name, [...(created.get(key.name) ?? []), key])
  const isReplaced = ({ key }: Change): boolean => created.get(key.name)?.some((one) => excludesKey(one, key)) === true
  return changes.filter((change) => removesOurs(change, ownerId) && !isReplaced(change))
}

/** Our last value at the key goes, and not because we leave it to others. */
function removesOurs(change: Change, ownerId: OwnerId): boolean {
  if (change.kind === 'delete') return true
  return change.kind === 'update' && hasOurs(change.previous, ownerId) && !hasOurs(change.next, ownerId)
}

function hasOurs(set: StoredSet, ownerId: OwnerId): boolean {
  return set.values.some((value) => isOwnedBy(value, ownerId))
}

function findRisk(input: SafetyInput, removals: readonly Change[]): string | undefined {
  if (removals.length === 0) return undefined
  const { guard, owned, zone } = input
  const history = pruneHistory(input.history, input.now, guard.windowSeconds)
  const before = history.reduce((sum, { sets }) => sum + sets, 0)
  const base = owned + before
  const deleted = before + removals.length
  if (base > 1 && deleted >= base) return `everything Stoa owns in ${zone} would be gone`
  const names = new Set([...history.flatMap((past) => past.names), ...removals.map(({ key }) => key.name)])
  if (names.size === 1 || deleted <= Math.floor((base * guard.maxDeletePercent) / 100)) return undefined
  const { maxDeletePercent, windowSeconds } = guard
  return `more than ${maxDeletePercent} % of what Stoa owns in ${zone} would be gone within ${windowSeconds} s`
}

function describeHeld(removals: readonly Change[], risk: string, hash: string): string {
  const keys = removals.map(({ key }) => describeKey(key))
  return (
    `deleting ${countOf(removals.length, 'record set')} is held, because ${risk} (${listSome(keys, MOST_EXAMPLES)}): ` +
    `to go on, annotate the DNSProvider with dns.stoa.dev/approve: ${hash}`
  )
}
