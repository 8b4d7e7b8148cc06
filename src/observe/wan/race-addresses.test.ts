import { describe, expect, it } from 'vitest'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import type { IpAddress } from '../../model/address.ts'
import { raceAddresses } from './race-addresses.ts'

const ADDRESSES = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as readonly string[] as readonly IpAddress[]

/** What each address does: answers or fails after so many ms, or stays silent. */
type Plan = Readonly<Record<string, { readonly afterMs: number; readonly fails?: string }>>

function race(
  plan: Plan,
  addresses = ADDRESSES,
): { clock: SimulatedClock; tried: string[]; result: Promise<string>; abort: () => void } {
  const clock = new SimulatedClock()
  const tried: string[] = []
  const stopping = new AbortController()
  const attempt = async (address: IpAddress, signal: AbortSignal): Promise<string> => {
    tried.push(`${address} at ${clock.now() - start}`)
    const { afterMs, fails } = plan[address] ?? { afterMs: 1e9 }
    await clock.sleep(afterMs, signal)
    if (fails !== undefined) throw new Error(fails)
    return address
  }
  const start = clock.now()
  const result = raceAddresses(addresses, attempt, clock, stopping.signal)
  result.catch(() => {})
  return { clock, tried, result, abort: () => stopping.abort(new Error('stopping')) }
}

describe('a name with several addresses', () => {
  it('is asked at the first when that answers', async () => {
    const { clock, tried, result } = race({ '192.0.2.1': { afterMs: 20 } })
    await clock.advance(20)
    expect(await result).toBe('192.0.2.1')
    expect(tried).toEqual(['192.0.2.1 at 0'])
    expect(clock.sleeping).toBe(0)
  })

  it('is asked at the next as soon as one fails', async () => {
    const { clock, tried, result } = race({
      '192.0.2.1': { afterMs: 5, fails: 'refused' },
      '192.0.2.2': { afterMs: 20 },
    })
    await clock.advance(25)
    expect(await result).toBe('192.0.2.2')
    expect(tried).toEqual(['192.0.2.1 at 0', '192.0.2.2 at 5'])
    expect(clock.sleeping).toBe(0)
  })

  it('is asked at the next after half a second of silence, and a late answer of the first still counts', async () => {
    const { clock, tried, result } = race({ '192.0.2.1': { afterMs: 1200 } })
    await clock.advance(1200)
    expect(await result).toBe('192.0.2.1')
    expect(tried).toEqual(['192.0.2.1 at 0', '192.0.2.2 at 500', '192.0.2.3 at 1000'])
    expect(clock.sleeping).toBe(0)
  })

  it('fails with the first failure when all have failed', async () => {
    const fails = (why: string): { afterMs: number; fails: string } => ({ afterMs: 5, fails: why })
    const { clock, result } = race({
      '192.0.2.1': fails('one'),
      '192.0.2.2': fails('two'),
      '192.0.2.3': fails('three'),
    })
    await clock.advance(15)
    await expect(result).rejects.toThrow('one')
  })

  it('fails when there is no address', async () => {
    await expect(race({}, []).result).rejects.toThrow('the name has no address of that family')
  })

  it('stops every attempt when it is aborted', async () => {
    const { clock, result, abort } = race({})
    await clock.advance(700)
    abort()
    await expect(result).rejects.toThrow('stopping')
    expect(clock.sleeping).toBe(0)
  })
})
