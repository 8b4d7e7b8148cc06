import { describe, expect, it } from 'vitest'
import { MemoryZone } from '../../test/fakes/memory-zone.ts'
import { TransientError } from '../model/errors.ts'
import type { Fqdn } from '../model/name.ts'
import type { Provider, ZoneSession } from './provider.ts'
import { understood } from './understood.ts'

const zone = 'example.com' as Fqdn
const never = new AbortController().signal
const broken = (): never => {
  throw new TypeError("Cannot read properties of null (reading 'map')")
}

/** Opens a session of which some calls are not what they should be. */
function open(faults: Partial<ZoneSession>): Promise<ZoneSession> {
  const session = Object.assign(new MemoryZone({ probes: true }), faults)
  const provider: Provider = {
    type: 'PowerDNS',
    listZones: broken,
    openZone: () => Promise.resolve(session),
    close: () => Promise.resolve(),
  }
  return understood(provider).openZone(zone, never)
}

async function listAll(session: ZoneSession, signal = never): Promise<void> {
  for await (const page of session.list(signal)) expect(page).toBeDefined()
}

it('a session can whatever it can by itself', async () => {
  const [cutAbove, strayMarks, obstacles] = [() => undefined, () => [], () => new Map()]
  const session = new MemoryZone({ probes: true })
  const { capabilities, comparesAndSwaps, probe } = session
  const whole: Required<ZoneSession> = {
    ...{ zone, capabilities, comparesAndSwaps, probe, cutAbove, strayMarks, obstacles },
    list: () => session.list(),
    reread: (names) => session.reread(names),
    batch: (changes) => session.batch(changes),
    apply: (batch) => session.apply(batch),
    normalise: (set) => session.normalise(set),
  }
  expect(Object.keys(await open(whole)).sort()).toEqual(Object.keys(whole).sort())
  const cut = { name: zone, type: 'DNAME', targets: [] } as const
  const hiding = await open({ cutAbove: () => cut })
  expect(hiding.cutAbove?.({ name: zone, type: 'A', setId: '' })).toBe(cut)
})

describe('a provider that answers what nobody expects', () => {
  const inWords = { kind: 'transient', reason: 'ProviderUnavailable', message: /^PowerDNS sent an answer that cannot/ }
  const expected = expect.objectContaining({
    ...inWords,
    message: expect.stringMatching(inWords.message) as string,
  }) as Error

  it('is said to, whatever it was asked', async () => {
    const session = await open({ list: broken, reread: broken, probe: broken })
    await expect(listAll(session)).rejects.toThrow(expected)
    await expect(session.reread([], never)).rejects.toThrow(expected)
    await expect(session.probe?.(never)).rejects.toThrow(expected)
  })

  it('leaves open what was written', async () => {
    const session = await open({ apply: broken })
    const change = { kind: 'delete', key: { name: zone, type: 'A', setId: '' } } as Parameters<
      ZoneSession['apply']
    >[0][number]
    expect(await session.apply([change], never)).toEqual([{ kind: 'unconfirmed', change, error: expected }])
  })

  it('keeps the words of what was foreseen, and the reason of an abort', async () => {
    const foreseen = new TransientError('RateLimited', 'slow down')
    const session = await open({ reread: () => Promise.reject(foreseen) })
    await expect(session.reread([], never)).rejects.toBe(foreseen)
    const ended = AbortSignal.abort(new Error('the end'))
    await expect(listAll(await open({ list: () => ended.throwIfAborted() as never }), ended)).rejects.toThrow('the end')
  })
})
