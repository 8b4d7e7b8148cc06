import { describe, expect, it } from 'vitest'
import { PROVIDER, startEngine, type EngineBench } from '../../../test/support/engine-bench.ts'
import type { Fqdn } from '../../model/name.ts'
import type { ZoneSecondary } from '../../providers/builtin/zone-secondary.ts'
import { ZoneStore } from '../../providers/builtin/zone-store.ts'
import { createProvider } from '../../providers/create-provider.ts'

const KEY = Buffer.alloc(32, 7).toString('base64')
const OTHER_KEY = Buffer.alloc(32, 8).toString('base64')
const SECRET = { namespace: 'web', name: 'copy' }
const KEYED = { address: '2001:DB8:0::53', tsigSecretRef: { name: 'copy' } }
const PLAIN = { address: '192.0.2.53', port: 5353 }
const PLAIN_SEEN = { host: '192.0.2.53', port: 5353, key: undefined }

function builtin(secondaries: readonly object[], namespace = 'web'): typeof PROVIDER & { readonly spec: object } {
  const spec = { type: 'Builtin', zones: ['example.com'], builtin: { secondaries } }
  return { ...PROVIDER, metadata: { name: 'main', namespace }, spec: spec as never }
}

interface Serving {
  readonly bench: EngineBench
  readonly seen: () => readonly ZoneSecondary[] | undefined
  readonly zones: () => readonly string[]
}

function serve(): Serving {
  let latest: ReadonlyMap<Fqdn, readonly ZoneSecondary[]> = new Map()
  const bench = startEngine({
    createProvider,
    openServedZone: (zone) => ZoneStore.open({ zone, firstSerial: 1 }),
    serveZones: (byZone) => (latest = byZone),
  })
  return { bench, seen: () => latest.get('example.com' as Fqdn), zones: () => [...latest.keys()].sort() }
}

const keyed = (secret: string, algorithm = 'hmac-sha256'): object => ({
  ...{ host: '2001:db8::53', port: 53 },
  key: { name: 'copy.key', algorithm, secret: new Uint8Array(Buffer.from(secret, 'base64')) },
})

describe('the secondaries of a zone', () => {
  it('are those of the spec, with the keys of their Secrets, as both change', async () => {
    const { bench, seen } = serve()
    bench.store.putSecret(SECRET, { tsigKeyName: 'Copy.Key.', tsigSecret: KEY })
    bench.store.put(builtin([KEYED, PLAIN]))
    await bench.clock.advance(3_000)
    expect(seen()).toEqual([keyed(KEY), PLAIN_SEEN])
    expect(bench.ready('DNSProvider', 'main')).toMatch(/^True/)
    bench.store.putSecret(SECRET, { tsigKeyName: 'copy.key', tsigSecret: OTHER_KEY })
    await bench.clock.advance(3_000)
    expect(seen()).toEqual([keyed(OTHER_KEY), PLAIN_SEEN])
    bench.store.put(builtin([{ ...KEYED, tsigAlgorithm: 'hmac-sha512' }]))
    await bench.clock.advance(3_000)
    expect(seen()).toEqual([keyed(OTHER_KEY, 'hmac-sha512')])
    bench.store.put(builtin([]))
    await bench.clock.advance(3_000)
    expect(seen()).toEqual([])
  })

  it.each<readonly [string, Readonly<Record<string, string>> | undefined, RegExp]>([
    ['is missing', undefined, /SecretNotFound.*web\/copy does not exist; create it with the keys/],
    ['has no name', { tsigSecret: KEY }, /CredentialsInvalid.*web\/copy has no tsigKeyName/],
    ['has a name that no message can hold', { tsigKeyName: 'schlüssel', tsigSecret: KEY }, /has no tsigKeyName/],
    ['has a torn key', { tsigKeyName: 'k', tsigSecret: 'not base64!' }, /CredentialsInvalid.*has no tsigSecret/],
  ])('are without the one whose Secret %s, which is said and healed', async (_, values, said) => {
    const { bench, seen } = serve()
    if (values !== undefined) bench.store.putSecret(SECRET, values)
    bench.store.put(builtin([KEYED, PLAIN]))
    await bench.clock.advance(3_000)
    expect(seen()).toEqual([PLAIN_SEEN])
    expect(bench.ready('DNSProvider', 'main')).toMatch(said)
    expect(bench.ready('DNSProvider', 'main')).not.toContain(KEY)
    bench.store.putSecret(SECRET, { tsigKeyName: 'copy.key', tsigSecret: KEY })
    await bench.clock.advance(3_000)
    expect(seen()).toEqual([keyed(KEY), PLAIN_SEEN])
    expect(bench.ready('DNSProvider', 'main')).toMatch(/^True/)
  })

  it('are nobody while two DNSProviders serve it: a stranger could add himself', async () => {
    const { bench, seen } = serve()
    bench.store.put(builtin([PLAIN]))
    await bench.clock.advance(3_000)
    bench.store.put(builtin([{ address: '198.51.100.66' }], 'stranger'))
    await bench.clock.advance(3_000)
    expect(seen()).toEqual([])
    expect(bench.ready('DNSProvider', 'main')).toMatch(/nobody may copy example.com, since DNSProvider stranger\/main/)
    bench.store.put(builtin([], 'stranger'))
    await bench.clock.advance(3_000)
    expect(seen()).toEqual([])
  })
})

describe('the zones that are served', () => {
  const zoned = (zones: readonly string[]): object => ({ type: 'Builtin', zones, builtin: {} })
  const put = async ({ bench }: Serving, spec: object, name = 'main'): Promise<void> => {
    bench.store.put({ ...PROVIDER, metadata: { name, namespace: 'web' }, spec: spec })
    await bench.clock.advance(3_000)
  }

  it('are those that a provider of this type still names', async () => {
    const serving = serve()
    await put(serving, zoned(['example.com', 'lab.example.com']))
    expect(serving.zones()).toEqual(['example.com', 'lab.example.com'])
    await put(serving, zoned(['example.com']))
    expect(serving.zones()).toEqual(['example.com'])
    await put(serving, { type: 'DNSEndpoint', zones: ['example.com'] })
    expect(serving.zones()).toEqual([])
  })

  it('end with their provider, unless another names them too', async () => {
    const serving = serve()
    await put(serving, zoned(['example.com', 'lab.example.com']))
    await put(serving, zoned(['lab.example.com']), 'lab')
    serving.bench.store.delete('DNSProvider', { namespace: 'web', name: 'main' })
    await serving.bench.clock.advance(3_000)
    expect(serving.zones()).toEqual(['lab.example.com'])
  })

  it('stay while the spec of their provider cannot be read', async () => {
    const serving = serve()
    await put(serving, zoned(['example.com']))
    await put(serving, { type: 'Builtin', zones: 'example.com' })
    expect(serving.bench.ready('DNSProvider', 'main')).toMatch(/^False InvalidSpec/)
    expect(serving.zones()).toEqual(['example.com'])
  })
})
