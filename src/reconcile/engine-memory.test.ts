import { queryObjects } from 'node:v8'
import { expect, it } from 'vitest'
import { PROVIDER, recordFor, startEngine } from '../../test/support/engine-bench.ts'
import { MemoryZone } from '../../test/fakes/memory-zone.ts'
import { Breaker } from '../apply/breaker.ts'
import { CallBudget } from '../apply/call-budget.ts'
import { DeletionHistory } from '../apply/deletion-history.ts'
import { ZoneDesk } from './provider/zone-desk.ts'
import { RecordState } from './record/record-state.ts'

const COUNTED = [Breaker, CallBudget, DeletionHistory, RecordState, ZoneDesk]
const DAY_MS = 86_400_000

/** How many of each are alive, once the garbage is collected. */
function countAlive(): Readonly<Record<string, number>> {
  return Object.fromEntries(COUNTED.map((made) => [made.name, queryObjects(made, { format: 'count' })]))
}

it('keeps nothing for long of DNSProviders and records that are gone', async () => {
  const { store, clock } = startEngine({
    createProvider: ({ zones = [] }) => ({
      type: 'Memory',
      listZones: () => Promise.resolve(zones),
      openZone: (zone) => Promise.resolve(new MemoryZone({ zone })),
      close: () => Promise.resolve(),
    }),
  })
  const useProvider = async (name: string): Promise<void> => {
    const zone = `${name}.example`
    store.putSecret({ namespace: 'web', name }, { token: name })
    const credentialsSecretRef = { name }
    store.put({ ...PROVIDER, metadata: { name }, spec: { ...PROVIDER.spec, zones: [zone], credentialsSecretRef } })
    store.put(recordFor(name, { addresses: ['192.0.2.1'] }, { hostnames: [`www.${zone}`] }))
    await clock.advance(10_000)
    expect(store.get('DynamicDNSRecord', { namespace: 'web', name })?.status?.providers).toBe(`web/${name}`)
    store.delete('DynamicDNSRecord', { namespace: 'web', name })
    await clock.advance(10_000)
    store.delete('DNSProvider', { namespace: 'web', name })
    store.removeSecret({ namespace: 'web', name })
    await clock.advance(10_000)
    expect([...store.list('DNSProvider')]).toEqual([])
  }
  await useProvider('first')
  const before = countAlive()
  for (const name of ['a', 'b', 'c', 'd']) await useProvider(name)
  await clock.advance(DAY_MS)
  await useProvider('last')
  expect(countAlive()).toEqual(before)
})
