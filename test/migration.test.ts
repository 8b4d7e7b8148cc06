// Whole migrations: the other program's settings through `stoa migrate`, what it left in the zone, and our engine in its place.
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { KindName } from '../src/api/kinds.ts'
import type { Fqdn } from '../src/model/name.ts'
import { createProvider } from '../src/providers/create-provider.ts'
import { openTxtSession, type Ownership } from '../src/providers/ownership/ownership.ts'
import type { EnginePorts } from '../src/reconcile/engine-ports.ts'
import { CloudflareFake } from './fakes/cloudflare-fake.ts'
import { GandiFake } from './fakes/gandi-fake.ts'
import { MemoryRawZone } from './fakes/memory-raw-zone.ts'
import { runCommand } from './support/command-bench.ts'
import { node, startEngine, type EngineBench } from './support/engine-bench.ts'

const ZONE = 'example.com'
const SAMPLES = new URL('../src/cli/migrate/samples', import.meta.url).pathname

interface Manifest {
  readonly kind: KindName
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: Readonly<Record<string, unknown>>
}

async function migrate(...args: readonly string[]): Promise<readonly Manifest[]> {
  const { code, stdout, stderr } = await runCommand(['migrate', ...args], { cwd: SAMPLES })
  expect(code, stderr).toBe(0)
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest)
}

/** The engine on the real providers, which speak to a fake. */
function startMigrated(manifests: readonly Manifest[], more: Readonly<Partial<Record<KindName, object>>>): EngineBench {
  const bench = startEngine({ createProvider })
  bench.store.putNamespace('web', { 'kubernetes.io/metadata.name': 'web' })
  for (const { kind, metadata, spec } of manifests) {
    bench.store.put({ kind, metadata, spec: { ...spec, ...more[kind] } })
  }
  return bench
}

/** Calls to a fake take real time, in which the simulated clock has to go on. */
async function until({ clock }: EngineBench, isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !isTrue(); turn += 1) {
    await clock.advance(100)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  expect(isTrue()).toBe(true)
}

/** Long enough for anything that was going to happen, drift checks included. */
async function rest(bench: EngineBench): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) {
    await bench.clock.advance(10_000)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

describe('from ESDDNS at Gandi', () => {
  const RECORD = { namespace: 'dns', name: 'example-com' }

  async function takeOver(): Promise<{ readonly bench: EngineBench; readonly fake: GandiFake }> {
    const fake = await GandiFake.start(ZONE)
    onTestFinished(() => fake.http.stop())
    fake.seed(ZONE, '@', 'A', ['203.0.113.7'])
    fake.seed(ZONE, 'mail', 'A', ['192.0.2.25'])
    const gandi = { endpoint: `${fake.http.url}/v5/livedns` }
    const manifests = await migrate('esddns', 'dns.ini', '--env-file', 'esddns.env')
    const more = { WANAddress: { intervalSeconds: 30 }, DynamicDNSRecord: { ttlSeconds: 300 } }
    const bench = startMigrated(manifests, { DNSProvider: { gandi }, ...more })
    bench.store.putSecret({ namespace: 'dns', name: 'gandi-token' }, { token: fake.token })
    await until(bench, () => bench.ready('DynamicDNSRecord', RECORD.name, 'dns')?.startsWith('True') === true)
    return { bench, fake }
  }

  it('takes the plain record over, and changes nothing that a resolver sees', async () => {
    const { bench, fake } = await takeOver()
    expect(fake.values(ZONE, '@', 'A')).toEqual(['203.0.113.7'])
    expect(fake.values(ZONE, 'mail', 'A')).toEqual(['192.0.2.25'])
    const written = fake.http.writes().map(({ method, path }) => `${method} ${path.split('/records/')[1] ?? ''}`)
    expect(written.every((call) => call.endsWith('/TXT'))).toBe(true)
    expect(written.length).toBeGreaterThan(0)
    await rest(bench)
    expect(fake.http.writes()).toHaveLength(written.length)
  })

  it('follows the WAN address from then on', async () => {
    const { bench, fake } = await takeOver()
    bench.world.wan = '203.0.113.99'
    await until(bench, () => fake.values(ZONE, '@', 'A')[0] === '203.0.113.99')
    expect(fake.values(ZONE, '@', 'A')).toEqual(['203.0.113.99'])
    bench.world.wan = undefined
    await rest(bench)
    expect(fake.values(ZONE, '@', 'A')).toEqual(['203.0.113.99'])
  })

  it('leaves what it adopted when the resource is deleted, so that one can go back', async () => {
    const { bench, fake } = await takeOver()
    bench.store.delete('DynamicDNSRecord', RECORD)
    await until(bench, () => bench.store.get('DynamicDNSRecord', RECORD) === undefined)
    expect(fake.values(ZONE, '@', 'A')).toEqual(['203.0.113.7'])
  })
})

describe('from Epictetus at Cloudflare', () => {
  const CANDIDATE = 'DeletionCandidateOfClusterAutoscaler'
  const BOTH = [CANDIDATE, 'ToBeDeletedByClusterAutoscaler']
  const NODES = ['192.0.2.1', '192.0.2.2', '192.0.2.3']

  interface Story {
    readonly bench: EngineBench
    readonly fake: CloudflareFake
    readonly published: () => readonly string[]
  }

  async function takeOver(): Promise<Story> {
    const fake = await CloudflareFake.start({ [ZONE]: 'pro', 'example.org': 'pro' })
    onTestFinished(() => fake.http.stop())
    for (const address of NODES) fake.seed(ZONE, 'app.example.com', 'A', address, { proxied: true })
    fake.seed(ZONE, 'blog.example.com', 'A', '192.0.2.80')
    const cloudflare = { endpoint: `${fake.http.url}/client/v4` }
    const manifests = await migrate('epictetus', 'epictetus.yaml')
    const more = { DNSProvider: { cloudflare }, NodePool: { allowNonGlobalAddresses: true } }
    const bench = startMigrated(manifests, more)
    bench.store.putSecret({ namespace: 'dns', name: 'cloudflare-token' }, { token: fake.token })
    for (const [index, address] of NODES.entries()) bench.store.putNode(node(`n${index + 1}`, address))
    const published = (): readonly string[] =>
      fake
        .records(ZONE)
        .filter(({ name, type }) => name === 'app.example.com' && type === 'A')
        .map(({ content }) => content)
        .sort()
    await until(bench, () => bench.ready('DynamicDNSRecord', 'frontend', 'web')?.startsWith('True') === true)
    return { bench, fake, published }
  }

  it('takes the records over as they are, marks them, and leaves all others alone', async () => {
    const { fake, published } = await takeOver()
    expect(published()).toEqual(NODES)
    const records = fake.records(ZONE)
    expect(records.filter(({ name }) => name === 'app.example.com')).toMatchObject(
      Array(3).fill({ proxied: true, comment: expect.stringContaining('frontend') as string }),
    )
    expect(records.find(({ name }) => name === 'blog.example.com')).toMatchObject({
      content: '192.0.2.80',
      comment: null,
    })
  })

  it('keeps its promise: one taint changes nothing, both take the node out', async () => {
    const { bench, published } = await takeOver()
    bench.store.putNode(node('n2', '192.0.2.2', { taints: [CANDIDATE] }))
    await rest(bench)
    expect(published()).toEqual(NODES)
    bench.store.putNode(node('n2', '192.0.2.2', { taints: BOTH }))
    await until(bench, () => published().length === 2)
    expect(published()).toEqual(['192.0.2.1', '192.0.2.3'])
  })

  it.each(['False', 'Unknown'])('keeps a node whose readiness is %s', async (ready) => {
    const { bench, published } = await takeOver()
    bench.store.putNode(node('n1', '192.0.2.1', { ready, since: bench.clock.now() }))
    await rest(bench)
    expect(published()).toEqual(NODES)
  })

  it('never empties the name, where Epictetus would have', async () => {
    const { bench, published } = await takeOver()
    for (const name of ['n1', 'n2', 'n3']) bench.store.deleteNode(name)
    await rest(bench)
    expect(published().length).toBeGreaterThan(0)
  })
})

describe('from external-dns, by its marks in TXT records', () => {
  const SHOP = { namespace: 'web', name: 'shop' }
  const mark = (owner: string): string =>
    `heritage=external-dns,external-dns/owner=${owner},external-dns/resource=ingress/web/shop`

  interface Story {
    readonly bench: EngineBench
    readonly raw: MemoryRawZone
  }

  async function takeOver(hostname: string): Promise<Story> {
    const raw = new MemoryRawZone()
    raw.put('shop.example.com', 'A', ['192.0.2.1'])
    raw.put('_mark.a-shop.example.com', 'TXT', [mark('cluster-a')])
    raw.put('other.example.com', 'A', ['192.0.2.2'])
    raw.put('_mark.a-other.example.com', 'TXT', [mark('cluster-b')])
    raw.put('plain.example.com', 'A', ['192.0.2.3'])
    const bench = startEngine({ createProvider: (_, { ownership }) => rawProvider(raw, ownership) })
    const [provider] = await migrate('external-dns', 'external-dns.yaml')
    if (provider !== undefined) bench.store.put({ ...provider, metadata: { ...provider.metadata, namespace: 'web' } })
    const spec = { hostnames: [hostname], targets: [{ addresses: ['192.0.2.1'] }], deletionPolicy: 'Retain' }
    bench.store.put({ kind: 'DynamicDNSRecord', metadata: SHOP, spec })
    await bench.clock.advance(5_000)
    return { bench, raw }
  }

  function rawProvider(raw: MemoryRawZone, ownership: Ownership): ReturnType<EnginePorts['createProvider']> {
    return {
      type: 'RFC2136',
      listZones: () => Promise.resolve([ZONE as Fqdn]),
      openZone: () => Promise.resolve(openTxtSession(raw, ownership)),
      close: () => Promise.resolve(),
    }
  }

  const marksAt = (raw: MemoryRawZone, name: string): readonly string[] => raw.get(name, 'TXT')?.values ?? []

  it('takes over what carries the owner id, with a mark that external-dns still reads as its own', async () => {
    const { bench, raw } = await takeOver('shop.example.com')
    expect(bench.ready('DynamicDNSRecord', 'shop')).toMatch(/^True Succeeded/)
    expect(raw.get('shop.example.com', 'A')?.values).toEqual(['192.0.2.1'])
    const [text = ''] = marksAt(raw, '_mark.a-shop.example.com')
    expect(text).toMatch(/^heritage=external-dns,external-dns\/owner=cluster-a,/)
    expect(text).toContain('dynamicdnsrecord/web/shop')
    const writes = raw.writes
    await bench.clock.advance(3_600_000)
    expect(raw.writes).toBe(writes)
  })

  it('does not touch what another owner id marks, and names it', async () => {
    const { bench, raw } = await takeOver('other.example.com')
    expect(bench.ready('DynamicDNSRecord', 'shop')).toMatch(/^False NotOwned: .*cluster-b/)
    expect(raw.writes).toBe(0)
  })

  it('leaves names alone that no resource claims, and that carry the mark or none', async () => {
    const { raw } = await takeOver('shop.example.com')
    expect(raw.get('plain.example.com', 'A')?.values).toEqual(['192.0.2.3'])
    expect(raw.get('other.example.com', 'A')?.values).toEqual(['192.0.2.2'])
    expect(marksAt(raw, '_mark.a-other.example.com')).toEqual([mark('cluster-b')])
  })

  it('lets go when the resource is deleted with Retain: the record stays, without a mark', async () => {
    const { bench, raw } = await takeOver('shop.example.com')
    bench.store.delete('DynamicDNSRecord', SHOP)
    await bench.clock.advance(60_000)
    expect(bench.store.get('DynamicDNSRecord', SHOP)).toBeUndefined()
    expect(raw.get('shop.example.com', 'A')?.values).toEqual(['192.0.2.1'])
    expect(marksAt(raw, '_mark.a-shop.example.com')).toEqual([])
  })
})
