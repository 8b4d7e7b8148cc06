import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeName, parseQuotedText, quoteText } from './route53-text.ts'

describe('text at Route 53', () => {
  it.each([
    ['plain words', '"plain words"'],
    ['', '""'],
    ['say "hi"', '"say \\"hi\\""'],
    ['a\\b', '"a\\134b"'],
    ['é\t', '"\\303\\251\\011"'],
    ['x'.repeat(256), `"${'x'.repeat(255)}" "x"`],
  ])('%j is written %s and reads back', (text, quoted) => {
    expect(quoteText(text)).toBe(quoted)
    expect(parseQuotedText(quoted)).toBe(text)
  })

  it.each([
    ['"a\\\\b"', 'a\\b'],
    ['"a" "b"', 'ab'],
    ['not quoted', 'not quoted'],
    ['"\\052"', '*'],
  ])('%s, as others write it, reads %j', (quoted, text) => {
    expect(parseQuotedText(quoted)).toBe(text)
  })

  it('reads back whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 600 }), (text) => parseQuotedText(quoteText(text)) === text),
    )
  })

  it.each([
    ['\\052.example.com.', '*.example.com.'],
    ['a\\100b.example.com.', 'a@b.example.com.'],
    ['www.example.com.', 'www.example.com.'],
    ['a\\056b.example.com.', 'a\\056b.example.com.'],
  ])('the name %s is %s', (stored, name) => {
    expect(decodeName(stored)).toBe(name)
  })
})
