// ConfigMaps that belong to one of our objects and go with it.
import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../../api/is-object.ts'
import { API_VERSION } from '../../api/kinds.ts'
import {
  TerminalError,
  toReconcileError,
  TransientError,
  WaitingError,
  type ReconcileError,
} from '../../model/errors.ts'
import type { StoredObject, StoreWriter } from '../store.ts'
import type { ApiClient } from './api-client.ts'
import { apiPath } from './api-path.ts'
import { CONFIG_MAPS } from './resources.ts'

export function createConfigMapPublisher(client: ApiClient): StoreWriter['publishConfigMap'] {
  const publish: StoreWriter['publishConfigMap'] = async (owner, name, data, signal) => {
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

  return async (owner, name, data, signal) => {
    try {
      await publish(owner, name, data, signal)
    } catch (thrown) {
      signal.throwIfAborted()
      throw notWritten(toReconcileError(thrown), `ConfigMap ${owner.metadata.namespace}/${name}`)
    }
  }
}

/** What the apiserver said of one request, as what it means for the ConfigMap; what happens next stays the same. */
function notWritten(error: ReconcileError, configMap: string): ReconcileError {
  const { kind, reason, message } = error
  if (reason === 'ConfigMapNotOwned') return error
  const rights = reason === 'Forbidden' ? '; publishTo takes get, create and update' : ''
  const words = `${configMap} cannot be written: ${message}${rights}`
  const options = { cause: error }
  if (error instanceof WaitingError) {
    return new WaitingError('ConfigMapNotWritten', words, error.retryAfterMs, options)
  }
  return kind === 'terminal'
    ? new TerminalError('ConfigMapNotWritten', words, options)
    : new TransientError('ConfigMapNotWritten', words, options)
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
