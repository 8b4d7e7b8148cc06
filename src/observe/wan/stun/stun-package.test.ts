// The `stun` package as a second opinion on our own codec, and the reasons why it is no more than that (docs/adr/0007).
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attribute, encodeAnswer, errorCode, xorMappedAddress } from '../../../../test/fakes/wan/stun-answer.ts'
import { parseIpAddress } from '../../../model/address.ts'
import { decodeBindingReply, encodeBindingRequest } from './binding-message.ts'

interface StunPackage {
  createMessage(type: number, transactionId: Buffer): OutgoingMessage
  decode(packet: Buffer): IncomingMessage
  validateFingerprint(message: IncomingMessage): boolean
}

interface OutgoingMessage {
  addXorAddress(address: string, port: number): unknown
  addAddress(address: string, port: number): unknown
  addSoftware(name: string): unknown
  addFingerprint(): unknown
  toBuffer(): Buffer
}

interface IncomingMessage {
  readonly type: number
  readonly transactionId: Buffer
  readonly count: number
  getXorAddress(): { readonly address: string } | undefined
  getError(): { readonly code: number } | undefined
}

const stun = createRequire(import.meta.url)('stun') as StunPackage // It brings no types.
const id = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex')
const anyAddress = fc.oneof(fc.ipV4(), fc.ipV6()).filter((text) => !text.includes(':') || !text.includes('.'))
const anyId = fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => Buffer.from(bytes))

describe('the stun package and our codec', () => {
  it('agree on the request', () => {
    const read = stun.decode(encodeBindingRequest(id))
    expect(read).toMatchObject({ type: 0x0001, count: 0 })
    expect(read.transactionId.equals(id)).toBe(true)
  })

  it('agree on every answer it writes', () => {
    fc.assert(
      fc.property(anyAddress, anyId, fc.boolean(), (address, transactionId, sealed) => {
        const message = stun.createMessage(0x0101, transactionId)
        message.addAddress('192.0.2.99', 99)
        message.addXorAddress(address, 40_000)
        message.addSoftware('second opinion')
        if (sealed) message.addFingerprint()
        expect(decodeBindingReply(message.toBuffer(), transactionId)).toEqual({
          kind: 'address',
          address: parseIpAddress(address),
        })
      }),
      { numRuns: 300 },
    )
  })
})

describe('the stun package is no more than a second opinion, since it', () => {
  const v4 = xorMappedAddress(id, '192.0.2.1')

  it('throws on what is cut off', () => {
    expect(() => stun.decode(encodeAnswer(id, [v4]).subarray(0, 30))).toThrow()
  })

  it('throws the address away because of another attribute that nobody needs', () => {
    expect(() => stun.decode(encodeAnswer(id, [v4, attribute(0x802b, Buffer.alloc(2))]))).toThrow()
  })

  it('takes a right fingerprint for a wrong one beside an attribute it does not know', () => {
    const sealed = encodeAnswer(id, [attribute(0xc123, Buffer.from('odd')), v4], { fingerprint: 'right' })
    expect(stun.validateFingerprint(stun.decode(sealed))).toBe(false)
  })

  it('reads a wrong code from an error answer', () => {
    const answer = encodeAnswer(id, [errorCode(420, 'Unknown Attribute')], { type: 0x0111 })
    expect(stun.decode(answer).getError()?.code).toBe(480)
  })

  it('takes an address of the wrong length', () => {
    const long = attribute(0x0020, Buffer.concat([v4.subarray(4), Buffer.alloc(12)]))
    expect(stun.decode(encodeAnswer(id, [long])).getXorAddress()?.address).toBe('192.0.2.1')
    expect(decodeBindingReply(encodeAnswer(id, [long]), id).kind).toBe('malformed')
  })
})
