// How counts, lists and foreign text read in messages, the same wherever they are shown.

/** `4900` reads `4,900`, in every locale. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `1 record set`, `2 record sets`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** `a, b and 4,898 more`: as many as fit, and how many do not. */
export function listSome(texts: readonly string[], most: number): string {
  if (texts.length <= most) return texts.join(', ')
  return `${texts.slice(0, most).join(', ')} and ${formatCount(texts.length - most)} more`
}

// Control characters, bidirectional overrides, invisible and line-breaking ones, and halves of surrogate pairs.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Text from elsewhere, made harmless for a terminal or a log: what would not show is written as its code point. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${Number(character.codePointAt(0)).toString(16)}}`)
}
