import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinStrings, parseQuotedText, quoteText, splitText } from './txt-text.ts'

const sizes = (text: string): readonly number[] => splitText(text).map(({ length }) => length)

describe('the strings of a text', () => {
  it.each([
    ['an empty text', '', [0]],
    ['as much as one string holds', 'x'.repeat(255), [255]],
    ['one byte more', 'x'.repeat(256), [255, 1]],
    ['a character of two bytes at the border', `${'x'.repeat(254)}ü`, [254, 2]],
    ['a character of four bytes at the border', `${'x'.repeat(252)}😀y`, [252, 5]],
  ])('hold at most 255 bytes each: %s', (_case, text, expected) => {
    expect(sizes(text)).toEqual(expected)
  })

  it('give the text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
        expect(joinStrings(splitText(text))).toBe(text)
        expect(Math.max(...sizes(text))).toBeLessThanOrEqual(255)
      }),
    )
  })

  it('are joined before they are read, as others cut within characters', () => {
    expect(joinStrings([Uint8Array.of(0xc3), Uint8Array.of(0xbc)])).toBe('ü')
  })

  it('show bytes that are no text', () => {
    expect(joinStrings([Uint8Array.of(0x61, 0xff)])).toBe('a\ufffd')
  })
})

describe('quoted text', () => {
  it.each([
    ['plain', 'a b', '"a b"'],
    ['quotes and backslashes', 'a"b\\c', '"a\\"b\\\\c"'],
    ['an empty text', '', '""'],
    ['what is not printable ASCII', 'ü\n', '"\\195\\188\\010"'],
    ['several strings', 'x'.repeat(256), `"${'x'.repeat(255)}" "x"`],
  ])('is written and read: %s', (_case, text, quoted) => {
    expect(quoteText(text)).toBe(quoted)
    expect(parseQuotedText(quoted)).toBe(text)
  })

  it.each([
    ['several strings make one text', '"a" "b\\"c"', 'ab"c'],
    ['any space between them', ' "a"\t\n"b" ', 'ab'],
    ['characters beyond ASCII as they are', '"ü😀"', 'ü😀'],
    ['an escaped character beyond ASCII', '"\\😀"', '😀'],
    ['a decimal escape', '"\\065\\066"', 'AB'],
    ['one character in two strings', '"\\195" "\\188"', 'ü'],
    ['digits that are no byte', '"\\999"', '999'],
    ['text without quotes', 'v=spf1 -all', 'v=spf1 -all'],
    ['a quote that does not close', '"a', '"a'],
    ['a closing quote that is escaped', '"a\\"', '"a\\"'],
    ['something between the strings', '"a" x "b"', '"a" x "b"'],
    ['strings without space between', '"a""b"', '"a""b"'],
  ])('is read: %s', (_case, quoted, text) => {
    expect(parseQuotedText(quoted)).toBe(text)
  })

  it('gives every text back, in printable ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
        const quoted = quoteText(text)
        expect(quoted).toMatch(/^[ -~]*$/)
        expect(parseQuotedText(quoted)).toBe(text)
      }),
    )
  })

  it('is read in one pass, however long and however broken', () => {
    const long = `"${'\\"a'.repeat(30_000)}`
    expect(parseQuotedText(long)).toBe(long)
    expect(parseQuotedText(`${long}"`)).toHaveLength(60_000)
  })
})
