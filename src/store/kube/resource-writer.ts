// Reads and writes the DNSEndpoint resources of external-dns. Has the shape of the provider's port, and is handed to it where
// everything is put together.
import { TerminalError, toReconcileError, TransientError, type ReconcileError } from '../../model/errors.ts'
import { isObject } from '../../api/is-object.ts'
import type { ApiClient, ApiMethod, ApiResponse } from './api-client.ts'
import { apiPath } from './api-path.ts'
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
  return {
    list: (namespace, signal) => inProviderWords(signal, () => listAll<Resource>(client, namespace, signal)),

    apply(object, signal) {
      const { namespace, name, resourceVersion } = object.metadata
      const [method, place] =
        resourceVersion === undefined ? (['POST', { namespace }] as const) : (['PUT', { namespace, name }] as const)
      const write = { method, path: apiPath(DNS_ENDPOINTS, place), body: { ...TYPE, ...object } }
      return inProviderWords(signal, async () => {
        const written = await send(client, write, signal)
        // The apiserver has checked it by the CRD.
        return written === 'Conflict' ? { kind: 'Conflict' } : { kind: 'Written', object: written.json as Resource }
      })
    },

    delete(object, signal) {
      const { namespace, name, resourceVersion } = object.metadata
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { resourceVersion } }
      const write = { method: 'DELETE', path: apiPath(DNS_ENDPOINTS, { namespace, name }), body } as const
      return inProviderWords(signal, async () => {
        const written = await send(client, write, signal)
        return written === 'Conflict' ? { kind: 'Conflict' } : { kind: 'Written', object }
      })
    },
  }
}

async function listAll<Resource>(
  client: ApiClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Resource[]> {
  const found: Resource[] = []
  const pathWith = (query: Readonly<Record<string, string>>): string => apiPath(DNS_ENDPOINTS, { namespace, query })
  for await (const { items } of listPages(client, pathWith, signal)) {
    found.push(...items.filter(isObject).map((item) => item as unknown as Resource))
  }
  return found
}

interface Write {
  readonly method: ApiMethod
  readonly path: string
  readonly body: unknown
}

/** It is no longer what it was, or no longer there, or already there. */
async function send(
  client: ApiClient,
  { method, path, body }: Write,
  signal: AbortSignal,
): Promise<ApiResponse | 'Conflict'> {
  const answer = await client.request(method, path, { body, accept: [404, 409], signal })
  return answer.status === 404 || answer.status === 409 ? 'Conflict' : answer
}

async function inProviderWords<Answer>(signal: AbortSignal, run: () => Promise<Answer>): Promise<Answer> {
  try {
    return await run()
  } catch (error) {
    signal.throwIfAborted()
    throw toProviderError(error)
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
