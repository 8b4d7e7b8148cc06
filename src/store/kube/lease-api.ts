// The Lease of an election in the Kubernetes API.
import { TransientError } from '../../model/errors.ts'
import { isObject } from '../../api/is-object.ts'
import type { ApiClient } from './api-client.ts'
import { hasReason } from './api-errors.ts'
import { apiPath, type ApiResource } from './api-path.ts'
import type { LeaseApi } from './lease-tenure.ts'
import type { Lease, LeaseDraft } from './lease.ts'

const LEASES: ApiResource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' }

interface LeaseKey {
  readonly namespace: string
  readonly name: string
}

/** Needs `create` on leases, and `get` and `update` on this one. */
export function createLeaseApi(client: ApiClient, key: LeaseKey): LeaseApi {
  const { namespace, name } = key
  const path = apiPath(LEASES, { namespace, name })
  /** What people have put on the Lease stays there: an update replaces all of it. */
  let metadata: Fields = { namespace, name }

  const readLease = (json: unknown): Lease => {
    const object = isObject(json) ? json : {}
    metadata = isObject(object['metadata']) ? object['metadata'] : {}
    return parseLease(key, metadata, isObject(object['spec']) ? object['spec'] : {})
  }

  return {
    async get(signal) {
      const { status, json } = await client.request('GET', path, { accept: [404], signal })
      return status === 404 ? undefined : readLease(json)
    },
    async create(draft, signal) {
      const body = composeObject({ namespace, name }, draft)
      try {
        return readLease((await client.request('POST', apiPath(LEASES, { namespace }), { body, signal })).json)
      } catch (error) {
        if (!hasReason(error, 'NotFound')) throw error
        const remedy = `create it (kubectl create namespace ${namespace}), or name another with --lease-namespace`
        const message = `namespace ${namespace}, where the Lease ${name} belongs, does not exist: ${remedy}`
        throw new TransientError('NotFound', message, { cause: error })
      }
    },
    async update(previous, draft, signal) {
      const body = composeObject({ ...metadata, resourceVersion: previous.resourceVersion }, draft)
      try {
        return readLease((await client.request('PUT', path, { body, signal })).json)
      } catch (error) {
        if (!hasReason(error, 'NotFound')) throw error
        throw new TransientError('Conflict', `the Lease ${namespace}/${name} was removed`, { cause: error })
      }
    },
  }
}

type Fields = Readonly<Record<string, unknown>>

function parseLease({ namespace, name }: LeaseKey, metadata: Fields, spec: Fields): Lease {
  const resourceVersion = readText(metadata, 'resourceVersion')
  if (resourceVersion === undefined)
    throw new TransientError('ApiUnavailable', `the answer about the Lease ${namespace}/${name} is no Lease`)
  return {
    resourceVersion,
    holder: readText(spec, 'holderIdentity') ?? '',
    durationSeconds: readNumber(spec, 'leaseDurationSeconds'),
    acquireTime: readText(spec, 'acquireTime'),
    renewTime: readText(spec, 'renewTime'),
    transitions: readNumber(spec, 'leaseTransitions'),
  }
}

function composeObject(metadata: object, draft: LeaseDraft): object {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata,
    spec: {
      // Nobody is a holder that is not there: an empty one is refused by newer servers.
      ...(draft.holder !== '' && { holderIdentity: draft.holder }),
      leaseDurationSeconds: draft.durationSeconds,
      acquireTime: draft.acquireTime,
      renewTime: draft.renewTime,
      leaseTransitions: draft.transitions,
    },
  }
}

function readText(object: Fields, key: string): string | undefined {
  const value = object[key]
  return typeof value === 'string' ? value : undefined
}

function readNumber(object: Fields, key: string): number {
  const value = object[key]
  return typeof value === 'number' ? value : 0
}
