import { afterEach, describe, expect, it, vi } from 'vitest'
import { SimulatedClock } from '../../test/support/simulated-clock.ts'
import { TransientError, WaitingError } from '../model/errors.ts'
import { WorkQueue } from './work-queue.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

interface Bench {
  readonly clock: SimulatedClock
  readonly queue: WorkQueue
  readonly worked: string[]
  readonly stop: () => Promise<void>
}

function start(work: (key: string, nth: number) => Promise<number | undefined>, concurrency = 2): Bench {
  const clock = new SimulatedClock()
  const worked: string[] = []
  const queue = new WorkQueue({
    clock,
    random: () => 1,
    concurrency,
    work: (key) => {
      worked.push(key)
      return work(key, worked.filter((other) => other === key).length)
    },
  })
  const stopping = new AbortController()
  const running = queue.run(stopping.signal)
  const stop = async (): Promise<void> => {
    stopping.abort()
    await running
  }
  stops.push(stop)
  return { clock, queue, worked, stop }
}

const nothing = (): Promise<undefined> => Promise.resolve(undefined)

describe('a work queue', () => {
  it('looks again after the time it was told, whatever becomes of the date meanwhile', async () => {
    const { clock, queue, worked } = start(nothing)
    queue.addAfter('a', 5_000)
    await clock.advance(1_000)
    clock.set(-2 * 3_600_000)
    queue.add('b')
    await clock.advance(4_000)
    expect(worked).toEqual(['b', 'a'])
  })

  it('asks for no rest that is longer than a timer can be', async () => {
    const { clock, queue, worked } = start(nothing)
    const rests = vi.spyOn(clock, 'sleep')
    queue.addAfter('a', 40 * 86_400_000)
    await clock.advance(39 * 86_400_000)
    expect(worked).toEqual([])
    await clock.advance(86_400_000)
    expect(worked).toEqual(['a'])
    expect(Math.max(...rests.mock.calls.map(([ms]) => ms))).toBeLessThan(2 ** 31)
  })

  it('works once on a key that was added many times', async () => {
    const { clock, queue, worked } = start(nothing)
    for (let time = 0; time < 5; time += 1) queue.add('a')
    queue.add('b')
    await clock.advance(0)
    expect(worked).toEqual(['a', 'b'])
    expect(queue.depth).toBe(0)
  })

  it('works again on a key that was added while it was worked on, and never twice at once', async () => {
    const open: (() => void)[] = []
    const { clock, queue, worked } = start((_key, nth) =>
      nth > 1 ? nothing() : new Promise((resolve) => open.push(() => resolve(undefined))),
    )
    queue.add('a')
    await clock.advance(0)
    queue.add('a')
    queue.add('a')
    await clock.advance(1_000)
    expect(worked).toEqual(['a'])
    open.forEach((end) => end())
    await clock.advance(0)
    expect(worked).toEqual(['a', 'a'])
  })

  it('works on so many keys at once and no more', async () => {
    const open: (() => void)[] = []
    const { clock, queue, worked } = start(() => new Promise((resolve) => open.push(() => resolve(undefined))))
    for (const key of ['a', 'b', 'c']) queue.add(key)
    await clock.advance(0)
    expect(worked).toEqual(['a', 'b'])
    open[0]?.()
    await clock.advance(0)
    expect(worked).toEqual(['a', 'b', 'c'])
    open.forEach((end) => end())
  })

  it('tries again what failed, later and later, and forgets that once it went well', async () => {
    const { clock, queue, worked } = start((_key, nth) =>
      nth === 4 ? nothing() : Promise.reject(new TransientError('UnexpectedError', `no ${nth}`)),
    )
    queue.add('a')
    const seen: number[] = []
    for (let second = 0; second < 5; second += 0.5) {
      await clock.advance(second === 0 ? 0 : 500)
      seen.push(worked.length)
    }
    expect(seen).toEqual([1, 2, 2, 3, 3, 3, 3, 4, 4, 4])
    queue.add('a')
    await clock.advance(500)
    expect(worked).toHaveLength(6)
  })

  it('waits for as long as an error says', async () => {
    const { clock, queue, worked } = start(() => Promise.reject(new WaitingError('RateLimited', 'slow', 30_000)))
    queue.add('a')
    await clock.advance(29_000)
    expect(worked).toHaveLength(1)
    await clock.advance(1_000)
    expect(worked).toHaveLength(2)
  })

  it('comes back to a key when it said so, at the earliest of several times', async () => {
    const { clock, queue, worked } = start((_key, nth) => Promise.resolve(nth < 3 ? 10_000 : undefined))
    queue.addAfter('a', 5_000)
    queue.addAfter('a', 60_000)
    await clock.advance(4_999)
    expect(worked).toEqual([])
    await clock.advance(1)
    expect(worked).toEqual(['a'])
    await clock.advance(60_000)
    expect(worked).toEqual(['a', 'a', 'a'])
  })

  it('finishes what was begun when it is stopped, and begins nothing more', async () => {
    const open: (() => void)[] = []
    const { clock, queue, worked, stop } = start(() => new Promise((resolve) => open.push(() => resolve(undefined))), 1)
    queue.add('a')
    queue.add('b')
    await clock.advance(0)
    let stopped = false
    const stopping = stop().then(() => (stopped = true))
    await clock.advance(0)
    expect(stopped).toBe(false)
    open.forEach((end) => end())
    await stopping
    expect(worked).toEqual(['a'])
  })
})
