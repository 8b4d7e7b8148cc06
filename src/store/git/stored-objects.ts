// Entries of the state as the port hands them out. The same entry gives the same value each time.
import { API_VERSION, type KindName, type StoaObject } from '../../api/kinds.ts'
import type { ObjectOf, StoredObject } from '../store.ts'
import type { ObjectEntry } from './state.ts'

const known = new WeakMap<ObjectEntry, StoredObject>()

/** The entry is of this kind. */
export function storedObjectOf<Kind extends KindName>(entry: ObjectEntry): StoredObject<ObjectOf<Kind>> {
  let stored = known.get(entry)
  if (stored === undefined) {
    stored = createStoredObject(entry)
    known.set(entry, stored)
  }
  return stored as StoredObject<ObjectOf<Kind>> // Kind and contents have been parsed together.
}

function createStoredObject({ kind, metadata, spec, status, problem }: ObjectEntry): StoredObject {
  const object = { apiVersion: API_VERSION, kind, metadata, spec, ...(status !== undefined && { status }) }
  // The spec passed the schema when it was read, and the status was written by us.
  const resource = spec === undefined ? undefined : (object as StoaObject)
  return { kind, metadata, status: status as StoaObject['status'], resource, problem }
}
