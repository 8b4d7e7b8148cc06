import { describe, expect, it } from 'vitest'
import { parseObject } from '../../api/parse-object.ts'
import type { DNSProvider } from '../../api/kinds.ts'
import type { OwnerId } from '../../model/record-set.ts'
import { deriveOwnership, deriveProviderSettings, zonesOf } from './provider-settings.ts'

function provider(spec: object): DNSProvider {
  const parsed = parseObject({
    apiVersion: 'dns.stoa.dev/v1alpha1',
    kind: 'DNSProvider',
    metadata: { name: 'main' },
    spec,
  })
  if (parsed.kind === 'invalid' || parsed.object.kind !== 'DNSProvider') throw new Error(JSON.stringify(parsed))
  return parsed.object
}

describe('the settings of a provider', () => {
  it('have the defaults of a block that was left out', () => {
    const cloudflare = provider({ type: 'Cloudflare', credentialsSecretRef: { name: 'token' } })
    expect(deriveProviderSettings(cloudflare)).toEqual({
      type: 'Cloudflare',
      zones: [],
      cloudflare: { endpoint: 'https://api.cloudflare.com/client/v4', zoneIDs: {} },
    })
  })

  it('have what was written, and only the block of the type', () => {
    const spec = { type: 'RFC2136', zones: ['example.com'], rfc2136: { server: '192.0.2.53:53' } }
    expect(deriveProviderSettings(provider(spec))).toEqual({
      type: 'RFC2136',
      zones: ['example.com'],
      rfc2136: { server: '192.0.2.53:53', tsigAlgorithm: 'hmac-sha256' },
    })
    expect(zonesOf({})).toEqual([])
  })
})

describe('whose the records are', () => {
  it('is said by the spec, or by where Stoa runs', () => {
    const spec = { type: 'Builtin', zones: ['example.com'], builtin: {} }
    const identity = 'cluster-1' as OwnerId
    expect(deriveOwnership(provider(spec), identity)).toMatchObject({ id: 'cluster-1', registry: 'Auto' })
    const named = provider({ ...spec, ownership: { id: 'home', txtPrefix: 'own-' } })
    expect(deriveOwnership(named, identity)).toMatchObject({ id: 'home', naming: { prefix: 'own-', suffix: '' } })
  })
})
