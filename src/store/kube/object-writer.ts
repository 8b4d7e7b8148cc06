// The writing half of the store: status by server-side apply, and the finalizer. Both name the version they were derived from.
import { API_VERSION, RECORDS_FINALIZER, type KindName, type ObjectMeta } from '../../api/kinds.ts'
import { isObject } from '../../api/is-object.ts'
import type { StoredObject, StoreWriter } from '../store.ts'
import { PATCH_TYPES, type ApiClient, type ApiRequestOptions } from './api-client.ts'
import { apiPath } from './api-path.ts'
import type { ObjectCache } from './object-cache.ts'
import { fieldManagerOf, RESOURCES } from './resources.ts'

export type WrittenCache = Pick<ObjectCache<StoredObject>, 'putWritten' | 'removeWritten'>
export type ObjectWriter = Pick<StoreWriter, 'writeStatus' | 'setFinalizer'>

export function createObjectWriter(client: ApiClient, cacheOf: (kind: KindName) => WrittenCache): ObjectWriter {
  const patch = async (
    { kind, uid }: { readonly kind: KindName; readonly uid: string },
    path: string,
    options: ApiRequestOptions,
  ): Promise<void> => {
    const { status, json } = await client.request('PATCH', path, { ...options, accept: [404] })
    if (status === 404) return
    if (isGone(json)) cacheOf(kind).removeWritten(json, ({ metadata }) => metadata.uid === uid)
    else cacheOf(kind).putWritten(json)
  }

  return {
    writeStatus: (kind, seen, status, signal) => {
      const { namespace, name, uid, resourceVersion } = seen
      const query = { fieldManager: fieldManagerOf(kind), force: 'true' }
      const path = apiPath(RESOURCES[kind], { namespace, name, subresource: 'status', query })
      const body = { apiVersion: API_VERSION, kind, metadata: { name, namespace, uid, resourceVersion }, status }
      return patch({ kind, uid }, path, { body, contentType: PATCH_TYPES.apply, signal })
    },

    setFinalizer: async (kind, seen, present, signal) => {
      const finalizers = nextFinalizers(seen, present)
      if (finalizers === undefined) return
      const { namespace, name, uid, resourceVersion } = seen
      const path = apiPath(RESOURCES[kind], { namespace, name, query: { fieldManager: fieldManagerOf(kind) } })
      const body = { metadata: { uid, resourceVersion, finalizers } }
      await patch({ kind, uid }, path, { body, contentType: PATCH_TYPES.merge, signal })
    },
  }
}

/** Undefined: nothing to change. An object that is being deleted takes no new finalizer. */
function nextFinalizers({ finalizers = [], deletionTimestamp }: ObjectMeta, present: boolean): string[] | undefined {
  if (finalizers.includes(RECORDS_FINALIZER) === present) return undefined
  if (present) return deletionTimestamp === undefined ? [...finalizers, RECORDS_FINALIZER] : undefined
  return finalizers.filter((finalizer) => finalizer !== RECORDS_FINALIZER)
}

/** The last finalizer of an object that is being deleted was taken off. */
function isGone(object: unknown): boolean {
  const metadata = isObject(object) && isObject(object['metadata']) ? object['metadata'] : {}
  const { deletionTimestamp, finalizers } = metadata
  return typeof deletionTimestamp === 'string' && !(Array.isArray(finalizers) && finalizers.length > 0)
}
