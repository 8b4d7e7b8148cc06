// Approvals are used once: not before what they let through is done, and never a second time.
import { describe, expect, it } from 'vitest'
import { PROVIDER, recordFor, startEngine, type EngineBench } from '../../test/support/engine-bench.ts'
import type { ZoneStatus } from '../api/generated/dns-provider.ts'
import { TerminalError } from '../model/errors.ts'

const MAIN = { namespace: 'web', name: 'main' }
const SHOP = { namespace: 'web', name: 'shop' }
const APPROVE = 'dns.stoa.dev/approve'

function withRecords(count: number): EngineBench {
  const bench = startEngine()
  bench.store.put(PROVIDER)
  for (let n = 1; n <= count; n += 1) bench.store.put(recordFor(`r${n}`, { addresses: ['192.0.2.1'] }))
  return bench
}

function deleteRecords({ store }: EngineBench, count: number): void {
  for (let n = 1; n <= count; n += 1) store.delete('DynamicDNSRecord', { namespace: 'web', name: `r${n}` })
}

function zoneStatus({ store }: EngineBench): ZoneStatus | undefined {
  return store.get('DNSProvider', MAIN)?.status?.zones?.[0]
}

/** The provider refuses every write until the returned function is called. */
function lockZone({ zone }: EngineBench): () => void {
  const apply = zone.apply.bind(zone)
  const error = new TerminalError('ProviderRefused', 'the zone is locked')
  zone.apply = (changes) =>
    Promise.resolve(changes.map((change) => ({ kind: 'failed', change, error, scope: 'Change' })))
  return () => {
    zone.apply = apply
  }
}

describe('an approval whose write the provider refuses', () => {
  it('stays good for what the guard held, also when the zone is looked at before the next try', async () => {
    const bench = withRecords(10)
    const { clock, store, zone } = bench
    await clock.advance(3_000)
    deleteRecords(bench, 5)
    await clock.advance(3_000)
    const unlock = lockZone(bench)
    store.annotate('DNSProvider', MAIN, { [APPROVE]: zoneStatus(bench)?.heldPlan?.hash ?? '' })
    await clock.advance(5_000)
    zone.edit(() => undefined)
    await clock.advance(120_000)
    expect([zone.table.size, zoneStatus(bench)?.appliedHash]).toEqual([10, undefined])
    unlock()
    await clock.advance(1_200_000)
    expect(zone.table.size).toBe(5)
  })

  it('stays good for what the mode of a record held', async () => {
    const bench = startEngine()
    const { clock, store, zone } = bench
    store.put(PROVIDER)
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }, { mode: 'PlanAll' }))
    await clock.advance(10_000)
    const unlock = lockZone(bench)
    store.annotate('DynamicDNSRecord', SHOP, { [APPROVE]: planHash(bench) })
    await clock.advance(5_000)
    zone.edit(() => undefined)
    await clock.advance(120_000)
    expect(store.get('DynamicDNSRecord', SHOP)?.status?.plan?.appliedHash).toBeUndefined()
    unlock()
    await clock.advance(1_200_000)
    expect(zone.table.size).toBe(1)
  })
})

function planHash({ store }: EngineBench): string {
  return store.get('DynamicDNSRecord', SHOP)?.status?.plan?.hash ?? ''
}

describe('an approval of what the guard held a bit at a time', () => {
  it('is asked for with one hash, and lets all of it go', async () => {
    const bench = withRecords(10)
    const { clock, store, zone } = bench
    await clock.advance(3_000)
    deleteRecords(bench, 4)
    await clock.advance(3_000)
    for (let n = 5; n <= 8; n += 1) {
      store.delete('DynamicDNSRecord', { namespace: 'web', name: `r${n}` })
      await clock.advance(3_000)
    }
    expect([zone.table.size, zoneStatus(bench)?.heldPlan?.deletes]).toEqual([7, 5])
    store.annotate('DNSProvider', MAIN, { [APPROVE]: zoneStatus(bench)?.heldPlan?.hash ?? '' })
    await clock.advance(5_000)
    expect([zone.table.size, zoneStatus(bench)?.heldPlan]).toEqual([2, undefined])
  })
})

describe('an approval that is used while the status of another one is written', () => {
  it('is remembered as well', async () => {
    const bench = withRecords(11)
    const { clock, store, zone, restart } = bench
    await clock.advance(3_000)
    store.forceRemove('DynamicDNSRecord', { namespace: 'web', name: 'r11' })
    await restart()
    deleteRecords(bench, 5)
    await clock.advance(5_000)
    const { orphans, heldPlan } = zoneStatus(bench) ?? {}
    const hashes = [orphans?.hash ?? '', heldPlan?.hash ?? '']
    const writeStatus = store.writeStatus.bind(store)
    store.writeStatus = async (...write) => {
      await writeStatus(...write)
      if (write[0] === 'DNSProvider') await clock.sleep(1_000, new AbortController().signal)
    }
    store.annotate('DNSProvider', MAIN, { 'dns.stoa.dev/prune': hashes[0] ?? '' })
    await clock.advance(500)
    store.annotate('DNSProvider', MAIN, { [APPROVE]: hashes[1] ?? '' })
    await clock.advance(20_000)
    expect(zone.table.size).toBe(5)
    expect(zoneStatus(bench)?.appliedHash?.split(',').sort()).toEqual(hashes.sort())
  })
})

describe('mode PlanSpec', () => {
  it('waits for an approval of an edit that was made while Stoa was down', async () => {
    const bench = startEngine()
    const { clock, store, zone, ready, restart, stop } = bench
    store.put(PROVIDER)
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }, { mode: 'PlanSpec' }))
    await clock.advance(10_000)
    store.annotate('DynamicDNSRecord', SHOP, { [APPROVE]: planHash(bench) })
    await clock.advance(10_000)
    expect(zone.writes).toBe(1)
    await stop()
    const hostnames = ['shop.example.com', 'b.example.com']
    store.put(recordFor('shop', { addresses: ['192.0.2.9'] }, { mode: 'PlanSpec', hostnames }))
    await restart()
    await clock.advance(30_000)
    expect([zone.writes, ready('DynamicDNSRecord', 'shop')]).toEqual([1, expect.stringMatching(/AwaitingApproval/)])
  })
})
