// The encrypted form of external-dns's ownership TXT: base64 of nonce, AES-256-GCM ciphertext of the gzipped text, and tag. Stoa
// reads it, so that what is marked this way is seen as owned, and writes marks in the clear.
import { createDecipheriv } from 'node:crypto'
import { gunzipSync } from 'node:zlib'

const NONCE_BYTES = 12
const TAG_BYTES = 16
const MOST_TEXT_BYTES = 64 * 1024

/** The key as external-dns takes it: 32 characters, or base64 of 32 bytes. */
export function parseEncryptionKey(text: string): Uint8Array | undefined {
  const plain = Buffer.from(text)
  if (plain.length === 32) return new Uint8Array(plain)
  const decoded = Buffer.from(text, 'base64')
  return decoded.length === 32 ? new Uint8Array(decoded) : undefined
}

/** Gives back whatever is not encrypted, or not with this key. */
export function openMarkText(text: string, key: Uint8Array | undefined): string {
  const sealed = text.replace(/^"+|"+$/g, '')
  if (key === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(sealed)) return text
  const bytes = Buffer.from(sealed, 'base64')
  if (bytes.length <= NONCE_BYTES + TAG_BYTES) return text
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    const zipped = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
    return gunzipSync(zipped, { maxOutputLength: MOST_TEXT_BYTES }).toString('utf8')
  } catch {
    return text
  }
}
