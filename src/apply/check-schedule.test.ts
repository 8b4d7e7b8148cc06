import { describe, expect, it } from 'vitest'
import { CheckSchedule } from './check-schedule.ts'

const MINUTE = 60_000
const CHEAP = { isRead: true, calls: 1, fill: 1 }

describe('a zone', () => {
  it.each([
    ['with a probe is looked at every minute', true, {}, 1],
    ['with a probe is so whatever it costs', true, { calls: 40, fill: 0 }, 1],
    ['without one is read every minute, where one call does it', false, {}, 1],
    ['without one is read every minute while half of the allowance is left', false, { fill: 0.5 }, 1],
    ['without one is read every ten minutes where less is left', false, { fill: 0.4 }, 10],
    ['without one is read every ten minutes where that takes several calls', false, { calls: 2 }, 10],
  ])('%s', (_title, hasProbe, look, minutes) => {
    const checks = new CheckSchedule(hasProbe, () => 0.5)
    expect(checks.nextAt).toBe(0)
    checks.note({ ...CHEAP, ...look }, MINUTE)
    expect(checks.nextAt).toBe((1 + minutes) * MINUTE)
  })

  it('is read again ten minutes after it was, however often it is probed', () => {
    const checks = new CheckSchedule(true, () => 0.5)
    checks.note(CHEAP, MINUTE)
    checks.note({ ...CHEAP, isRead: false }, 2 * MINUTE)
    expect(checks.nextListAt).toBe(11 * MINUTE)
  })

  it('is not looked at together with all others', () => {
    const nexts = [0, 0.5, 1].map((random) => {
      const checks = new CheckSchedule(true, () => random)
      checks.note(CHEAP, 0)
      return checks.nextAt / MINUTE
    })
    expect(nexts).toEqual([0.9, 1, 1.1])
  })
})
