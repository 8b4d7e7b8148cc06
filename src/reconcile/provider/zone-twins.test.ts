import { describe, expect, it } from 'vitest'
import type { DNSProvider } from '../../api/kinds.ts'
import type { Fqdn } from '../../model/name.ts'
import { ZoneTwins } from './zone-twins.ts'

const zone = 'example.com' as Fqdn

function areTwins(a: object, b: object): boolean {
  const reached = [a, b].map((spec, index) => {
    const ownership = { id: '', registry: 'Auto', txtPrefix: '', txtSuffix: '' }
    const metadata = { name: `p${index}`, namespace: `ns${index}` }
    return {
      ref: `ns${index}/p${index}`,
      object: { metadata, spec: { ownership, ...spec } } as DNSProvider,
      zones: [zone],
    }
  })
  return new ZoneTwins(reached).of({ provider: 'ns0/p0', zone }).length > 0
}

describe('zones of two DNSProviders', () => {
  const bind = { type: 'RFC2136', rfc2136: { server: '192.0.2.53', tsigAlgorithm: 'hmac-sha256' } }
  const route53 = (zoneIDs: object): object => ({ type: 'Route53', route53: { region: 'us-east-1', zoneIDs } })
  const dnsEndpoint = (namespace?: string): object => ({ type: 'DNSEndpoint', dnsEndpoint: { namespace } })

  it.each<[string, boolean, object, object]>([
    ['one server', true, bind, { ...bind, zones: ['example.com', 'example.org'] }],
    ['one server, other credentials', true, bind, { ...bind, credentialsSecretRef: { name: 'key' } }],
    [
      'one server, signed in another way',
      true,
      bind,
      { ...bind, rfc2136: { server: '192.0.2.53', tsigAlgorithm: 'hmac-sha512' } },
    ],
    ['two servers', false, bind, { ...bind, rfc2136: { server: '192.0.2.54', tsigAlgorithm: 'hmac-sha256' } }],
    [
      'two types',
      false,
      bind,
      { type: 'PowerDNS', powerdns: { endpoint: 'http://192.0.2.53', serverID: 'localhost' } },
    ],
    [
      'a block that was left out',
      true,
      { type: 'Gandi' },
      { type: 'Gandi', gandi: { endpoint: 'https://api.gandi.net/v5/livedns' } },
    ],
    ['one id, and others', true, route53({ [zone]: 'Z1' }), route53({ [zone]: 'Z1', 'example.org': 'Z3' })],
    ['two ids', false, route53({ [zone]: 'Z1' }), route53({ [zone]: 'Z2' })],
    [
      'the built-in server with other secondaries',
      true,
      { type: 'Builtin' },
      { type: 'Builtin', builtin: { secondaries: [{ address: '192.0.2.1' }] } },
    ],
    ['objects in their own namespaces', false, dnsEndpoint(), dnsEndpoint()],
    ['objects in one namespace', true, dnsEndpoint(), dnsEndpoint('ns0')],
  ])('with %s: one and the same is %s', (_what, expected, a, b) => {
    expect(areTwins(a, b)).toBe(expected)
  })
})
