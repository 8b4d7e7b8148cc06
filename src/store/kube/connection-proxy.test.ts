// The Kubernetes API through a proxy: that of the kubeconfig, else that of the environment.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConnectProxy, PROXIED_HOST } from '../../../test/fakes/connect-proxy.ts'
import { HttpFake } from '../../../test/fakes/http-fake.ts'
import { TEST_CERTIFICATE } from '../../../test/fakes/wan/tls-certificate.ts'
import { readEgress } from '../../egress/egress.ts'
import { createApiClient, type ApiClient } from './api-client.ts'
import { openConnection } from './connection.ts'

const signal = new AbortController().signal
const SERVER = `https://${PROXIED_HOST}:6443`

let folder: string
let api: HttpFake
let proxy: ConnectProxy
let refusing: ConnectProxy
let clients: ApiClient[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-kubeconfig-'))
  api = await HttpFake.start(() => ({ status: 200, body: '{"gitVersion":"v1"}' }))
  proxy = await ConnectProxy.start({ targetUrl: api.url })
  refusing = await ConnectProxy.start({ status: 403 })
  clients = []
})
afterEach(async () => {
  for (const client of clients) await client.close()
  for (const server of [proxy, refusing, api]) await server.stop()
  await rm(folder, { recursive: true })
})

async function open(cluster: Record<string, unknown>, env: Record<string, string>): Promise<ApiClient> {
  const kubeconfig = join(folder, 'config')
  await writeFile(join(folder, 'ca.pem'), TEST_CERTIFICATE)
  const config = {
    'current-context': 'main',
    clusters: [{ name: 'here', cluster: { server: SERVER, 'certificate-authority': 'ca.pem', ...cluster } }],
    users: [{ name: 'me', user: { token: 'one' } }],
    contexts: [{ name: 'main', context: { cluster: 'here', user: 'me' } }],
  }
  await writeFile(kubeconfig, JSON.stringify(config))
  const client = createApiClient(await openConnection({ kubeconfig, egress: readEgress(env) }))
  clients.push(client)
  return client
}

describe('the Kubernetes API', () => {
  it('is reached through the proxy of the environment', async () => {
    const client = await open({}, { HTTPS_PROXY: proxy.url })
    expect(await client.request('GET', '/version', { signal })).toMatchObject({ json: { gitVersion: 'v1' } })
    expect(proxy.asked).toEqual([`${PROXIED_HOST}:6443`])
    expect(api.calls[0]?.headers).toMatchObject({ authorization: 'Bearer one' })
  })

  it('is reached through the proxy of its kubeconfig whatever the environment says, exemptions too', async () => {
    const env = { HTTPS_PROXY: refusing.url, NO_PROXY: '*' }
    const client = await open({ 'proxy-url': proxy.url.replace('//', '//me@') }, env)
    await client.request('GET', '/version', { signal })
    expect(proxy.authorizations).toEqual([`Basic ${btoa('me:')}`])
    expect(refusing.asked).toEqual([])
  })

  it('is reached directly where that is exempt', async () => {
    const server = api.url.replace('http:', 'https:')
    const client = await open({ server }, { HTTPS_PROXY: refusing.url })
    await expect(client.request('GET', '/version', { signal })).rejects.toMatchObject({ reason: 'ApiUnavailable' })
    expect(refusing.asked).toEqual([])
  })

  it.each<[string, Record<string, unknown>, () => Record<string, string>, RegExp]>([
    [
      'of the environment',
      {},
      () => ({ HTTPS_PROXY: refusing.url.replace('//', '//me:s3cret@') }),
      /^cannot .*: the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS_PROXY\) refuses to connect to check\.example\.org:6443 \(403\): .* put that into NO_PROXY$/,
    ],
    [
      'of the kubeconfig',
      { 'proxy-url': 'http://me:s3cret@127.0.0.1:9' },
      () => ({}),
      /^cannot .*: the proxy http:\/\/127\.0\.0\.1:9 \(proxy-url in the kubeconfig\) cannot be used: connection refused; see that it runs, .*$/,
    ],
    [
      'that is none',
      {},
      () => ({ HTTPS_PROXY: 'ftp://me:s3cret@p.test' }),
      /^cannot .*: HTTPS_PROXY names a proxy for ftp/,
    ],
  ])('says why a proxy %s does not let it through', async (_what, cluster, env, message) => {
    const client = await open(cluster, env())
    const error: unknown = await client.request('GET', '/version', { signal }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ kind: 'transient', reason: 'ApiUnavailable' })
    expect((error as Error).message).toMatch(message)
    expect((error as Error).message).not.toContain('s3cret')
  })
})
