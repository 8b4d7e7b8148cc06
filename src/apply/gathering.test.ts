import { describe, expect, it } from 'vitest'
import { SimulatedClock } from '../../test/support/simulated-clock.ts'
import { Gathering } from './gathering.ts'

const never = new AbortController().signal

/** What comes at these times is gathered from `startsAt` on: when that ends, counted from the first. */
async function endOf(
  times: readonly number[],
  { fill = 1, startsAt = 0, comesUntil = 0, shortFrom = Infinity } = {},
): Promise<number> {
  const clock = new SimulatedClock()
  const gathering = new Gathering({
    clock,
    isMoreComing: () => clock.monotonicNow() < comesUntil,
    longestMs: () => (clock.monotonicNow() < shortFrom ? 250 : 125),
  })
  let endedAt: number | undefined
  for (const now of Array.from({ length: 10_000 }, (_, at) => at)) {
    if (times.includes(now)) gathering.touch()
    if (now === startsAt) void gathering.wait(fill, never).then(() => (endedAt = clock.monotonicNow()))
    await clock.advance(1)
    if (endedAt !== undefined) return endedAt
  }
  return Infinity
}

const every = (ms: number, count = 1_000): readonly number[] => Array.from({ length: count }, (_, at) => at * ms)

describe('what is touched', () => {
  it.each([
    ['waits a moment for more, where it comes alone', [0], {}, 25],
    ['waits no longer, where nothing came at all', [], {}, 0],
    ['waits on while more comes', every(20, 5), {}, 105],
    ['waits for what is known to come', [0], { comesUntil: 90 }, 100],
    ['waits for no more than a quarter of a second for it', [0], { comesUntil: 1_000 }, 250],
    ['waits a quarter of a second at most', every(20), {}, 250],
    ['waits for less as soon as enough is there', every(20), { shortFrom: 60 }, 125],
    ['waits no more where enough is there too late for that', every(20), { shortFrom: 150 }, 165],
    ['waits longer where half of the allowance is left', every(20), { fill: 0.5 }, 500],
    ['does not wait for ever where nothing is left', every(20), { fill: 0 }, 5_000],
    ['has waited already for as long as nobody gathered', every(20), { startsAt: 200 }, 250],
    ['waits no more at all after long enough', every(20), { startsAt: 400 }, 400],
  ])('%s', async (_title, times, how, expected) => {
    expect(await endOf(times, how)).toBe(expected)
  })

  it('has nothing to do with what was taken before', async () => {
    const clock = new SimulatedClock()
    const gathering = new Gathering({ clock, isMoreComing: () => false, longestMs: () => 250 })
    gathering.touch()
    gathering.end()
    await clock.advance(1_000)
    gathering.touch()
    const waiting = gathering.wait(1, never).then(() => clock.monotonicNow())
    await clock.advance(1_000)
    expect(await waiting).toBe(1_025)
  })

  it('does not wait once it is stopped', async () => {
    const clock = new SimulatedClock()
    const gathering = new Gathering({ clock, isMoreComing: () => false, longestMs: () => 250 })
    const stopping = new AbortController()
    gathering.touch()
    const waiting = gathering.wait(1, stopping.signal)
    stopping.abort(new Error('stopped'))
    await waiting
    expect(clock.monotonicNow()).toBe(0)
  })
})

it('is quiet a moment after the last, unless more is known to come', async () => {
  const clock = new SimulatedClock()
  let isMoreComing = true
  const gathering = new Gathering({ clock, isMoreComing: () => isMoreComing, longestMs: () => 250 })
  gathering.touch()
  await clock.advance(25)
  expect(gathering.isQuiet).toBe(false)
  isMoreComing = false
  expect(gathering.isQuiet).toBe(true)
  gathering.touch()
  expect(gathering.isQuiet).toBe(false)
})
