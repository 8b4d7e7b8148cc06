// ConfigMaps that belong to one of our objects and go with it.
import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../../api/is-object.ts'
import { API_VERSION } from '../../api/kinds.ts'
import { TerminalError } from '../../model/errors.ts'
import type { StoredObject, StoreWriter } from '../store.ts'
import type { ApiClient } from './api-client.ts'
import { apiPath } from './api-path.ts'
import { CONFIG_MAPS } from './resources.ts'

export function createConfigMapPublisher(client: ApiClient): StoreWriter['publishConfigMap'] {
  return async (owner, name, data, signal) => {
    const { namespace } = owner.metadata
    const path = apiPath(CONFIG_MAPS, { namespace, name })
    const { status, json: present } = await client.request('GET', path, { accept: [404], signal })
    if (status === 404 || !isObject(present)) {
      const body = newConfigMap(owner, name, data)
      await client.request('POST', apiPath(CONFIG_MAPS, { namespace }), { body, signal })
      return
    }
    if (!isOwnedBy(present, owner)) {
      throw new TerminalError(
        'ConfigMapNotOwned',
        `ConfigMap ${namespace}/${name} is there and does not belong to ${owner.kind} ${owner.metadata.name}: ` +
          'name another one in publishTo, or delete it',
      )
    }
    if (isDeepStrictEqual(present['data'] ?? {}, data)) return
    // It holds its resourceVersion, so that a change in between is a conflict.
    await client.request('PUT', path, { body: { ...present, data }, signal })
  }
}

function newConfigMap({ kind, metadata }: StoredObject, name: string, data: Readonly<Record<string, string>>): unknown {
  const owner = { apiVersion: API_VERSION, kind, name: metadata.name, uid: metadata.uid, controller: true }
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: { 'app.kubernetes.io/managed-by': 'stoa' },
      ownerReferences: [owner],
    },
    data,
  }
}

function isOwnedBy(object: Readonly<Record<string, unknown>>, { metadata: { uid } }: StoredObject): boolean {
  const { metadata } = object
  const owners = isObject(metadata) ? metadata['ownerReferences'] : undefined
  return Array.isArray(owners) && owners.some((owner: unknown) => isObject(owner) && owner['uid'] === uid)
}
