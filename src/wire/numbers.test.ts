import { expect, it } from 'vitest'
import { describeType, dnsTypes } from './numbers.ts'

it.each([
  [1, 'A'],
  [39, 'DNAME'],
  [65, 'HTTPS'],
  [65_280, 'TYPE65280'],
])('type %i is spoken of as %s', (number, text) => {
  expect(describeType(dnsTypes.toCode(number))).toBe(text)
})
