import { expect, it } from 'vitest'
import { formatTime, isDateTime } from './date-time.ts'

it.each([
  ['2026-01-31T12:00:00Z', true],
  ['2026-01-31T12:00:00.123456Z', true],
  ['2024-02-29T23:59:59+05:30', true],
  ['2026-02-29T00:00:00Z', false],
  ['2026-13-01T00:00:00Z', false],
  ['2026-01-31T24:00:00Z', false],
  ['2026-01-31 12:00:00Z', false],
  ['2026-01-31T12:00:00', false],
  ['2026-01-31', false],
  ['', false],
])('%j is a time: %s', (text, expected) => {
  expect(isDateTime(text)).toBe(expected)
})

it('writes a time to the second', () => {
  expect(formatTime(Date.UTC(2026, 0, 31, 12, 0, 0, 789))).toBe('2026-01-31T12:00:00Z')
})
