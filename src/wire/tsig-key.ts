// The keys of TSIG (RFC 8945): a secret that two parties share, and the name they call it by.
import { foldName, isEncodableName } from './name.ts'

/** The algorithms we use, and the length of their MACs in bytes. */
const MAC_LENGTHS = {
  'hmac-sha1': 20,
  'hmac-sha224': 28,
  'hmac-sha256': 32,
  'hmac-sha384': 48,
  'hmac-sha512': 64,
} as const

export type TsigAlgorithm = keyof typeof MAC_LENGTHS

export interface TsigKey {
  readonly name: string
  readonly algorithm: TsigAlgorithm
  readonly secret: Uint8Array
}

export function macLength(algorithm: TsigAlgorithm): number {
  return MAC_LENGTHS[algorithm]
}

/** As configurations write it: in any case, with or without a trailing dot. */
export function parseTsigAlgorithm(text: string): TsigAlgorithm | undefined {
  const name = text.toLowerCase().replace(/\.$/, '')
  return Object.hasOwn(MAC_LENGTHS, name) ? (name as TsigAlgorithm) : undefined
}

/** In lower case and without a trailing dot. Undefined for what no message can hold: it may be a secret in the wrong place. */
export function parseTsigName(text: string): string | undefined {
  const name = foldName(text.trim()).replace(/\.$/, '')
  return isEncodableName(name) ? name : undefined
}

/** Base64, strictly: a mistyped secret should be called that, and not show later as a bad signature. */
export function parseTsigSecret(base64: string): Uint8Array | undefined {
  const text = base64.trim()
  const secret = Buffer.from(text, 'base64')
  const same = unpadded(secret.toString('base64')) === unpadded(text)
  return secret.length > 0 && same ? new Uint8Array(secret) : undefined
}

function unpadded(base64: string): string {
  return base64.replace(/={1,2}$/, '')
}
