import { expect, it } from 'vitest'
import { SharedLists } from './shared-lists.ts'

it('keeps equal lists once', () => {
  const lists = new SharedLists()
  const first = lists.share(['192.0.2.1', '192.0.2.2'])
  expect(lists.share(['192.0.2.1', '192.0.2.2'])).toBe(first)
})

it('never takes one list for another, though they read alike', () => {
  const lists = new SharedLists()
  lists.share(['a b', 'c'])
  expect(lists.share(['a', 'b c'])).toEqual(['a', 'b c'])
})

it('forgets what it knew rather than grow without end, and gives back what it is given', () => {
  const lists = new SharedLists()
  const first = lists.share(['0'])
  for (let index = 1; index <= 1000; index += 1) expect(lists.share([String(index)])).toEqual([String(index)])
  expect(lists.share(['0'])).not.toBe(first)
})
