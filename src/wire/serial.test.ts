import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isNewerSerial } from './serial.ts'

const serial = fc.integer({ min: 0, max: 2 ** 32 - 1 })

describe('a serial', () => {
  it.each([
    [2, 1, true],
    [1, 2, false],
    [1, 1, false],
    [0, 2 ** 32 - 1, true],
    [2 ** 32 - 1, 0, false],
    [2 ** 31 - 1, 0, true],
    [2 ** 31, 0, false],
    [0, 2 ** 31, false],
  ])('%d is newer than %d: %s', (next, previous, newer) => {
    expect(isNewerSerial(next, previous)).toBe(newer)
  })

  it('is newer than the one before it, and never in both directions', () => {
    fc.assert(
      fc.property(serial, serial, (a, b) => {
        expect(isNewerSerial((a + 1) % 2 ** 32, a)).toBe(true)
        expect(isNewerSerial(a, b) && isNewerSerial(b, a)).toBe(false)
      }),
    )
  })
})
