// Bytes of a manifest to text, refusing what kubectl refuses: broken encodings and characters that YAML does not allow.
import { LineIndex, type Position } from './position.ts'

export type DecodedText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'invalid'; readonly position: Position; readonly message: string }

// YAML 1.1 takes the last three of these for line breaks: in a comment they would hide the text that follows.
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]|[\u0085\u2028\u2029]/

/** Line breaks come out as `\n`; a byte order mark is taken off. UTF-16 is read only behind its mark, as kubectl does. */
export function decodeText(bytes: Uint8Array): DecodedText {
  const encoding = encodingOf(bytes)
  let text: string
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return describeInvalidBytes(bytes, encoding)
  }
  if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n')
  const forbidden = FORBIDDEN.exec(text)
  return forbidden === null ? { kind: 'text', text } : describeForbidden(text, forbidden.index)
}

function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
}

function describeForbidden(text: string, offset: number): DecodedText {
  const code = text.charCodeAt(offset).toString(16).toUpperCase().padStart(4, '0')
  const message = `the character U+${code} is not allowed in YAML: remove it, or write it as an escape in a quoted string`
  return { kind: 'invalid', position: new LineIndex(text).positionOf(offset), message }
}

function describeInvalidBytes(bytes: Uint8Array, encoding: string): DecodedText {
  if (encoding !== 'utf-8') {
    return { kind: 'invalid', position: { line: 1, column: 1 }, message: 'broken UTF-16: save the file as UTF-8' }
  }
  const offset = firstInvalidByte(bytes)
  const before = new TextDecoder().decode(bytes.subarray(0, offset)).replace(/\r\n?/g, '\n')
  const message = `byte ${offset + 1} is not valid UTF-8: save the file as UTF-8`
  return { kind: 'invalid', position: new LineIndex(before).positionOf(before.length), message }
}

/** Where the first broken sequence begins. Only ever called for bytes that hold one. */
function firstInvalidByte(bytes: Uint8Array): number {
  let valid = 0
  // Halving: the longest prefix that decodes as a stream ends inside the broken sequence.
  for (let step = 2 ** Math.ceil(Math.log2(bytes.length + 1)); step >= 1; step /= 2) {
    if (valid + step <= bytes.length && isUtf8Prefix(bytes.subarray(0, valid + step))) valid += step
  }
  while (valid > 0 && !isWholeUtf8(bytes.subarray(0, valid))) valid -= 1
  return valid
}

function isUtf8Prefix(bytes: Uint8Array): boolean {
  return decodes(bytes, true)
}

function isWholeUtf8(bytes: Uint8Array): boolean {
  return decodes(bytes, false)
}

function decodes(bytes: Uint8Array, stream: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream })
    return true
  } catch {
    return false
  }
}
