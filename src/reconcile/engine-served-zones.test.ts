// Zones of the built-in name server: nothing is said of one before everything that belongs into it is there.
import { describe, expect, it } from 'vitest'
import { PROVIDER, recordFor, startEngine, WAN, type EngineBench } from '../../test/support/engine-bench.ts'
import type { Fqdn } from '../model/name.ts'
import { ZoneStore, type ZonePersistence } from '../providers/builtin/zone-store.ts'
import { createProvider } from '../providers/create-provider.ts'

const BUILTIN = { ...PROVIDER, spec: { type: 'Builtin', zones: ['example.com'] } }
const RECORDS = [
  recordFor('shop', { addresses: ['192.0.2.1'] }),
  recordFor('home', { wan: { name: 'home' } }),
  ...Array.from({ length: 40 }, (_, at) => recordFor(`host-${at}`, { addresses: ['192.0.2.2'] })),
]

interface Served {
  readonly bench: EngineBench
  /** How many sets there were when each of the zones, one after a start, was first called whole. */
  readonly firstSeen: readonly number[]
  readonly latest: () => ZoneStore | undefined
}

function serve(options: { readonly dryRun?: boolean; readonly persistence?: ZonePersistence } = {}): Served {
  const { persistence, dryRun = false } = options
  const firstSeen: number[] = []
  let latest: ZoneStore | undefined
  const openServedZone = async (zone: Fqdn): Promise<ZoneStore> => {
    const store = await ZoneStore.open({ zone, firstSerial: 1, ...(persistence && { persistence }) })
    const stop = store.onChange(() => {
      if (!store.isWhole) return
      firstSeen.push(store.all().length)
      stop()
    })
    latest = store
    return store
  }
  return { bench: startEngine({ dryRun, createProvider, openServedZone }), firstSeen, latest: () => latest }
}

describe('a zone that begins empty', () => {
  it('is whole once every record is in it, and not before, after each start', async () => {
    const { bench, firstSeen } = serve()
    for (const manifest of [...RECORDS, WAN, BUILTIN]) bench.store.put(manifest)
    await bench.clock.advance(5_000)
    expect(firstSeen).toEqual([RECORDS.length])
    await bench.restart()
    await bench.clock.advance(5_000)
    expect(firstSeen).toEqual([RECORDS.length, RECORDS.length])
  })

  it('does not wait for an address that was asked for and is not known', async () => {
    const { bench, firstSeen } = serve()
    bench.world.wan = undefined
    for (const manifest of [...RECORDS, WAN, BUILTIN]) bench.store.put(manifest)
    await bench.clock.advance(5_000)
    expect(firstSeen).toEqual([RECORDS.length - 1])
  })

  it('is whole with nothing in it where nothing belongs into it', async () => {
    const { bench, firstSeen } = serve()
    bench.store.put(BUILTIN)
    await bench.clock.advance(5_000)
    expect(firstSeen).toEqual([0])
  })

  it('is not whole while it cannot be saved', async () => {
    let isFull = true
    const persistence: ZonePersistence = {
      load: () => Promise.resolve(undefined),
      save: () => (isFull ? Promise.reject(new Error('no space left')) : Promise.resolve()),
    }
    const { bench, firstSeen, latest } = serve({ persistence })
    for (const manifest of [...RECORDS, WAN, BUILTIN]) bench.store.put(manifest)
    await bench.clock.advance(10_000)
    expect(latest()?.isWhole).toBe(false)
    isFull = false
    await bench.clock.advance(120_000)
    expect(firstSeen).toEqual([RECORDS.length])
  })

  it('never is in a dry run, where nothing is put into it', async () => {
    const { bench, latest } = serve({ dryRun: true })
    for (const manifest of [...RECORDS, WAN, BUILTIN]) bench.store.put(manifest)
    await bench.clock.advance(60_000)
    expect(latest()?.isWhole).toBe(false)
  })
})
