import { describe, expect, it } from 'vitest'
import { resolveScalar } from './resolve-scalar.ts'

function read(text: string, tag?: string): unknown {
  const resolution = resolveScalar(text, true, tag)
  return resolution.kind === 'value' ? resolution.value : new Error(resolution.message)
}

// What kubectl 1.36 sends for `field: <text>`, written down from its decoder.
const READINGS: readonly (readonly [string, unknown])[] = [
  ['y', true],
  ['Y', true],
  ['yes', true],
  ['on', true],
  ['TRUE', true],
  ['n', false],
  ['NO', false],
  ['Off', false],
  ['oN', 'oN'],
  ['nO', 'nO'],
  ['', null],
  ['~', null],
  ['Null', null],
  ['none', 'none'],
  ['0', 0],
  ['00', 0],
  ['-0', 0],
  ['017', 15],
  ['-017', -15],
  ['0o17', 15],
  ['0O17', 15],
  ['08', 8],
  ['0o8', '0o8'],
  ['0x1F', 31],
  ['0X1f', 31],
  ['0x1_F', 31],
  ['0x', '0x'],
  ['0x1p4', '0x1p4'],
  ['0b101', 5],
  ['-0b11', -3],
  ['+0b11', 3],
  ['0b12', '0b12'],
  ['+12', 12],
  ['1_000', 1000],
  ['1__0', 10],
  ['_1', '_1'],
  ['1.', 1],
  ['300.0', 300],
  ['.5', 0.5],
  ['-.5', -0.5],
  ['._5', '._5'],
  ['.', '.'],
  ['+', '+'],
  ['1e3', 1000],
  ['12e03', 12000],
  ['1e', '1e'],
  ['1_0e1_0', 1e11],
  ['1e400', '1e400'],
  ['.5e400', '.5e400'],
  ['9223372036854775808', 9223372036854775808],
  ['123456789012345678901234', 1.2345678901234569e23],
  ['0xFFFFFFFFFFFFFFFFF', '0xFFFFFFFFFFFFFFFFF'],
  ['190:20:30', '190:20:30'],
  ['2001-12-14', '2001-12-14'],
  ['192.0.2.1', '192.0.2.1'],
  ['<<', '<<'],
]

describe('resolveScalar', () => {
  it.each(READINGS)('reads %j as %j', (text, value) => {
    expect(read(text)).toEqual(value)
  })

  it('takes quoted text as it stands', () => {
    expect(resolveScalar('yes', false)).toEqual({ kind: 'value', value: 'yes' })
  })

  it.each([
    ['5', 'tag:yaml.org,2002:str', '5'],
    ['5', 'tag:yaml.org,2002:int', 5],
    ['1_000', 'tag:yaml.org,2002:int', 1000],
    ['5', 'tag:yaml.org,2002:float', 5],
    ['yes', 'tag:yaml.org,2002:bool', true],
    ['', 'tag:yaml.org,2002:null', null],
    ['2001-01-01', 'tag:yaml.org,2002:timestamp', '2001-01-01'],
    ['5', '!mine', '5'],
    ['5', '!', '5'],
  ])('reads %j with the tag %s as %j', (text, tag, value) => {
    expect(read(text, tag)).toEqual(value)
  })

  it.each([
    ['x', 'tag:yaml.org,2002:int', 'the value is not a !!int: write a fitting one or drop the tag'],
    ['1.5', 'tag:yaml.org,2002:int', 'the value is not a !!int: write a fitting one or drop the tag'],
    ['x', 'tag:yaml.org,2002:null', 'the value is not a !!null: write a fitting one or drop the tag'],
    ['x', 'tag:yaml.org,2002:timestamp', 'the value is not a !!timestamp: write a fitting one or drop the tag'],
    ['aGk=', 'tag:yaml.org,2002:binary', 'the tag !!binary is not supported: write the base64 text itself'],
    ['.nan', undefined, 'the number .nan has no form in JSON'],
    ['-.INF', undefined, 'the number -.INF has no form in JSON'],
  ])('refuses %j with the tag %s', (text, tag, message) => {
    expect(read(text, tag)).toEqual(new Error(message))
  })
})
