import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HttpFake } from '../../../test/fakes/http-fake.ts'
import { openPlainClient } from '../../../test/support/kube-bench.ts'
import type { ObjectMeta } from '../../api/kinds.ts'
import type { ApiClient } from './api-client.ts'
import { createObjectWriter, type ObjectWriter } from './object-writer.ts'

const signal = new AbortController().signal
const seen: ObjectMeta = {
  ...{ namespace: 'web', name: 'shop', uid: 'u', generation: 1, resourceVersion: '7' },
  creationTimestamp: '2026-11-01T00:00:00Z',
}
const status = { observedGeneration: 1 }

describe('a write to one of our objects', () => {
  let proxy: HttpFake
  let client: ApiClient
  let writer: ObjectWriter
  let body: unknown

  beforeEach(async () => {
    proxy = await HttpFake.start(() => ({ status: 404, body }))
    client = openPlainClient(proxy.url)
    writer = createObjectWriter(client, () => ({ putWritten: () => undefined, removeWritten: () => undefined }))
  })
  afterEach(async () => {
    await client.close()
    await proxy.stop()
  })

  it('needs nobody where the apiserver says that the object is gone', async () => {
    body = { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 }
    await writer.setFinalizer('DynamicDNSRecord', seen, true, signal)
    await writer.writeStatus('DynamicDNSRecord', seen, status, signal)
    expect(proxy.calls).toHaveLength(2)
  })

  it('has failed where a balancer with no apiserver behind it says that its page is not there', async () => {
    body = 'default backend - 404'
    const error = {
      ...{ kind: 'transient', reason: 'ApiUnavailable' },
      message: expect.stringContaining('the answer is not from the Kubernetes API') as string,
    }
    await expect(writer.setFinalizer('DynamicDNSRecord', seen, true, signal)).rejects.toMatchObject(error)
    await expect(writer.writeStatus('DynamicDNSRecord', seen, status, signal)).rejects.toMatchObject(error)
  })
})
