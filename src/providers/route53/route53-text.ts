// Route 53 escapes bytes in octal (`\052` is an asterisk), in names and in TXT values, where a zone file would use decimals.
import { joinStrings, splitText } from '../../wire/txt-text.ts'

const QUOTED = /^\s*"(?:[^"\\]|\\[^])*"(?:\s+"(?:[^"\\]|\\[^])*")*\s*$/u
const ESCAPE = /\\([0-3][0-7]{2})|\\([^])|([^\\]+)/gu

/** A dot inside a label stays escaped: such a name is another than the one with a label more. */
export function decodeName(text: string): string {
  return Buffer.from(unescape(text.replaceAll('\\056', '\\\\056'))).toString()
}

export function quoteText(text: string): string {
  return splitText(text).map(quoteString).join(' ')
}

/** Text that is not quoted is taken as it stands. */
export function parseQuotedText(quoted: string): string {
  if (!QUOTED.test(quoted)) return quoted
  return joinStrings(Array.from(quoted.matchAll(/"((?:[^"\\]|\\[^])*)"/gu), ([, inner = '']) => unescape(inner)))
}

function quoteString(string: Uint8Array): string {
  let text = ''
  for (const byte of string) {
    const character = String.fromCharCode(byte)
    if (character === '"') text += '\\"'
    else if (byte < 0x20 || byte >= 0x7f || character === '\\') text += `\\${byte.toString(8).padStart(3, '0')}`
    else text += character
  }
  return `"${text}"`
}

/** An escape is a byte, not a character: the bytes of one character may come as several of them. */
function unescape(text: string): Uint8Array {
  return Buffer.concat(
    Array.from(text.matchAll(ESCAPE), ([, octal, escaped, plain]) =>
      octal === undefined ? Buffer.from(escaped ?? plain ?? '') : Buffer.from([Number.parseInt(octal, 8)]),
    ),
  )
}
