import { createCipheriv } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openMarkText, parseEncryptionKey } from './txt-encryption.ts'

const key = parseEncryptionKey('passphrasewhichneedstobe32bytes!') ?? new Uint8Array()
const plain = 'heritage=external-dns,external-dns/owner=default'

function seal(text: string, nonce = Buffer.alloc(12, 7)): string {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([cipher.update(gzipSync(text)), cipher.final()])
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64')
}

describe('an encrypted mark', () => {
  it('opens with its key, quoted or not', () => {
    expect(openMarkText(seal(plain), key)).toBe(plain)
    expect(openMarkText(`"${seal(plain)}"`, key)).toBe(plain)
  })

  it.each([
    ['a plain one', plain],
    ['some other text', 'v=spf1 -all'],
    ['base64 that is too short', 'aGVsbG8='],
    ['base64 that is not ours', Buffer.alloc(80, 3).toString('base64')],
  ])('gives back %s as it is', (_what, text) => {
    expect(openMarkText(text, key)).toBe(text)
  })

  it('stays closed without the key, with another, and when it was tampered with', () => {
    const sealed = seal(plain)
    const tampered = `${sealed.slice(0, 30)}${sealed[30] === 'A' ? 'B' : 'A'}${sealed.slice(31)}`
    expect(openMarkText(sealed, undefined)).toBe(sealed)
    expect(openMarkText(sealed, new Uint8Array(32))).toBe(sealed)
    expect(openMarkText(tampered, key)).toBe(tampered)
  })

  it('never inflates a bomb', () => {
    const bomb = seal('x'.repeat(10_000_000))
    expect(openMarkText(bomb, key)).toBe(bomb)
  })

  it('takes its key as text or as base64', () => {
    expect(parseEncryptionKey(Buffer.from(key).toString('base64'))).toEqual(key)
    expect(parseEncryptionKey('too short')).toBeUndefined()
  })
})
