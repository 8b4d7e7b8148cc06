// Reads and writes the DNSEndpoint resources of external-dns. Has the shape of the provider's port, and is handed to it where
// everything is put together.
import { TerminalError, toReconcileError, TransientError, type ReconcileError } from '../../model/errors.ts'
import { isObject } from '../../api/is-object.ts'
import type { ApiClient, ApiMethod } from './api-client.ts'
import { apiPath, type ApiPlace } from './api-path.ts'
import { listPages } from './list-pages.ts'

interface DnsEndpoint {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion?: string }
}

type Result<Resource> = { readonly kind: 'Written'; readonly object: Resource } | { readonly kind: 'Conflict' }

export interface DnsEndpointWriter<Resource extends DnsEndpoint> {
  list(namespace: string, signal: AbortSignal): Promise<readonly Resource[]>
  apply(object: Resource, signal: AbortSignal): Promise<Result<Resource>>
  delete(object: Resource, signal: AbortSignal): Promise<Result<Resource>>
}

const DNS_ENDPOINTS = { group: 'externaldns.k8s.io', version: 'v1alpha1', plural: 'dnsendpoints' }
const TYPE = { apiVersion: 'externaldns.k8s.io/v1alpha1', kind: 'DNSEndpoint' }

export function createDnsEndpointWriter<Resource extends DnsEndpoint>(client: ApiClient): DnsEndpointWriter<Resource> {
  const write = async (
    method: ApiMethod,
    place: ApiPlace,
    body: unknown,
    signal: AbortSignal,
  ): Promise<Result<Resource>> => {
    const path = apiPath(DNS_ENDPOINTS, place)
    try {
      const { status, json } = await client.request(method, path, { body, accept: [404, 409], signal })
      if (status === 404 || status === 409) return { kind: 'Conflict' }
      return { kind: 'Written', object: json as Resource } // The apiserver has checked it by the CRD.
    } catch (error) {
      signal.throwIfAborted()
      throw toProviderError(error)
    }
  }

  return {
    async list(namespace, signal) {
      const found: Resource[] = []
      const pathWith = (query: Readonly<Record<string, string>>): string => apiPath(DNS_ENDPOINTS, { namespace, query })
      try {
        for await (const { items } of listPages(client, pathWith, signal)) {
          found.push(...items.filter(isObject).map((item) => item as unknown as Resource))
        }
      } catch (error) {
        signal.throwIfAborted()
        throw toProviderError(error)
      }
      return found
    },

    apply(object, signal) {
      const { namespace, name, resourceVersion } = object.metadata
      const body = { ...TYPE, ...object }
      if (resourceVersion === undefined) return write('POST', { namespace }, body, signal)
      return write('PUT', { namespace, name }, body, signal)
    },

    async delete(object, signal) {
      const { namespace, name, resourceVersion } = object.metadata
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { resourceVersion } }
      const result = await write('DELETE', { namespace, name }, body, signal)
      return result.kind === 'Written' ? { kind: 'Written', object } : result
    },
  }
}

/** The words of providers for what went wrong. */
function toProviderError(thrown: unknown): ReconcileError {
  const error = toReconcileError(thrown)
  switch (error.reason) {
    case 'Forbidden':
      return new TerminalError('CredentialsInvalid', error.message, { cause: error })
    case 'NotFound':
      return new TerminalError(
        'ProviderRefused',
        'the cluster has no DNSEndpoint resources: install the CRD of external-dns',
      )
    case 'ApiRefused':
    case 'NamespaceTerminating':
    case 'NotAdmitted':
      return new TerminalError('ProviderRefused', error.message, { cause: error })
    case 'RateLimited':
      return error
    default:
      return new TransientError('ProviderUnavailable', error.message, { cause: error })
  }
}
