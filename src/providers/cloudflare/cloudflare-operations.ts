// One change of a set as the fewest operations on Cloudflare's records. Pure.
import type { OwnedValue, OwnerId, StoredSet } from '../../model/record-set.ts'
import type { Change } from '../../plan/plan.ts'
import { bodyOf, sameBody, type HeldSet, type HeldValue, type RecordBody } from './cloudflare-records.ts'

export interface Operations {
  readonly deletes: readonly { readonly id: string }[]
  readonly patches: readonly (RecordBody & { readonly id: string })[]
  readonly posts: readonly RecordBody[]
}

export function countOperations({ deletes, patches, posts }: Operations): number {
  return deletes.length + patches.length + posts.length
}

/** `ownerId` is ours: only values that carry it, or carried it, are levelled to the set's TTL and proxying. */
export function deriveOperations(change: Change, held: HeldSet | undefined, ownerId: OwnerId): Operations {
  const next = change.kind === 'delete' ? undefined : change.next
  const wanted = new Map((next?.values ?? []).map((value) => [value.value, value]))
  const previous = [...(held?.held ?? [])]
  const leaving = leavingValues(change, held)
  const arriving = [...wanted.values()].filter(({ value }) => held?.held.has(value) !== true)
  if (next === undefined) return { deletes: leaving.map(({ id }) => ({ id })), patches: [], posts: [] }

  const levelled = previous.flatMap(([value, one]) => {
    const owned = wanted.get(value)
    return owned === undefined || !concerns(ownerId, one, owned) ? [] : patchTo(one, next, owned)
  })
  // A value that leaves makes room for one that comes: one patch instead of a delete and a create, and no moment without it.
  const recycled = arriving.flatMap((value, at) => patchTo(leaving[at], next, value))
  return {
    deletes: leaving.slice(arriving.length).map(({ id }) => ({ id })),
    patches: [...levelled, ...recycled],
    posts: arriving.slice(leaving.length).map(({ value, owner }) => bodyOf(next, value, owner)),
  }
}

/** What goes: known to the plan, and no longer wanted. What appeared since is somebody's, and stays. */
export function leavingValues(change: Change, held: HeldSet | undefined): readonly HeldValue[] {
  if (change.kind === 'create') return []
  const wanted = new Set(change.kind === 'delete' ? [] : change.next.values.map(({ value }) => value))
  return change.previous.values.flatMap(({ value }) => (wanted.has(value) ? [] : (held?.held.get(value) ?? [])))
}

function concerns(ownerId: OwnerId, one: HeldValue, wanted: OwnedValue): boolean {
  return wanted.owner?.id === ownerId || one.owner?.id === ownerId
}

function patchTo(one: HeldValue | undefined, next: StoredSet, { value, owner }: OwnedValue): Operations['patches'] {
  if (one === undefined) return []
  const body = bodyOf(next, value, owner)
  return sameBody(one.body, body) ? [] : [{ id: one.id, ...body }]
}
