import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { nextId } from '../../test/support/dns-by-hand.ts'
import { plainOwnership } from '../../test/support/plain-ownership.ts'
import { systemClock } from '../cli/system-clock.ts'
import type { Fqdn } from '../model/name.ts'
import type { OwnerId } from '../model/record-set.ts'
import { OPEN_GATE } from './call-gate.ts'
import { createProvider, type ProviderPorts, type ProviderSettings } from './create-provider.ts'
import { allowanceOf } from './default-budget.ts'

const signal = new AbortController().signal
const ports: ProviderPorts = {
  ...{ gate: OPEN_GATE, clock: systemClock, nextId, namespace: 'dns', writer: undefined, stores: new Map() },
  ownership: plainOwnership('home' as OwnerId),
  secret: (key) => `the ${key}`,
}
const writer: ProviderPorts['writer'] = {
  list: () => Promise.resolve([]),
  apply: () => Promise.resolve({ kind: 'Conflict' }),
  delete: () => Promise.resolve({ kind: 'Conflict' }),
}
const zones = ['example.com' as Fqdn]
const nowhere = 'http://127.0.0.1:9'

const SETTINGS: readonly ProviderSettings[] = [
  { type: 'Cloudflare', zones, cloudflare: { endpoint: nowhere, zoneIDs: {} } },
  { type: 'Gandi', zones, gandi: { endpoint: nowhere } },
  {
    type: 'Route53',
    zones,
    route53: { region: 'us-east-1', roleARN: '', endpoint: nowhere, zoneIDs: {}, privateZones: false },
  },
  { type: 'Google', zones, google: { project: 'p' } },
  { type: 'Azure', zones, azure: { subscriptionID: 's', resourceGroup: 'g', tenantID: 't' } },
  { type: 'RFC2136', zones, rfc2136: { server: '127.0.0.1:9', tsigAlgorithm: 'hmac-sha256' } },
  { type: 'PowerDNS', zones, powerdns: { endpoint: nowhere, serverID: 'localhost' } },
  { type: 'Webhook', zones, webhook: { endpoint: nowhere } },
  { type: 'DNSEndpoint', zones, dnsEndpoint: {} },
  { type: 'Builtin', zones },
]

describe('a DNSProvider of type', () => {
  it.each(SETTINGS)('$type becomes that provider', async (settings) => {
    const provider = createProvider(settings, { ...ports, writer })
    expect(provider.type).toBe(settings.type)
    await provider.close()
    await provider.close()
  })

  it.each(SETTINGS.filter(({ type }) => !['DNSEndpoint', 'Builtin'].includes(type)))(
    '$type says which block of its spec is missing',
    ({ type }) => {
      expect(() => createProvider({ type, zones }, ports)).toThrow(/^spec\.\w+ is missing, which type/)
    },
  )

  it.each([
    ['Cloudflare', 'token'],
    ['Gandi', 'token'],
    ['PowerDNS', 'apiKey'],
  ])('%s says which key of which Secret it needs, when it needs it', async (type, key) => {
    const settings = SETTINGS.find((one) => one.type === type)
    if (settings === undefined) throw new Error(`no settings for ${type}`)
    const provider = createProvider(settings, { ...ports, secret: undefined })
    const refused = await provider
      .openZone('example.com' as Fqdn, signal)
      .then(
        async (session) => {
          for await (const page of session.list(signal)) return page
          return undefined
        },
        (error: unknown) => error,
      )
      .catch((error: unknown) => error)
    expect(refused).toMatchObject({
      reason: 'CredentialsInvalid',
      message: expect.stringContaining(`\`${key}\``) as string,
    })
    await provider.close()
  })

  it('that nobody knows is refused by name', () => {
    expect(() => createProvider({ type: 'constructor', zones }, ports)).toThrow('spec.type constructor is not known')
  })

  it.each([
    ['Cloudflare', 'TXT', 'Native'],
    ['Builtin', 'TXT', 'Native'],
    ['Gandi', 'Native', 'TXT'],
    ['RFC2136', 'Native', 'TXT'],
  ] as const)('%s has no registry %s, and says to use %s', (type, registry, instead) => {
    const settings = SETTINGS.find((one) => one.type === type) ?? { type, zones }
    const create = (): unknown => createProvider(settings, { ...ports, ownership: { ...ports.ownership, registry } })
    expect(create).toThrow(`registry ${registry} is not available for ${type}: use Auto or ${instead}`)
  })

  it('DNSEndpoint needs a cluster', () => {
    expect(() => createProvider({ type: 'DNSEndpoint', zones }, ports)).toThrow('there is no cluster here')
  })
})

describe('the allowance of a credential', () => {
  it.each([
    ['Cloudflare', undefined, { capacity: 100, refillPerSecond: 200 / 60 }],
    ['Cloudflare', 60, { capacity: 60, refillPerSecond: 1 }],
    ['PowerDNS', undefined, { capacity: 500, refillPerSecond: 50 }],
    ['Gandi', 1, { capacity: 1, refillPerSecond: 1 / 60 }],
  ])('of %s at %s a minute', (type, perMinute, allowance) => {
    expect(allowanceOf(type, perMinute)).toEqual(allowance)
  })

  it('is what docs/spec/dns-provider.md says of each type', () => {
    const page = readFileSync(new URL('../../docs/spec/dns-provider.md', import.meta.url), 'utf8')
    const rows = [...page.matchAll(/^\| `?(\w+)`? +\| [^|]* \| (\d+) +\| \d+ +\|$/gm)]
    const documented = new Map(rows.map(([, type = '', perMinute]) => [type, Number(perMinute)]))
    expect(documented.size).toBe(6)
    for (const { type } of SETTINGS) {
      const perMinute = Math.round(allowanceOf(type, undefined).refillPerSecond * 60)
      expect([type, documented.get(type) ?? documented.get('others')]).toEqual([type, perMinute])
    }
  })

  it('never goes beyond what Cloudflare allows in five minutes, burst included', () => {
    const { capacity, refillPerSecond } = allowanceOf('Cloudflare', undefined)
    expect(capacity + refillPerSecond * 300).toBeLessThanOrEqual(1200)
  })
})
