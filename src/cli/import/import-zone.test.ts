import { expect, it } from 'vitest'
import { parseObject } from '../../api/parse-object.ts'
import { API_VERSION, type DNSProvider } from '../../api/kinds.ts'
import type { Fqdn } from '../../model/name.ts'
import { NO_VALUES, type Owner, type OwnerId, type RecordType, type StoredSet } from '../../model/record-set.ts'
import type { ZoneCapabilities } from '../../model/zone.ts'
import { Migration } from '../migrate/migration.ts'
import { importZone } from './import-zone.ts'

const CAPABILITIES: ZoneCapabilities = {
  ...{ ownership: 'PerValue', routing: ['Weighted'], minTtl: 60, maxTtl: 86_400, maxValues: 1_000 },
  ...{ apexAlias: 'ALIAS', wildcards: true },
}

const STRANGER: Owner = { id: 'other' as OwnerId, uid: 'u1', resource: 'ingress/web/shop', adopted: false }

function setOf(name: string, type: RecordType, values: readonly string[], more: Partial<StoredSet> = {}): StoredSet {
  return {
    key: { name: name as Fqdn, type, setId: '' },
    values: values.map((value) => ({ value, owner: undefined })),
    ...{ ttl: 300, routing: undefined, options: undefined },
    ...more,
  }
}

function importSets(sets: readonly StoredSet[], capabilities: Partial<ZoneCapabilities> = {}): Migration {
  const metadata = { name: 'main', namespace: 'dns' }
  const parsed = parseObject({ apiVersion: API_VERSION, kind: 'DNSProvider', metadata, spec: { type: 'Route53' } })
  if (parsed.kind === 'invalid') throw new Error('the sample is not valid')
  const migration = new Migration()
  const session = {
    zone: 'example.com' as Fqdn,
    capabilities: { ...CAPABILITIES, ...capabilities },
    normalise: (set: StoredSet) => set,
  }
  const provider = parsed.object as DNSProvider // Its kind is given above.
  importZone({ session, sets, provider, namespace: 'dns', place: { file: 'provider.yaml' } }, migration)
  return migration
}

it('leaves out sets among which the provider chooses', () => {
  const key = { name: 'www.example.com' as Fqdn, type: 'A' as const, setId: 'blue' }
  const { manifests, header } = importSets([
    setOf('www.example.com', 'A', ['192.0.2.1'], { key, routing: { policy: 'Weighted', weight: 1 } }),
  ])
  expect(manifests).toEqual([])
  expect(header).toContain(
    '- A www.example.com (blue): the provider chooses among its answers; write routing and its targets by hand',
  )
})

it('leaves out an alias below the apex, which would become a CNAME', () => {
  const { manifests, header } = importSets([setOf('www.example.com', 'ALIAS', ['web.example.net'])])
  expect(manifests).toEqual([])
  expect(header).toContain(
    '- ALIAS www.example.com: a manifest makes an ALIAS only at the apex; make it a CNAME at the provider first',
  )
})

it('leaves out what is there without values', () => {
  const { manifests, header } = importSets([setOf('www.example.com', 'A', [NO_VALUES])])
  expect(manifests).toEqual([])
  expect(header).toContain('- A www.example.com: has no values')
})

it.each([
  ['a TTL of years', setOf('www.example.com', 'A', ['192.0.2.1'], { ttl: 700_000 }), 'ttlSeconds must be at most'],
  ['an odd name', setOf('-www.example.com', 'A', ['192.0.2.1']), 'hostnames: write a full name'],
])('names the field in which %s cannot be said', (_, set, why) => {
  expect(importSets([set]).header.join('\n')).toContain(`${set.key.name}: cannot be said in a manifest: ${why}`)
})

it('takes the free values of a shared name, and says that the rest stays', () => {
  const free = { value: '192.0.2.1', owner: undefined }
  const theirs = { value: '192.0.2.2', owner: STRANGER }
  const { manifests } = importSets([setOf('www.example.com', 'A', [], { values: [free, theirs] })])
  expect(manifests).toMatchObject([
    {
      spec: { targets: [{ addresses: ['192.0.2.1'] }] },
      comment: ['update A www.example.com: adopts what had no owner'],
    },
  ])
})

it('leaves out, in the words of the planner, what it would refuse', () => {
  const values = [
    { value: '192.0.2.1', owner: undefined },
    { value: '192.0.2.2', owner: STRANGER },
  ]
  const { manifests, header } = importSets([setOf('www.example.com', 'A', [], { values })], { ownership: 'PerSet' })
  expect(manifests).toEqual([])
  expect(header.join('\n')).toMatch(/^- .*www\.example\.com.*other/m)
})

it.each([
  [
    'an alias at the apex',
    setOf('example.com', 'ALIAS', ['web.example.net']),
    { targets: [{ hostname: 'web.example.net' }] },
  ],
  ['an automatic TTL', setOf('www.example.com', 'A', ['192.0.2.1'], { ttl: 1 }), { ttlSeconds: 300 }],
  [
    'more addresses than is usual',
    setOf(
      'www.example.com',
      'A',
      Array.from({ length: 150 }, (_, index) => `192.0.2.${index + 1}`),
    ),
    { maxAddresses: 150 },
  ],
])('writes %s', (_, set, spec) => {
  expect(importSets([set]).manifests).toMatchObject([{ spec }])
})

it.each([
  ['1, which is one here', 1, 0, { ttlSeconds: 1 }, 'adopts what had no owner'],
  ['0, to the least that can be said', 0, 0, { ttlSeconds: 1 }, 'TTL 0 → 1; adopts what had no owner'],
  ['0, where it means none', 0, 1, { ttlSeconds: 300 }, 'TTL 0 → 300; adopts what had no owner'],
])('keeps a TTL of %s', (_, ttl, minTtl, spec, change) => {
  const { manifests } = importSets([setOf('www.example.com', 'A', ['192.0.2.1'], { ttl })], { minTtl })
  expect(manifests).toMatchObject([{ spec, comment: [`update A www.example.com: ${change}`] }])
})

it('gives two names that read alike names of their own', () => {
  const sets = [setOf('a-b.example.com', 'A', ['192.0.2.1']), setOf('a.b.example.com', 'A', ['192.0.2.1'])]
  expect(importSets(sets).manifests.map(({ name }) => name)).toEqual(['a-b-example-com', 'a-b-example-com-2'])
})
