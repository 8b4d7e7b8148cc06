// TXT values as one text, as the strings of at most 255 bytes that records hold, and as providers write them: `"one" "two"`.

const LONGEST_STRING = 255

/** Cut between characters, so that each string can be read by itself. An empty text is one empty string. */
export function splitText(text: string): readonly Uint8Array[] {
  const strings: Uint8Array[] = []
  let from = 0
  let to = 0
  let size = 0
  for (const character of text) {
    const bytes = Buffer.byteLength(character)
    if (size + bytes > LONGEST_STRING) {
      strings.push(utf8(text.slice(from, to)))
      from = to
      size = 0
    }
    to += character.length
    size += bytes
  }
  return [...strings, utf8(text.slice(from))]
}

/** Where a text is cut means nothing. Bytes that are no UTF-8 become U+FFFD: to delete such a record, use its own strings. */
export function joinStrings(strings: readonly Uint8Array[]): string {
  return Buffer.concat(strings).toString()
}

/** Quoted strings as in a zone file (RFC 1035 §5.1): what is not printable ASCII stands as `\DDD`. */
export function quoteText(text: string): string {
  return splitText(text).map(quoteString).join(' ')
}

/** Text that is not quoted is taken as it stands: some providers strip the quotes. */
export function parseQuotedText(quoted: string): string {
  if (!/^\s*"(?:[^"\\]|\\[^])*"(?:\s+"(?:[^"\\]|\\[^])*")*\s*$/u.test(quoted)) return quoted
  const strings = quoted.matchAll(/"((?:[^"\\]|\\[^])*)"/gu)
  return joinStrings(Array.from(strings, ([, inner = '']) => unescapeString(inner)))
}

function quoteString(string: Uint8Array): string {
  let text = ''
  for (const byte of string) {
    const character = String.fromCharCode(byte)
    if (byte < 0x20 || byte >= 0x7f) text += `\\${String(byte).padStart(3, '0')}`
    else text += character === '"' || character === '\\' ? `\\${character}` : character
  }
  return `"${text}"`
}

/** `\DDD` is a byte, not a character: the bytes of one character may come as several of them. */
function unescapeString(inner: string): Uint8Array {
  const parts = inner.matchAll(/\\(25[0-5]|2[0-4]\d|[01]\d\d)|\\([^])|([^\\]+)/gu)
  return Buffer.concat(
    Array.from(parts, ([, decimal, escaped, plain]) =>
      decimal === undefined ? utf8(escaped ?? plain ?? '') : Uint8Array.of(Number(decimal)),
    ),
  )
}

function utf8(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text))
}
