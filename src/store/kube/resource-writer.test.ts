import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DnsEndpointObject, ResourceWriter } from '../../providers/dnsendpoint/resource-writer.ts'
import { ApiserverFake } from '../../../test/fakes/apiserver-fake.ts'
import { HttpFake } from '../../../test/fakes/http-fake.ts'
import { openPlainClient } from '../../../test/support/kube-bench.ts'
import type { ApiClient } from './api-client.ts'
import { createDnsEndpointWriter } from './resource-writer.ts'

const LIST = '/apis/externaldns.k8s.io/v1alpha1/namespaces/dns/dnsendpoints'
const never = new AbortController().signal
const shop: DnsEndpointObject = { metadata: { name: 'shop', namespace: 'dns' }, spec: { endpoints: [] } }

let fake: ApiserverFake
let client: ApiClient
let writer: ResourceWriter

beforeEach(async () => {
  fake = await ApiserverFake.start()
  client = openPlainClient(fake.url)
  writer = createDnsEndpointWriter<DnsEndpointObject>(client)
})
afterEach(async () => {
  await client.close()
  await fake.stop()
})

describe('DNSEndpoint resources', () => {
  it('are created, replaced and deleted at exactly the version that was seen', async () => {
    const created = await writer.apply(shop, never)
    if (created.kind !== 'Written') throw new Error('a conflict')
    expect(fake.find(`${LIST}/shop`)).toMatchObject({ apiVersion: 'externaldns.k8s.io/v1alpha1', kind: 'DNSEndpoint' })
    expect(await writer.apply(shop, never), 'it is there already').toEqual({ kind: 'Conflict' })
    const labelled = { ...created.object, metadata: { ...created.object.metadata, labels: { a: 'b' } } }
    expect((await writer.apply(labelled, never)).kind).toBe('Written')
    expect(await writer.apply(labelled, never), 'another version').toEqual({ kind: 'Conflict' })
    expect(await writer.delete(labelled, never), 'another version').toEqual({ kind: 'Conflict' })
    const [listed] = await writer.list('dns', never)
    if (listed === undefined) throw new Error('nothing listed')
    expect(listed.metadata.labels).toEqual({ a: 'b' })
    expect((await writer.delete(listed, never)).kind).toBe('Written')
    expect(await writer.delete(listed, never), 'gone').toEqual({ kind: 'Conflict' })
    expect(await writer.apply(listed, never), 'gone').toEqual({ kind: 'Conflict' })
  })

  it('are listed to the last page, and only those of the namespace', async () => {
    for (let index = 0; index < 230; index += 1) fake.seed(LIST, { metadata: { name: `n${index}` } })
    fake.seed(LIST.replace('/dns/', '/other/'), { metadata: { name: 'foreign' } })
    expect(await writer.list('dns', never)).toHaveLength(230)
  })

  it.each([
    [403, 'terminal', 'CredentialsInvalid', 'grant the verb "list"'],
    [404, 'terminal', 'ProviderRefused', 'install the CRD'],
    [422, 'terminal', 'ProviderRefused', 'refuses'],
    [429, 'waiting', 'RateLimited', 'fewer requests'],
    [401, 'transient', 'ProviderUnavailable', 'credentials'],
    [500, 'transient', 'ProviderUnavailable', '500'],
  ])('cannot be listed after %i: %s, %s', async (status, kind, reason, words) => {
    fake.fault = () => ({ status })
    const message = expect.stringContaining(words) as string
    await expect(writer.list('dns', never)).rejects.toMatchObject({ kind, reason, message })
  })

  it('are not taken for written when what answers is a proxy with a page', async () => {
    const proxy = await HttpFake.start(() => ({ status: 200, body: '<html>Sign in</html>' }))
    const behind = openPlainClient(proxy.url)
    await expect(createDnsEndpointWriter(behind).apply(shop, never)).rejects.toMatchObject({
      kind: 'transient',
      message:
        'cannot create dnsendpoints.externaldns.k8s.io in namespace dns: the answer is not from the Kubernetes API',
    })
    await behind.close()
    await proxy.stop()
  })

  it('are left alone once the signal is given', async () => {
    await expect(writer.apply(shop, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
    expect(fake.calls).toEqual([])
  })
})
