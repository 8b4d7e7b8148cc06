import { describe, expect, it } from 'vitest'
import type { ApiClient } from '../../store/kube/api-client.ts'
import { errorFromAnswer } from '../../store/kube/api-errors.ts'
import { createClusterRemote } from './cluster-remote.ts'
import type { Remote } from './remote.ts'

/** Answers every request in this way, as the apiserver does: an error unless 404 is an answer, too. */
function remoteWith404(json: unknown): Remote {
  const client: Pick<ApiClient, 'request'> = {
    request: (method, path, { accept = [] }) =>
      accept.includes(404)
        ? Promise.resolve({ status: 404, headers: {}, json })
        : Promise.reject(errorFromAnswer({ method, path, status: 404, retryAfter: undefined, json })),
  }
  const signal = new AbortController().signal
  return createClusterRemote({ client: client as ApiClient, server: 'https://c', namespace: 'web', signal })
}

describe('a cluster without the CRDs', () => {
  const missing =
    'cluster https://c has no nodepools.dns.stoa.dev: if Stoa is to work there, kubectl apply --server-side'
  const key = { namespace: 'web', name: 'edge' }

  it('is told from one that has no such object', async () => {
    // What is no part of the API is answered in plain text.
    const remote = remoteWith404(undefined)
    await expect(remote.list('NodePool')).rejects.toThrow(missing)
    await expect(remote.get('NodePool', key)).rejects.toThrow(missing)
    expect(await remoteWith404({ kind: 'Status', reason: 'NotFound' }).get('NodePool', key)).toBeUndefined()
  })
})
