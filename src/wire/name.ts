// Names between presentation form and wire form. Presentation form has no trailing dot (the root is `.`) and keeps its case;
// what could be misread stands escaped: `\.`, `\\`, and `\DDD` in three decimal digits. An `Fqdn` is such a name as it stands.
import { UnencodableMessage } from './message-errors.ts'

export const LONGEST_NAME = 255
const LONGEST_LABEL = 63
const DOT = 0x2e
const BACKSLASH = 0x5c
const LABEL_END = -1

/** What zone files give a meaning to; escaped, a name can be pasted into one. */
const SPECIAL = '."\\();@$'

/** How each byte of a label is written. */
const BYTE_TEXTS: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  if (byte <= 0x20 || byte >= 0x7f) return `\\${String(byte).padStart(3, '0')}`
  return SPECIAL.includes(character) ? `\\${character}` : character
})

export function formatLabel(label: Uint8Array): string {
  let text = ''
  for (const byte of label) text += BYTE_TEXTS[byte]
  return text
}

/** The wire form, uncompressed. A trailing dot in the text makes no difference. */
export function nameToWire(text: string): Uint8Array {
  if (text === '.') return new Uint8Array(1)
  const refuse = (problem: string): never => {
    throw new UnencodableMessage(`the name ${JSON.stringify(text)} ${problem}`)
  }
  const wire = [0]
  let lengthAt = 0
  const endLabel = (): void => {
    const length = wire.length - lengthAt - 1
    if (length === 0) refuse('has an empty label')
    if (length > LONGEST_LABEL) refuse(`has a label of more than ${LONGEST_LABEL} bytes`)
    wire[lengthAt] = length
    lengthAt = wire.push(0) - 1
  }
  for (const code of parseCodes(text) ?? refuse('has a character that is neither printable ASCII nor escaped')) {
    if (code === LABEL_END) endLabel()
    else wire.push(code)
  }
  if (wire.length - 1 > lengthAt || lengthAt === 0) endLabel()
  return wire.length > LONGEST_NAME ? refuse(`is longer than ${LONGEST_NAME} bytes`) : Uint8Array.from(wire)
}

/** Whether the text has a wire form. */
export function isEncodableName(text: string): boolean {
  try {
    nameToWire(text)
    return true
  } catch (error) {
    if (error instanceof UnencodableMessage) return false
    throw error
  }
}

/** The bytes that the text means, with a sign where a dot ends a label. */
function parseCodes(text: string): readonly number[] | undefined {
  const codes: number[] = []
  for (let at = 0; at < text.length; at += 1) {
    let code = text.charCodeAt(at)
    if (code <= 0x20 || code >= 0x7f) return undefined
    if (code === DOT) code = LABEL_END
    if (code === BACKSLASH) {
      const escape = /^(?:\d{3}|[!-/:-~])/.exec(text.slice(at + 1, at + 4))?.[0]
      if (escape === undefined || Number(escape) > 255) return undefined
      code = escape.length === 3 ? Number(escape) : escape.charCodeAt(0)
      at += escape.length
    }
    codes.push(code)
  }
  return codes
}

/** Names are equal when their folded forms are: A to Z count as a to z, and nothing else does. */
export function foldName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** However the two are written: their case, escapes and trailing dots may differ. */
export function isSameName(a: string, b: string): boolean {
  return Buffer.compare(nameToWire(foldName(a)), nameToWire(foldName(b))) === 0
}

/** Whether `name` is the zone's apex or lies below it. Both are as decoding gives them. */
export function isNameWithin(name: string, zone: string): boolean {
  const folded = foldName(name)
  const apex = foldName(zone)
  if (folded === apex || zone === '.') return true
  if (!folded.endsWith(`.${apex}`)) return false
  // An escaped dot ends no label: `a\.example` is not below `example`.
  const backslashes = /\\*$/.exec(folded.slice(0, -apex.length - 1))?.[0].length ?? 0
  return backslashes % 2 === 0
}
