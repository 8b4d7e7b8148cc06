import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../../../test/fakes/memory-store.ts'
import { startEngine, WAN } from '../../../test/support/engine-bench.ts'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import type { AddressFamily, IpAddress } from '../../model/address.ts'
import { TransientError } from '../../model/errors.ts'
import type { FamilyObservation } from '../../status/wan-status.ts'
import { WanPublisher, type Publication } from './wan-publisher.ts'

const HOME = { namespace: 'web', name: 'home' }
const PUBLISHED = 'web/wan-ip'
const publishTo = { configMap: { name: 'wan-ip' } }
const never = new AbortController().signal

const known = (family: AddressFamily, address: string): FamilyObservation => ({
  ...{ kind: 'known', family, address: address as IpAddress },
})
const unknown = (family: AddressFamily): FamilyObservation => ({
  ...{ kind: 'unknown', family, reason: 'NoAnswer', message: 'no source answered', terminal: false },
})

interface Bench {
  readonly clock: SimulatedClock
  readonly store: MemoryStore
  readonly forget: () => void
  readonly publish: (...observations: readonly FamilyObservation[]) => Promise<Publication>
  /** What programs read in the ConfigMap. */
  readonly read: () => string | undefined
}

function startPublisher(addressFamilies: readonly AddressFamily[] = ['IPv4']): Bench {
  const clock = new SimulatedClock()
  const store = new MemoryStore(clock)
  const publisher = new WanPublisher({ store, clock, random: () => 0.5 })
  store.put({ ...WAN, spec: { ...WAN.spec, addressFamilies, publishTo } })
  return {
    clock,
    store,
    forget: () => publisher.forget('web/home'),
    publish: (...observations) => {
      const stored = store.get('WANAddress', HOME)
      if (stored === undefined) throw new Error('there is no WANAddress')
      return publisher.publish(stored, observations, never)
    },
    read: () => store.configMaps.get(PUBLISHED)?.['current_ip'],
  }
}

describe('the address that is published', () => {
  it.each<[string, readonly AddressFamily[], readonly FamilyObservation[], string | undefined]>([
    ['IPv4 of both', ['IPv6', 'IPv4'], [known('IPv6', '2001:db8::1'), known('IPv4', '192.0.2.1')], '192.0.2.1'],
    [
      'none while IPv4 of both is unknown',
      ['IPv4', 'IPv6'],
      [unknown('IPv4'), known('IPv6', '2001:db8::1')],
      undefined,
    ],
    ['IPv4 although IPv6 is unknown', ['IPv4', 'IPv6'], [known('IPv4', '192.0.2.1'), unknown('IPv6')], '192.0.2.1'],
    ['IPv6 where no other is listed', ['IPv6'], [known('IPv6', '2001:db8::1')], '2001:db8::1'],
  ])('is %s', async (_which, families, observations, address) => {
    const { publish, read } = startPublisher(families)
    await publish(...observations)
    expect(read()).toBe(address)
  })

  it('stays while its family is unknown', async () => {
    const { clock, publish, read } = startPublisher(['IPv4', 'IPv6'])
    await publish(known('IPv4', '192.0.2.1'), known('IPv6', '2001:db8::1'))
    await clock.advance(3_600_000)
    await publish(unknown('IPv4'), known('IPv6', '2001:db8::1'))
    expect(read()).toBe('192.0.2.1')
  })

  it('keeps the time at which it was found when it is written again', async () => {
    const { clock, store, publish } = startPublisher()
    await publish(known('IPv4', '192.0.2.1'))
    const first = store.configMaps.get(PUBLISHED)
    store.configMaps.clear()
    await clock.advance(600_000)
    await publish(known('IPv4', '192.0.2.1'))
    expect(store.configMaps.get(PUBLISHED)).toEqual(first)
  })

  it('is written again where nobody heard whether another was', async () => {
    const { store, publish, read } = startPublisher()
    await publish(known('IPv4', '192.0.2.1'))
    const write = store.publishConfigMap.bind(store)
    store.publishConfigMap = async (...call) => {
      await write(...call)
      throw new TransientError('ApiUnavailable', 'no answer')
    }
    expect(await publish(known('IPv4', '192.0.2.2'))).toMatchObject({ error: { reason: 'ApiUnavailable' } })
    store.publishConfigMap = write
    await publish(known('IPv4', '192.0.2.1'))
    expect(read()).toBe('192.0.2.1')
  })
})

describe('a ConfigMap that somebody has removed', () => {
  it.each([30, 3_600])('comes back, and costs a few calls an hour, with a round each %i seconds', async (seconds) => {
    const { clock, store } = startEngine()
    let calls = 0
    const write = store.publishConfigMap.bind(store)
    store.publishConfigMap = (...call) => {
      calls += 1
      return write(...call)
    }
    store.put({ ...WAN, spec: { ...WAN.spec, intervalSeconds: seconds, maxAgeSeconds: 86_400, publishTo } })
    await clock.advance(5_000)
    expect(calls).toBe(1)
    store.configMaps.clear()
    await clock.advance(660_000)
    expect(store.configMaps.get(PUBLISHED)).toMatchObject({ current_ip: '203.0.113.7' })
    await clock.advance(3_600_000 - 660_000)
    expect(calls).toBeLessThanOrEqual(7)
  })
})

it('is not remembered of a WANAddress that is gone', async () => {
  const { publish, forget, store, read } = startPublisher()
  await publish(known('IPv4', '192.0.2.1'))
  store.configMaps.clear()
  await publish(known('IPv4', '192.0.2.1'))
  expect(read()).toBeUndefined()
  forget()
  await publish(known('IPv4', '192.0.2.1'))
  expect(read()).toBe('192.0.2.1')
})
