import { describe, expect, it } from 'vitest'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import { StaleRecords, type StaleRecordsPorts } from './stale-records.ts'

describe('StaleRecords', () => {
  it('derives first what DNS is known to be wrong about, in whatever order it comes', async () => {
    const { stale, derived } = collect()
    stale.add('web/a')
    stale.add('web/b', true)
    stale.add('web/c')
    stale.add('web/c', true)
    await stale.whenSwept()
    expect(derived).toEqual(['web/b', 'web/c', 'web/a'])
  })

  it('takes what comes up meanwhile into the same sweep, and what is urgent of it before the rest', async () => {
    const { stale, derived } = collect((ref) => {
      if (ref !== 'web/a') return
      stale.add('web/c')
      stale.add('web/d', true)
    })
    stale.add('web/a')
    stale.add('web/b')
    await stale.whenSwept()
    expect(derived).toEqual(['web/a', 'web/d', 'web/b', 'web/c'])
  })

  it('derives none twice for one reason, and none that a reconcile has derived already', async () => {
    const { stale, derived } = collect()
    stale.add('web/a', true)
    stale.add('web/a')
    stale.add('web/b', true)
    stale.delete('web/b')
    await stale.whenSwept()
    expect(derived).toEqual(['web/a'])
  })

  it('lets many others give way to what is urgent and still to come, but not for ever', async () => {
    const clock = new SimulatedClock(0)
    const { stale, derived } = collect(undefined, { clock })
    stale.add('web/first', true)
    for (let n = 0; n < 500; n += 1) stale.add(`web/${n}`)
    await clock.advance(200)
    expect(derived).toEqual(['web/first'])
    stale.add('web/second', true)
    await clock.advance(200)
    expect(derived).toEqual(['web/first', 'web/second'])
    await clock.advance(2_000)
    await stale.whenSwept()
    expect(derived).toHaveLength(502)
  })

  it('lets them give way no longer because the date was set back', async () => {
    const clock = new SimulatedClock()
    const { stale, derived } = collect(undefined, { clock })
    stale.add('web/first', true)
    for (let n = 0; n < 500; n += 1) stale.add(`web/${n}`)
    await clock.advance(100)
    clock.set(-2 * 3_600_000)
    await clock.advance(2_000)
    await stale.whenSwept()
    expect(derived).toHaveLength(501)
  })

  it('lets them give way until what is urgent is written, but not for ever', async () => {
    const clock = new SimulatedClock(0)
    let writing = true
    const { stale, derived } = collect(undefined, { clock, isWriting: () => writing })
    const add = (): void => {
      stale.add('web/urgent', true)
      for (let n = 0; n < 500; n += 1) stale.add(`web/${n}`)
    }
    add()
    await clock.advance(600)
    expect(derived).toHaveLength(1)
    writing = false
    await clock.advance(20)
    await stale.whenSwept()
    expect(derived).toHaveLength(501)
    writing = true
    add()
    await clock.advance(1_020)
    await stale.whenSwept()
    expect(derived).toHaveLength(1_002)
  })

  it('goes on with the others although something urgent comes and is written all the time', async () => {
    const clock = new SimulatedClock(0)
    const { stale, derived } = collect(undefined, { clock, isWriting: () => true })
    for (let n = 0; n < 500; n += 1) stale.add(`web/${n}`)
    for (let step = 0; step < 40; step += 1) {
      stale.add(`web/urgent-${step}`, true)
      await clock.advance(50)
    }
    expect(derived.filter((ref) => !ref.includes('urgent'))).toHaveLength(500)
  })

  it('tries once what cannot be derived, and leaves it to its reconcile', async () => {
    const tried: string[] = []
    const stale = new StaleRecords({ ...idlePorts(), derive: (ref) => tried.push(ref) })
    stale.add('web/a', true)
    stale.add('web/a')
    await stale.whenSwept()
    expect(tried).toEqual(['web/a'])
    expect([stale.has('web/a'), stale.size]).toEqual([true, 0])
    stale.delete('web/a')
    expect(stale.has('web/a')).toBe(false)
  })

  it('begins nothing after the end', async () => {
    const stopping = new AbortController()
    const { stale, derived } = collect(() => stopping.abort(), { stopping: stopping.signal })
    stale.add('web/a')
    stale.add('web/b', true)
    await stale.whenSwept()
    expect(derived).toEqual(['web/b'])
    expect(stale.has('web/a')).toBe(true)
  })
})

interface Collected {
  readonly stale: StaleRecords
  readonly derived: readonly string[]
}

function collect(
  then: (ref: string) => void = () => undefined,
  ports: Partial<Omit<StaleRecordsPorts, 'derive'>> = {},
): Collected {
  const derived: string[] = []
  const derive = (ref: string): void => {
    derived.push(ref)
    stale.delete(ref)
    then(ref)
  }
  const stale = new StaleRecords({ ...idlePorts(), ...ports, derive })
  return { stale, derived }
}

function idlePorts(): Omit<StaleRecordsPorts, 'derive'> {
  return { isWriting: () => false, clock: new SimulatedClock(0), stopping: new AbortController().signal }
}
