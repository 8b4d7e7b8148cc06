import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader } from './byte-reader.ts'
import { MalformedMessage, UnencodableMessage } from './message-errors.ts'
import { foldName, isNameWithin, isSameName, nameToWire } from './name.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytes = (text: string): Uint8Array => Buffer.from(text.replace(/\s/g, ''), 'hex')
const fromWire = (wire: Uint8Array): string => new ByteReader(wire).name()
const LABEL_63 = 'a'.repeat(63)

describe('a name in text', () => {
  it.each([
    ['the root', '.', '00'],
    ['a name', 'example.test', '07 6578616d706c65 04 74657374 00'],
    ['a trailing dot', 'example.test.', '07 6578616d706c65 04 74657374 00'],
    ['upper case, which is kept', 'Ab', '02 4162 00'],
    ['a wildcard', '*.a', '01 2a 01 61 00'],
    ['underscores and hyphens', '_acme-x.a', '07 5f61636d652d78 01 61 00'],
    ['an escaped dot', 'a\\.b.c', '03 612e62 01 63 00'],
    ['an escaped dot at the end', 'a\\.', '02 612e 00'],
    ['an escaped backslash', 'a\\\\.b', '02 615c 01 62 00'],
    ['a decimal escape', 'a\\000\\255', '03 6100ff 00'],
    ['a decimal escape of a plain character', '\\097', '01 61 00'],
    ['an escape of a plain character', '\\a', '01 61 00'],
  ])('becomes bytes: %s', (_case, text, wire) => {
    expect(hex(nameToWire(text))).toBe(wire.replace(/\s/g, ''))
  })

  it.each([
    ['nothing at all', '', 'has an empty label'],
    ['an empty label', 'a..b', 'has an empty label'],
    ['a leading dot', '.a', 'has an empty label'],
    ['two dots at the end', 'a..', 'has an empty label'],
    ['a label of 64 bytes', `${LABEL_63}a.b`, 'has a label of more than 63 bytes'],
    ['more than 255 bytes', `${`${LABEL_63}.`.repeat(3)}${'b'.repeat(62)}`, 'is longer than 255 bytes'],
    ['a space', 'a b', 'neither printable ASCII nor escaped'],
    ['a character beyond ASCII', 'bücher.test', 'neither printable ASCII nor escaped'],
    ['an escape beyond a byte', '\\256', 'neither printable ASCII nor escaped'],
    ['an unfinished escape', 'a\\', 'neither printable ASCII nor escaped'],
    ['a decimal escape of two digits', '\\12', 'neither printable ASCII nor escaped'],
  ])('is refused: %s', (_case, text, problem) => {
    expect(() => nameToWire(text)).toThrow(UnencodableMessage)
    expect(() => nameToWire(text)).toThrow(problem)
  })

  it('may have exactly 255 bytes', () => {
    const name = `${`${LABEL_63}.`.repeat(3)}${'b'.repeat(61)}`
    expect(nameToWire(name)).toHaveLength(255)
    expect(fromWire(nameToWire(name))).toBe(name)
  })

  it('survives the way through bytes, whatever bytes its labels have', () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(fc.array(label, { maxLength: 10 }), (labels) => {
        const wire = Uint8Array.from([...labels.flatMap((each) => [each.length, ...each]), 0])
        const text = fromWire(wire)
        expect(text).toMatch(/^[!-~]+$/)
        expect(nameToWire(text)).toEqual(wire)
      }),
    )
  })
})

describe('a name in bytes', () => {
  it('escapes what text would misread', () => {
    expect(fromWire(bytes('09 612e5c2022403bc3fc 01 2a 00'))).toBe('a\\.\\\\\\032\\"\\@\\;\\195\\252.*')
  })

  it('follows the compression example of RFC 1035 §4.1.4', () => {
    const datagram = new Uint8Array(93)
    datagram.set(bytes('01 46 03 495349 04 41525041 00'), 20)
    datagram.set(bytes('03 464f4f c014'), 40)
    datagram.set(bytes('c01a'), 64)
    const nameAt = (offset: number): string => {
      const reader = new ByteReader(datagram)
      reader.bytes(offset)
      return reader.name()
    }
    expect([20, 40, 64, 92].map(nameAt)).toEqual(['F.ISI.ARPA', 'FOO.F.ISI.ARPA', 'ARPA', '.'])
  })

  it('goes on behind the first pointer', () => {
    const reader = new ByteReader(bytes('0161 00 0162 c000 ff'))
    reader.name()
    expect(reader.name()).toBe('b.a')
    expect(reader.u8()).toBe(0xff)
  })

  it.each([
    ['a pointer to itself', 'c000'],
    ['a pointer forwards', 'c002 00'],
    ['a pointer into the name it ends', '0161 c000'],
    ['a label of an unknown kind', '40 00'],
    ['another label of an unknown kind', '80 00'],
    ['a label cut off', '05 6161'],
    ['no end', '0161'],
    ['half a pointer', 'c0'],
  ])('is malformed with %s', (_case, wire) => {
    expect(() => fromWire(bytes(wire))).toThrow(MalformedMessage)
  })

  it('is malformed with more than 255 bytes', () => {
    const wireOf = (last: number): Buffer =>
      Buffer.concat([63, 63, 63, last].map((length) => Buffer.alloc(length + 1, length)).concat(Buffer.alloc(1)))
    expect(wireOf(61)).toHaveLength(255)
    expect(nameToWire(fromWire(wireOf(61)))).toHaveLength(255)
    expect(() => fromWire(wireOf(62))).toThrow('longer than 255 bytes')
  })

  it('is malformed with a chain of pointers that no name needs', () => {
    // 128 pointers, each to the one before, end at a root.
    const chain = Array.from({ length: 128 }, (_, index) => [0xc0, Math.max(0, index * 2 - 1)])
    const reader = new ByteReader(Uint8Array.from([0, ...chain.flat()]))
    reader.bytes(1 + 127 * 2)
    expect(() => reader.name()).toThrow('does not lead backwards')
  })
})

describe('comparing names', () => {
  it.each([
    ['WWW.Example', 'www.example', true],
    ['a.example.', 'A.example', true],
    ['\\097.example', 'a.example', true],
    ['a\\.example', 'a.example', false],
    // Only ASCII letters have case: byte 0xC4 is not 0xE4.
    ['\\196', '\\228', false],
  ])('%s and %s: %s', (a, b, same) => {
    expect(isSameName(a, b)).toBe(same)
  })

  it('folds ASCII letters only', () => {
    expect(foldName('ÄBc')).toBe('Äbc')
  })

  it.each([
    ['example.test', 'example.test', true],
    ['WWW.example.TEST', 'Example.test', true],
    ['www.example.test', '.', true],
    ['badexample.test', 'example.test', false],
    ['test', 'example.test', false],
    ['a\\.example.test', 'example.test', false],
    ['a\\\\.example.test', 'example.test', true],
  ])('%s within %s: %s', (name, zone, within) => {
    expect(isNameWithin(name, zone)).toBe(within)
  })
})
