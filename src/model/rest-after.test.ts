import { expect, it } from 'vitest'
import { jitteredRestAfter, restAfter } from './rest-after.ts'

const BACK_OFF = { firstMs: 100, longestMs: 1_000 }

it.each([
  [0, 100],
  [1, 100],
  [2, 200],
  [4, 800],
  [5, 1_000],
  [5_000, 1_000],
])('after %i failures it rests %i ms', (failures, ms) => {
  expect(restAfter(failures, BACK_OFF)).toBe(ms)
})

it.each([
  [0, 100],
  [0.5, 150],
  [1, 200],
])('by chance it rests less: for %d after two failures %i ms', (chance, ms) => {
  expect(jitteredRestAfter(2, BACK_OFF, chance)).toBe(ms)
})
