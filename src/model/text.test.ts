import { describe, expect, it } from 'vitest'
import { countOf, formatCount, listSome, printable } from './text.ts'

describe('texts for people', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1234567, '1,234,567'],
  ])('write %i as %s', (count, text) => {
    expect(formatCount(count)).toBe(text)
  })

  it('count things', () => {
    expect([countOf(0, 'set'), countOf(1, 'set'), countOf(4900, 'set')]).toEqual(['0 sets', '1 set', '4,900 sets'])
  })

  it('list as many as fit', () => {
    expect(listSome(['a', 'b'], 2)).toBe('a, b')
    expect(listSome(['a', 'b', 'c'], 2)).toBe('a, b and 1 more')
    expect(listSome([], 2)).toBe('')
  })

  it.each([
    ['plain text, ünïcode 日本 🎉', 'plain text, ünïcode 日本 🎉'],
    ['\u001b[31mred', '\\u{1b}[31mred'],
    ['a\r\nb\tc\u0000', 'a\\u{d}\\u{a}b\\u{9}c\\u{0}'],
    ['\u202egnp.exe', '\\u{202e}gnp.exe'],
    ['zero\u200bwidth\ufeff', 'zero\\u{200b}width\\u{feff}'],
    ['line\u2028break\u2029', 'line\\u{2028}break\\u{2029}'],
    ['half\ud83c', 'half\\u{d83c}'],
  ])('print %j harmlessly', (text, shown) => {
    expect(printable(text)).toBe(shown)
  })
})
