// Short ways to write record sets, intents and zones in tests, and arbitrary ones for properties.
import fc from 'fast-check'
import type { ClearIntent, Disposal, HoldIntent, Intent, UpdateIntent } from '../../src/model/intent.ts'
import type { Fqdn } from '../../src/model/name.ts'
import {
  compareText,
  type OwnedValue,
  type Owner,
  type OwnerId,
  type RecordKey,
  type RecordType,
  type ResourceRef,
  type StoredSet,
} from '../../src/model/record-set.ts'
import type { ZoneCapabilities, ZoneRef } from '../../src/model/zone.ts'

export const OURS = 'cluster-a' as OwnerId
export const THEIRS = 'cluster-b' as OwnerId
export const ZONE: ZoneRef = { provider: 'dns/main', zone: 'example.com' as Fqdn }
export const shop: ResourceRef = { uid: 'uid-shop', namespace: 'web', name: 'shop' }
export const blog: ResourceRef = { uid: 'uid-blog', namespace: 'web', name: 'blog' }

export const capabilities = (ownership: ZoneCapabilities['ownership']): ZoneCapabilities => ({
  ownership,
  routing: ['Weighted', 'Latency', 'Geo'],
  minTtl: 1,
  maxTtl: 604800,
  maxValues: 1000,
  apexAlias: 'ALIAS',
  wildcards: true,
})

/** `A shop` stands for the key of type A at shop.example.com, `A @` for the apex, `A shop us` for the routed set `us`. */
export function key(text: string): RecordKey {
  const [type = '', label = '', setId = ''] = text.split(' ')
  return { name: (label === '@' ? ZONE.zone : `${label}.${ZONE.zone}`) as Fqdn, type: type as RecordType, setId }
}

export function owner(resource: ResourceRef, id: OwnerId = OURS, adopted = false): Owner {
  return { id, uid: resource.uid, resource: `dynamicdnsrecord/${resource.namespace}/${resource.name}`, adopted }
}

type Settings = Partial<Pick<StoredSet, 'ttl' | 'routing' | 'options'>>

const settings = (given: Settings): Required<Settings> => ({
  ttl: given.ttl ?? 300,
  routing: given.routing,
  options: given.options,
})

/** Values by owner: `[['192.0.2.1', owner(shop)], ['192.0.2.9']]`. */
export function stored(
  keyText: string,
  values: readonly (readonly [string, (Owner | undefined)?])[],
  given: Settings = {},
): StoredSet {
  const owned = values.map(([value, of]): OwnedValue => ({ value, owner: of }))
  return { key: key(keyText), values: owned.sort((a, b) => compareText(a.value, b.value)), ...settings(given) }
}

/** Values that all belong to one resource. */
export function ours(keyText: string, values: readonly string[], given: Settings = {}, resource = shop): StoredSet {
  return stored(
    keyText,
    values.map((value) => [value, owner(resource)]),
    given,
  )
}

export function update(
  keyText: string,
  values: readonly string[],
  given: Settings & { adopt?: boolean; resource?: ResourceRef } = {},
): UpdateIntent {
  return {
    kind: 'update',
    key: key(keyText),
    zone: ZONE,
    resource: given.resource ?? shop,
    values: values.toSorted(compareText).map((value) => ({ value, target: 'edge' })),
    adopt: given.adopt ?? false,
    ...settings(given),
  }
}

export function clear(keyText: string, disposal: Disposal = 'Delete', resource = shop): ClearIntent {
  return { kind: 'clear', key: key(keyText), zone: ZONE, resource, disposal }
}

export function hold(keyText: string, resource = shop): HoldIntent {
  return {
    kind: 'hold',
    key: key(keyText),
    zone: ZONE,
    resource,
    reason: 'PoolNotFound',
    message: 'pool edge is not there',
  }
}

const VALUES = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'] as const
const KEYS = ['A a', 'AAAA a', 'CNAME a', 'A b', 'A b us', 'A b eu', 'TXT c', 'ALIAS d', 'CNAME @', 'TXT @'] as const

const anyResource = fc.constantFrom(shop, blog)
const anyValues = fc.uniqueArray(fc.constantFrom(...VALUES), { maxLength: 4 })
const anySettings = fc.record({
  ttl: fc.constantFrom(60, 300),
  options: fc.constantFrom<StoredSet['options'][]>(undefined, {}, { proxied: true }),
  routing: fc.constantFrom<StoredSet['routing'][]>(undefined, { policy: 'Weighted', weight: 10 }),
})

const anyOwner = fc.oneof(
  fc.constant(undefined),
  fc.tuple(anyResource, fc.boolean()).map(([resource, adopted]) => owner(resource, OURS, adopted)),
  anyResource.map((resource) => owner(resource, THEIRS)),
  fc.constant<Owner>({ id: THEIRS, uid: undefined, resource: 'service/web/shop', adopted: false }),
  fc.constant<Owner>({ id: OURS, uid: undefined, resource: 'service/web/shop', adopted: false }),
)

function anySetAt(keyText: string, ownership: ZoneCapabilities['ownership']): fc.Arbitrary<StoredSet> {
  return fc
    .tuple(
      fc.uniqueArray(fc.constantFrom(...VALUES), { minLength: 1, maxLength: 4 }),
      fc.array(anyOwner, { minLength: 4, maxLength: 4 }),
      anySettings,
    )
    .map(([values, owners, given]) =>
      stored(
        keyText,
        values.map((value, index) => [value, owners[ownership === 'PerSet' ? 0 : index]]),
        given,
      ),
    )
}

export function anySets(ownership: ZoneCapabilities['ownership']): fc.Arbitrary<readonly StoredSet[]> {
  return fc.subarray([...KEYS]).chain((keys) => fc.tuple(...keys.map((keyText) => anySetAt(keyText, ownership))))
}

function anyIntentAt(keyText: string, adopt: fc.Arbitrary<boolean>): fc.Arbitrary<Intent> {
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .tuple(anyValues, anySettings, anyResource, adopt)
        .map(([values, given, resource, adopted]) => update(keyText, values, { ...given, resource, adopt: adopted })),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom<Disposal[]>('Delete', 'DeleteUnlessAdopted', 'Retain', 'Refuse'), anyResource)
        .map(([disposal, resource]) => clear(keyText, disposal, resource)),
    },
    { weight: 1, arbitrary: anyResource.map((resource) => hold(keyText, resource)) },
  )
}

/** At most one intent per key. */
export function anyIntents(adopt: fc.Arbitrary<boolean> = fc.boolean()): fc.Arbitrary<readonly Intent[]> {
  return fc.subarray([...KEYS]).chain((keys) => fc.tuple(...keys.map((keyText) => anyIntentAt(keyText, adopt))))
}

export const anyOwnership = fc.constantFrom<ZoneCapabilities['ownership'][]>('PerSet', 'PerValue')
