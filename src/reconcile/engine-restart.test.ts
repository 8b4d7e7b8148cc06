import { describe, expect, it } from 'vitest'
import { MemoryZone } from '../../test/fakes/memory-zone.ts'
import { node, POOL, PROVIDER, recordFor, startEngine } from '../../test/support/engine-bench.ts'

const MAIN = { namespace: 'web', name: 'main' }
const shop = recordFor('shop', { addresses: ['192.0.2.1'] })

describe('a restart', () => {
  it.each([
    ['while all is well', false],
    ['while the provider is down', true],
  ])('%s is not seen by a record that is well', async (_when, isDown) => {
    const { clock, store, zone, restart } = startEngine()
    store.put(PROVIDER)
    store.put(shop)
    await clock.advance(3_000)
    const before = store.statusWrites.length
    if (isDown) zone.fail('down', Infinity)
    await restart()
    await clock.advance(60_000)
    expect(store.statusWrites.slice(before).filter(({ kind }) => kind === 'DynamicDNSRecord')).toEqual([])
  })

  it('is not seen where Secrets are read a moment later, neither by a DNSProvider nor by a record that waits for a person', async () => {
    const zone = new MemoryZone({ probes: true })
    const { clock, store, restart, ready } = startEngine({
      createProvider: (_settings, { secret }) => ({
        type: 'Memory',
        listZones: () => Promise.resolve(secret?.('tsigSecret') === undefined ? [] : [zone.zone]),
        openZone: () => Promise.resolve(zone),
        close: () => Promise.resolve(),
      }),
    })
    const token = { namespace: 'web', name: 'token' }
    store.putSecret(token, { tsigSecret: 'x' })
    store.put({ ...PROVIDER, spec: { ...PROVIDER.spec, credentialsSecretRef: { name: 'token' } } })
    store.put(shop)
    store.put(recordFor('plan', { addresses: ['192.0.2.2'] }, { mode: 'PlanAll' }))
    await clock.advance(10_000)
    expect(ready('DynamicDNSRecord', 'plan')).toMatch(/^False AwaitingApproval/)
    const before = store.statusWrites.length
    store.isSecretUnread = true
    await restart()
    await clock.advance(500)
    store.isSecretUnread = false
    store.putSecret(token, { tsigSecret: 'x' })
    await clock.advance(60_000)
    expect(store.statusWrites.slice(before)).toEqual([])
  })

  it('takes no DNSProvider away from the records that need it', async () => {
    const { clock, store, restart } = startEngine()
    store.put(PROVIDER)
    store.put(shop)
    await clock.advance(3_000)
    store.delete('DNSProvider', MAIN)
    await restart()
    await clock.advance(3_000)
    expect(store.get('DNSProvider', MAIN)).toBeDefined()
  })
})

describe('a restart within the window of the guard', () => {
  it('lets go nothing that the guard holds because of what went before', async () => {
    const { clock, store, zone, ready, restart } = startEngine()
    const remove = (n: number): void => store.delete('DynamicDNSRecord', { namespace: 'web', name: `r${n}` })
    store.put(PROVIDER)
    for (let n = 1; n <= 10; n += 1) store.put(recordFor(`r${n}`, { addresses: ['192.0.2.1'] }))
    await clock.advance(3_000)
    for (const n of [1, 2, 3, 4]) {
      remove(n)
      await clock.advance(3_000)
    }
    expect([zone.table.size, ready('DNSProvider', 'main')]).toEqual([7, expect.stringMatching(/GuardHeld/)])
    await restart()
    await clock.advance(60_000)
    remove(5)
    await clock.advance(60_000)
    expect([zone.table.size, ready('DNSProvider', 'main')]).toEqual([7, expect.stringMatching(/GuardHeld/)])
    const before = store.statusWrites.length
    await clock.advance(420_000)
    expect(zone.table.size).toBe(7)
    expect(store.statusWrites.slice(before)).toEqual([])
    await clock.advance(120_000)
    expect(zone.table.size, 'what is ten minutes ago counts no more').toBe(5)
  })
})

describe('a record that was edited while its provider was down', () => {
  it('still says after a restart what it has published', async () => {
    const { clock, store, zone, restart } = startEngine()
    const status = (): object => {
      const { addresses, recordSets } = store.get('DynamicDNSRecord', { namespace: 'web', name: 'shop' })?.status ?? {}
      return { addresses, values: recordSets?.map(({ name, values }) => [name, ...values]) }
    }
    const published = { addresses: '192.0.2.1', values: [['shop.example.com', '192.0.2.1']] }
    store.put(PROVIDER)
    store.put(shop)
    await clock.advance(3_000)
    zone.fail('down', Infinity)
    store.put(recordFor('shop', { addresses: ['192.0.2.2'] }, { hostnames: ['new.example.com'] }))
    await restart()
    await clock.advance(60_000)
    expect(status()).toEqual(published)
    await restart()
    await clock.advance(60_000)
    expect(status()).toEqual(published)
    zone.heal()
    await clock.advance(120_000)
    expect(status()).toEqual({ addresses: '192.0.2.2', values: [['new.example.com', '192.0.2.2']] })
  })
})

describe('a pool that is made again under its name', () => {
  it('is judged by its new spec', async () => {
    const { clock, store, valuesAt } = startEngine()
    store.putNode(node('n1', '192.0.2.1'))
    for (const manifest of [PROVIDER, POOL, recordFor('shop', { nodePool: { name: 'edge' } })]) store.put(manifest)
    await clock.advance(3_000)
    store.delete('NodePool', { namespace: 'web', name: 'edge' })
    const hosts = [{ name: 'h1', addresses: ['192.0.2.50'] }]
    store.put({ ...POOL, spec: { hosts } })
    await clock.advance(60_000)
    expect(valuesAt('shop.example.com')).toEqual(['192.0.2.50'])
  })
})

describe('mode PlanSpec', () => {
  it('waits for an approval although the record was there before its DNSProvider', async () => {
    const { clock, store, zone, ready } = startEngine()
    store.put(recordFor('shop', { addresses: ['192.0.2.1'] }, { mode: 'PlanSpec' }))
    await clock.advance(10_000)
    store.put(PROVIDER)
    await clock.advance(10_000)
    expect([zone.writes, ready('DynamicDNSRecord', 'shop')]).toEqual([0, expect.stringMatching(/AwaitingApproval/)])
  })
})

it('brings nobody of weight 0 while the nodes of those that have weight are not read', async () => {
  const { clock, store, zone, restart } = startEngine()
  store.putNode(node('n1', '192.0.2.1', { taints: ['karpenter.sh/disrupted'] }))
  const targets = [
    { name: 'edge', weight: 1, nodePool: { name: 'edge' } },
    { name: 'spare', weight: 0, addresses: ['192.0.2.9'] },
  ]
  const routing = { policy: 'Weighted', fallback: 'Simple' }
  for (const manifest of [PROVIDER, POOL, recordFor('shop', {}, { targets, routing, minAddresses: 0 })])
    store.put(manifest)
  await clock.advance(60_000)
  expect([...zone.table.all()]).toEqual([])
  const before = zone.writes
  store.unsynced.add('Node')
  await restart()
  await clock.advance(30_000)
  store.unsynced.delete('Node')
  await clock.advance(30_000)
  expect(zone.writes).toBe(before)
})
