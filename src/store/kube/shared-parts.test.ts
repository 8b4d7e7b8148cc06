import { expect, it } from 'vitest'
import { SharedParts } from './shared-parts.ts'

it('keeps equal lists once', () => {
  const parts = new SharedParts()
  const first = parts.share(['192.0.2.1', '192.0.2.2'])
  expect(parts.share(['192.0.2.1', '192.0.2.2'])).toBe(first)
})

it('keeps equal objects once, and others apart', () => {
  const parts = new SharedParts()
  const first = parts.share({ type: 'Ready', status: 'True' })
  expect(parts.share({ type: 'Ready', status: 'True' })).toBe(first)
  expect(parts.share({ type: 'Ready', status: 'False' })).toEqual({ type: 'Ready', status: 'False' })
})

it('never takes one list for another, though they read alike', () => {
  const parts = new SharedParts()
  parts.share(['a b', 'c'])
  expect(parts.share(['a', 'b c'])).toEqual(['a', 'b c'])
})

it('forgets what it knew rather than grow without end, and gives back what it is given', () => {
  const parts = new SharedParts()
  const first = parts.share(['0'])
  for (let index = 1; index <= 1000; index += 1) expect(parts.share([String(index)])).toEqual([String(index)])
  expect(parts.share(['0'])).not.toBe(first)
})
