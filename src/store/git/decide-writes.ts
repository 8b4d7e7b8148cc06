// What a write of the engine makes of the state. Pure; a `TransientError` `Conflict` when the object is another version by now.
import { isDeepStrictEqual } from 'node:util'
import { RECORDS_FINALIZER, type KindName, type ObjectMeta } from '../../api/kinds.ts'
import { TerminalError, TransientError } from '../../model/errors.ts'
import type { ObjectKey } from '../store.ts'
import { entryKey, findObject, refOf, type ObjectEntry, type StateChange, type StoreState } from './state.ts'

export function decideStatus(
  state: StoreState,
  kind: KindName,
  seen: ObjectMeta,
  status: unknown,
): StateChange | undefined {
  const entry = findSeen(state, kind, seen)
  if (entry === undefined || isDeepStrictEqual(entry.status, status)) return undefined
  return putNext(state, { ...entry, status })
}

/** An object that is being deleted takes no new finalizer, and goes with its last one. */
export function decideFinalizer(
  state: StoreState,
  kind: KindName,
  seen: ObjectMeta,
  present: boolean,
): StateChange | undefined {
  const { finalizers = [], deletionTimestamp } = seen
  if (finalizers.includes(RECORDS_FINALIZER) === present) return undefined
  const entry = findSeen(state, kind, seen)
  if (entry === undefined || (present && deletionTimestamp !== undefined)) return undefined
  const others = finalizers.filter((finalizer) => finalizer !== RECORDS_FINALIZER)
  const next = present ? [...others, RECORDS_FINALIZER] : others
  if (deletionTimestamp !== undefined && next.length === 0) return { remove: [refOf(entry)] }
  return putNext(state, { ...entry, metadata: { ...entry.metadata, finalizers: next } })
}

/** Annotations beside those of the manifest, until its spec says something else. Undefined when nothing is new. */
export function decideAnnotations(
  state: StoreState,
  kind: KindName,
  key: ObjectKey,
  annotations: Readonly<Record<string, string>>,
): StateChange | undefined {
  const entry = findObject(state, kind, key)
  if (entry === undefined) {
    throw new TerminalError('NotFound', `there is no ${kind} ${entryKey(key)}: it may just have been removed from Git`)
  }
  const given = { ...entry.given, ...annotations }
  const metadata = { ...entry.metadata, annotations: { ...entry.metadata.annotations, ...annotations } }
  if (isDeepStrictEqual({ ...entry, given, metadata }, entry)) return undefined
  return putNext(state, { ...entry, given, metadata })
}

/** Undefined when that very object is gone. */
function findSeen(state: StoreState, kind: KindName, seen: ObjectMeta): ObjectEntry | undefined {
  const entry = findObject(state, kind, seen)
  if (entry === undefined || entry.metadata.uid !== seen.uid) return undefined
  if (entry.metadata.resourceVersion === seen.resourceVersion) return entry
  throw new TransientError('Conflict', `${kind} ${entryKey(seen)} has changed meanwhile; it is looked at again`)
}

function putNext({ settings }: StoreState, entry: ObjectEntry): StateChange {
  const revision = settings.revision + 1
  const metadata = { ...entry.metadata, resourceVersion: String(revision) }
  return { settings: { revision }, put: [{ ...entry, metadata }] }
}
