// A commit of the data directory → who has to hear of it.
import { isDeepStrictEqual } from 'node:util'
import type { ObjectChange } from '../store.ts'
import type { Commit } from './data-directory.ts'
import { entryKey, findEntry, isObjectEntry, refOf, type Entry, type EntryRef, type ObjectEntry } from './state.ts'

/** Each object once, and only if something about it is other than where it is written. */
export function listChanges({ before, after, changes }: Commit): readonly ObjectChange[] {
  const touched = new Map<string, EntryRef>()
  for (const { put = [], remove = [] } of changes) {
    for (const ref of [...put.map(refOf), ...remove]) touched.set(`${ref.kind} ${entryKey(ref)}`, ref)
  }
  return [...touched.values()].filter((ref) => !isSame(findEntry(before, ref), findEntry(after, ref)))
}

/** Objects that were there and no longer are, also where another one has their name now. */
export function listGone({ before, after, changes }: Commit): readonly ObjectEntry[] {
  const refs = changes.flatMap(({ put = [], remove = [] }) => [...put.map(refOf), ...remove])
  return refs.flatMap((ref) => {
    const [previous, next] = [findEntry(before, ref), findEntry(after, ref)]
    if (previous === undefined || !isObjectEntry(previous)) return []
    const stays = next !== undefined && isObjectEntry(next) && next.metadata.uid === previous.metadata.uid
    return stays ? [] : [previous]
  })
}

function isSame(previous: Entry | undefined, next: Entry | undefined): boolean {
  if (previous === undefined || next === undefined) return previous === next
  if (isObjectEntry(previous) && isObjectEntry(next)) {
    return (
      previous.metadata.uid === next.metadata.uid && previous.metadata.resourceVersion === next.metadata.resourceVersion
    )
  }
  if (previous.kind === 'Node' && next.kind === 'Node') return previous.node === next.node
  return previous.kind === 'Namespace' && next.kind === 'Namespace' && isDeepStrictEqual(previous.labels, next.labels)
}
