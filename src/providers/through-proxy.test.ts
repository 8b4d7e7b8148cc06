// Every call that a provider makes by TLS goes through the proxy of the environment: those of the clouds' own libraries, too.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ConnectProxy, PROXIED_HOST, type ConnectProxyOptions } from '../../test/fakes/connect-proxy.ts'
import { HttpFake, type FakeAnswer } from '../../test/fakes/http-fake.ts'
import { TEST_CERTIFICATE } from '../../test/fakes/wan/tls-certificate.ts'
import { nextId } from '../../test/support/dns-by-hand.ts'
import { plainOwnership } from '../../test/support/plain-ownership.ts'
import { systemClock } from '../cli/system-clock.ts'
import { readEgress, type Egress } from '../egress/egress.ts'
import type { Fqdn } from '../model/name.ts'
import type { OwnerId } from '../model/record-set.ts'
import { OPEN_GATE } from './call-gate.ts'
import { createProvider, type ProviderPorts, type ProviderSettings } from './create-provider.ts'
import { outcomeOfFailure } from './http/call-outcome.ts'
import { HttpClient, LostAnswerError, NotSentError } from './http/http-client.ts'
import { createAzureTokens } from './azure/azure-tokens.ts'
import { createGoogleTokens } from './google/google-tokens.ts'

const signal = new AbortController().signal
const zones = ['example.com' as Fqdn]
const cleanUps: (() => Promise<void>)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

async function startProxy(options: ConnectProxyOptions): Promise<ConnectProxy> {
  const proxy = await ConnectProxy.start(options)
  cleanUps.push(() => proxy.stop())
  return proxy
}

async function startService(serve: () => FakeAnswer): Promise<HttpFake> {
  const fake = await HttpFake.start(serve)
  cleanUps.push(() => fake.stop())
  return fake
}

const egressBy = (proxy: string, more: Record<string, string> = {}): Egress =>
  readEgress({ HTTPS_PROXY: proxy, ...more }, TEST_CERTIFICATE)

function openClient(egress: Egress, endpoint = `https://${PROXIED_HOST}`, timeoutMs = 4_000): HttpClient {
  const client = new HttpClient({ name: 'Gandi', endpoint, headers: () => ({}), timeoutMs, gate: OPEN_GATE, egress })
  cleanUps.push(() => client.close())
  return client
}

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const SECRETS: Readonly<Record<string, string>> = {
  serviceAccountJSON: JSON.stringify({ type: 'service_account', client_email: 'a@x.test', private_key: privateKey }),
}
const ports: ProviderPorts = {
  ...{ gate: OPEN_GATE, clock: systemClock, nextId, namespace: 'dns', writer: undefined, stores: new Map() },
  ownership: plainOwnership('home' as OwnerId),
  secret: (key) => SECRETS[key] ?? `the-${key}`,
}
const route53 = { region: 'us-east-1', roleARN: '', endpoint: '', zoneIDs: {}, privateZones: false }

describe('through a proxy', () => {
  it('a call is answered by whom it is for', async () => {
    const api = await startService(() => ({ status: 200, body: '{"ok":true}' }))
    const proxy = await startProxy({ targetUrl: api.url })
    const client = openClient(egressBy(proxy.url.replace('//', '//me:s3cret@')))
    expect(await client.send({ method: 'POST', path: 'zones', body: {} }, signal)).toMatchObject({ status: 200 })
    for (let calls = 0; calls < 4; calls++) {
      expect(await client.send({ method: 'GET', path: 'zones' }, signal)).toMatchObject({ text: '{"ok":true}' })
    }
    // Connections are kept.
    expect(proxy.asked.length).toBeLessThan(5)
    expect(new Set(proxy.asked)).toEqual(new Set([`${PROXIED_HOST}:443`]))
    expect(new Set(proxy.authorizations)).toEqual(new Set([`Basic ${btoa('me:s3cret')}`]))
  })

  it('does not go what is exempt, nor what goes without TLS', async () => {
    const api = await startService(() => ({ status: 200, body: '{}' }))
    const proxy = await startProxy({})
    await openClient(egressBy(proxy.url), api.url).send({ method: 'GET', path: '' }, signal)
    // Nobody listens there, and no proxy is asked.
    const exempt = openClient(egressBy(proxy.url), 'https://127.0.0.1:9')
    await expect(exempt.send({ method: 'GET', path: '' }, signal)).rejects.toThrow(LostAnswerError)
    expect(proxy.asked).toEqual([])
  })

  it.each<[ConnectProxyOptions, string]>([
    [{ status: 407 }, 'does not accept the user and password in its URL (407): mend them'],
    [
      { status: 403 },
      `refuses to connect to ${PROXIED_HOST}:443 (403): have it let connections to ${PROXIED_HOST}:443 through, or if it is not for ` +
        `${PROXIED_HOST}, put that into NO_PROXY`,
    ],
    [
      { status: 503 },
      `does not get through to ${PROXIED_HOST}:443 (503): see why there, or if it is not for ${PROXIED_HOST}, put that into NO_PROXY`,
    ],
    [{ silent: true }, 'cannot be used: no answer within 0.2 s'],
  ])('that does as %o says, nothing was sent, and the proxy is named', async (options, words) => {
    const proxy = await startProxy(options)
    const client = openClient(egressBy(proxy.url.replace('//', '//me:s3cret@')), undefined, 400)
    const error: unknown = await client
      .send({ method: 'POST', path: 'zones', body: {} }, signal)
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      ...{ kind: 'transient', reason: 'ProviderUnavailable' },
      message: `Gandi cannot be reached: the proxy ${proxy.url} (HTTPS_PROXY) ${words}`,
    })
    expect(outcomeOfFailure(error as NotSentError).kind).toBe('failed')
  })

  it('that is not there, or wants a password, says so', async () => {
    const proxy = await startProxy({ status: 407 })
    const call = { method: 'GET', path: '' } as const
    await expect(openClient(egressBy(proxy.url)).send(call, signal)).rejects.toThrow(
      `(HTTPS_PROXY) asks for a user and a password (407): write them into its URL, as http://user:password@host:port`,
    )
    await expect(openClient(egressBy('http://127.0.0.1:9')).send(call, signal)).rejects.toThrow(
      'Gandi cannot be reached: the proxy http://127.0.0.1:9 (HTTPS_PROXY) cannot be used: connection refused; see that it runs, and check the address and the port',
    )
  })

  it('an answer that is lost behind the proxy stays a lost answer', async () => {
    const api = await startService(() => ({ status: 200, body: '{}' }))
    api.fail({ kind: 'lose-answer' })
    const proxy = await startProxy({ targetUrl: api.url })
    const sent = openClient(egressBy(proxy.url)).send({ method: 'POST', path: 'zones', body: {} }, signal)
    await expect(sent).rejects.toThrow(LostAnswerError)
  })

  it.each<[string, string, ProviderSettings]>([
    [
      'api.cloudflare.com',
      'Cloudflare',
      { type: 'Cloudflare', zones, cloudflare: { endpoint: 'https://api.cloudflare.com/', zoneIDs: {} } },
    ],
    ['api.gandi.net', 'Gandi', { type: 'Gandi', zones, gandi: { endpoint: 'https://api.gandi.net/v5/livedns' } }],
    ['route53.amazonaws.com', 'Route 53', { type: 'Route53', zones, route53 }],
    [
      'route53.example.org',
      'Route 53',
      { type: 'Route53', zones, route53: { ...route53, endpoint: 'https://route53.example.org' } },
    ],
    [
      'sts.us-east-1.amazonaws.com',
      'AWS STS',
      { type: 'Route53', zones, route53: { ...route53, roleARN: 'arn:aws:iam::1:role/dns' } },
    ],
    ['oauth2.googleapis.com', 'Google', { type: 'Google', zones, google: { project: 'p' } }],
    [
      'login.microsoftonline.com',
      'Entra ID',
      { type: 'Azure', zones, azure: { subscriptionID: 's', resourceGroup: 'g', tenantID: 't' } },
    ],
    [
      'pdns.example.org',
      'PowerDNS',
      { type: 'PowerDNS', zones, powerdns: { endpoint: 'https://pdns.example.org', serverID: 'localhost' } },
    ],
    [
      'hook.example.org',
      'the webhook at hook.example.org',
      { type: 'Webhook', zones, webhook: { endpoint: 'https://hook.example.org' } },
    ],
  ])('%s is asked, and %s named where it refuses', async (host, name, settings) => {
    const proxy = await startProxy({ status: 403 })
    const provider = createProvider(settings, { ...ports, egress: egressBy(proxy.url) })
    cleanUps.push(() => provider.close())
    // Some ask for nothing before they must.
    const ask = async (): Promise<unknown> => {
      await provider.listZones(signal)
      return provider.openZone('example.com' as Fqdn, signal)
    }
    const error: unknown = await ask().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(NotSentError)
    expect(String(error)).toContain(`${name} cannot be `)
    expect(String(error)).toContain(`: the proxy ${proxy.url} (HTTPS_PROXY) refuses to connect to ${host}:443 (403)`)
    expect(new Set(proxy.asked)).toEqual(new Set([`${host}:443`]))
  })

  it("Amazon's own library reads its answers", async () => {
    const body =
      '<?xml version="1.0"?><ListHostedZonesResponse><HostedZones></HostedZones><IsTruncated>false</IsTruncated>' +
      '<Marker></Marker><MaxItems>100</MaxItems></ListHostedZonesResponse>'
    const api = await startService(() => ({ status: 200, body }))
    const proxy = await startProxy({ targetUrl: api.url })
    const settings = { type: 'Route53', zones, route53: { ...route53, endpoint: `https://${PROXIED_HOST}` } }
    const provider = createProvider(settings, { ...ports, egress: egressBy(proxy.url) })
    cleanUps.push(() => provider.close())
    expect(await provider.listZones(signal)).toEqual([])
    expect(proxy.asked).toEqual([`${PROXIED_HOST}:443`])
  })

  it("a Pod's role at Amazon is asked for", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-identity-'))
    cleanUps.push(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'token'), 'eyJ')
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'token'))
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::1:role/pod')
    const proxy = await startProxy({ status: 403 })
    const settings = { type: 'Route53', zones, route53 }
    const provider = createProvider(settings, { ...ports, secret: undefined, egress: egressBy(proxy.url) })
    cleanUps.push(() => provider.close())
    await expect(provider.listZones(signal)).rejects.toThrow(
      /the proxy \S+ \(HTTPS_PROXY\) refuses to connect to sts\./,
    )
  })

  it("the identity service of Azure's machines is not asked for, whatever their library makes of the environment", async () => {
    const answer = {
      access_token: 'of-the-machine',
      expires_on: '4102444800',
      resource: 'https://x',
      token_type: 'Bearer',
    }
    const headers = { 'content-type': 'application/json' }
    const identity = await startService(() => ({ status: 200, headers, body: JSON.stringify(answer) }))
    const proxy = await startProxy({ status: 403 })
    vi.stubEnv('HTTPS_PROXY', proxy.url)
    vi.stubEnv('HTTP_PROXY', proxy.url)
    vi.stubEnv('NO_PROXY', '')
    vi.stubEnv('no_proxy', '')
    vi.stubEnv('IDENTITY_ENDPOINT', `${identity.url}/msi/token`)
    vi.stubEnv('IDENTITY_HEADER', 'here')
    const tokens = createAzureTokens({ tenantID: '', egress: egressBy(proxy.url) })
    expect(await tokens.get(signal)).toBe('of-the-machine')
    expect(proxy.asked).toEqual([])
  })

  it("the metadata service of Google's machines is not asked for, whatever their library makes of the environment", async () => {
    const answer = { access_token: 'of-the-machine', expires_in: 3600, token_type: 'Bearer' }
    const headers = { 'metadata-flavor': 'Google', 'content-type': 'application/json' }
    const metadata = await startService(() => ({ status: 200, headers, body: JSON.stringify(answer) }))
    const proxy = await startProxy({ status: 403 })
    vi.stubEnv('HTTPS_PROXY', proxy.url)
    vi.stubEnv('NO_PROXY', '')
    vi.stubEnv('no_proxy', '')
    vi.stubEnv('HOME', tmpdir())
    vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present')
    vi.stubEnv('GCE_METADATA_HOST', new URL(metadata.url).host)
    const tokens = createGoogleTokens({ project: 'p', timeoutMs: 4_000, egress: egressBy(proxy.url) })
    expect(await tokens.get(signal)).toBe('of-the-machine')
    expect(proxy.asked).toEqual([])
  })
})
