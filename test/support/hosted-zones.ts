// Zones for the name server, kept by the real zone store: `await openStore('example.test', [['www', 'A', '192.0.2.1']])`.
import type { Fqdn } from '../../src/model/name.ts'
import type { RecordType } from '../../src/model/record-set.ts'
import type { HostedZone, Secondary } from '../../src/dns/hosted-zone.ts'
import { ZoneStore } from '../../src/providers/builtin/zone-store.ts'
import type { RawChange, RawSet } from '../../src/providers/raw-zone.ts'

/** A label relative to the zone (`@` for its apex), a type, and values. */
export type SetText = readonly [label: string, type: RecordType, ...values: readonly string[]]

export function rawSet(zone: string, [label, type, ...values]: SetText): RawSet {
  const name = (label === '@' ? zone : `${label}.${zone}`) as Fqdn
  const nothing = { routing: undefined, options: undefined, note: undefined }
  return { key: { name, type, setId: '' }, values: [...values].sort(), ttl: 300, ...nothing }
}

export async function openStore(zone: string, sets: readonly SetText[], firstSerial = 7): Promise<ZoneStore> {
  const store = await ZoneStore.open({ zone: zone as Fqdn, firstSerial })
  await put(store, sets)
  store.markWhole()
  return store
}

/** Writes these sets, whatever was there. */
export async function put(store: ZoneStore, sets: readonly SetText[]): Promise<void> {
  const changes = sets.map((text): RawChange => {
    const next = rawSet(store.zone, text)
    const previous = store.lookup(next.key.name)?.find(({ key }) => key.type === next.key.type)
    return { key: next.key, previous, next }
  })
  const { kind } = await store.commit(changes)
  if (kind !== 'committed') throw new Error('the sets do not fit together')
}

export function hostedZone(served: ZoneStore, secondaries: readonly Secondary[] = []): HostedZone {
  return { served, nameServers: [`ns1.${served.zone}` as Fqdn, 'ns2.example.net' as Fqdn], secondaries }
}
