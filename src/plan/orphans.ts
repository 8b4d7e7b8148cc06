// What we own but nothing claims. Orphans are counted and listed; only a person who approves exactly that list removes them.
import { canonicalText } from '../model/canonical-text.ts'
import { shortHash } from '../model/hash.ts'
import { isOwnedBy } from '../model/owner.ts'
import {
  compareKeys,
  keyText,
  type OwnedValue,
  type Owner,
  type OwnerId,
  type RecordKey,
  type ResourceRef,
  type StoredSet,
} from '../model/record-set.ts'
import { contentText } from './compare-sets.ts'
import { removeValues } from './decide-clear.ts'
import type { Change } from './plan.ts'

export interface Orphans {
  readonly count: number
  /** Stands for exactly this list, contents included. */
  readonly hash: string
  /** Sorted. */
  readonly keys: readonly RecordKey[]
  readonly sets: readonly OrphanSet[]
}

export interface OrphanSet {
  readonly set: StoredSet
  /** Those of its values that nothing claims, each with the uid it was written for. */
  readonly values: readonly OwnedValue[]
  /** Whose it was, as far as its mark says. */
  readonly resource: ResourceRef
}

export type IsClaimed = (key: RecordKey, uid: string) => boolean

/** A mark without a uid was written by another program under our owner id: not ours to call an orphan. */
export function findOrphans(sets: Iterable<StoredSet>, ownerId: OwnerId, isClaimed: IsClaimed): Orphans {
  const found: OrphanSet[] = []
  for (const set of sets) {
    const marked = set.values.filter((value) => isMarked(value, ownerId))
    // Mostly all values of a set are of one resource.
    const uids = [...new Set(marked.map(({ owner }) => owner.uid))]
    const unclaimed = new Set(uids.filter((uid) => !isClaimed(set.key, uid)))
    const values = marked.filter(({ owner }) => unclaimed.has(owner.uid))
    const [first] = values
    if (first !== undefined) found.push({ set, values, resource: formerResource(first.owner) })
  }
  found.sort((a, b) => compareKeys(a.set.key, b.set.key))
  const keys = found.map(({ set }) => set.key)
  return { count: keys.length, hash: hashOrphans(found), keys, sets: found }
}

export type Prune =
  | { readonly kind: 'approved'; readonly changes: readonly Change[] }
  | { readonly kind: 'refused'; readonly message: string }

/** The changes that remove the list which was approved, or none if it is no longer that list. */
export function planPrune(orphans: Orphans, approvedHash: string): Prune {
  if (approvedHash !== orphans.hash) {
    const message = `the list of orphans approved as ${approvedHash} is now another one, ${orphans.hash}: look at it with \`stoa orphans\``
    return { kind: 'refused', message }
  }
  const changes = orphans.sets.map(({ set, values, resource }) => removeValues({ key: set.key, resource }, set, values))
  return { kind: 'approved', changes }
}

interface MarkedValue extends OwnedValue {
  readonly owner: Owner & { readonly uid: string }
}

function isMarked(value: OwnedValue, ownerId: OwnerId): value is MarkedValue {
  return isOwnedBy(value, ownerId) && value.owner?.uid !== undefined
}

/** The mark's own words are for people, and some providers keep only the uid. */
function formerResource({ uid, resource }: MarkedValue['owner']): ResourceRef {
  const [, namespace = '', name = resource] = /^[^/]+\/([^/]+)\/([^/]+)$/.exec(resource) ?? []
  return { uid, namespace, name }
}

function hashOrphans(orphans: readonly OrphanSet[]): string {
  const lines = orphans.map(({ set, values }) => {
    return canonicalText([keyText(set.key), contentText(set), values.map(({ value }) => value)])
  })
  return shortHash(lines.join('\n'))
}
