import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  attribute,
  encodeAnswer,
  errorCode,
  mappedAddress,
  xorMappedAddress,
} from '../../../../test/fakes/wan/stun-answer.ts'
import { mutatePacket } from '../../../../test/fakes/wan/mutate-packet.ts'
import { createSeededRandom } from '../../../../test/support/seeded-random.ts'
import { parseIpAddress } from '../../../model/address.ts'
import { announcedLength, decodeBindingReply, encodeBindingRequest, MAX_MESSAGE_BYTES } from './binding-message.ts'

const id = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex')
const V4 = xorMappedAddress(id, '192.0.2.1', 32853)
const V6 = xorMappedAddress(id, '2001:db8:1234:5678:11:2233:4455:6677', 32853)

describe('a Binding request', () => {
  it('is the bare header with the cookie and the transaction id', () => {
    expect(encodeBindingRequest(id).toString('hex')).toBe('000100002112a442b7e7a701bc34d686fa87dfae')
  })
})

describe('the test vectors of RFC 5769', () => {
  const v4 =
    '0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643' +
    '000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96'
  const v6 =
    '010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179' +
    'bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c'

  it.each([
    ['IPv4', v4, '192.0.2.1'],
    ['IPv6', v6, '2001:db8:1234:5678:11:2233:4455:6677'],
  ])('read as they should for %s, with integrity, software and fingerprint', (_family, hex, address) => {
    expect(decodeBindingReply(Buffer.from(hex, 'hex'), id)).toEqual({ kind: 'address', address })
  })
})

describe('an answer', () => {
  const other = randomBytes(12)
  const malformed = (problem: string): object => ({ kind: 'malformed', problem })
  const is = (address: string): object => ({ kind: 'address', address })
  const unrelated = { kind: 'unrelated' }

  it.each<[string, Buffer, object]>([
    ['with a masked IPv4 address gives it', encodeAnswer(id, [V4]), is('192.0.2.1')],
    ['with a masked IPv6 address gives it', encodeAnswer(id, [V6]), is('2001:db8:1234:5678:11:2233:4455:6677')],
    ['of an old server with the plain form gives it', encodeAnswer(id, [mappedAddress('192.0.2.7')]), is('192.0.2.7')],
    ['with both forms gives the masked one', encodeAnswer(id, [mappedAddress('10.0.0.1'), V4]), is('192.0.2.1')],
    [
      'with the same form twice gives the first',
      encodeAnswer(id, [V4, xorMappedAddress(id, '192.0.2.9')]),
      is('192.0.2.1'),
    ],
    ['with a right fingerprint counts', encodeAnswer(id, [V4], { fingerprint: 'right' }), is('192.0.2.1')],
    [
      'with a right fingerprint and an unknown optional attribute counts',
      encodeAnswer(id, [attribute(0xc123, Buffer.from('odd')), V4], { fingerprint: 'right' }),
      is('192.0.2.1'),
    ],
    [
      'with the old source and changed addresses counts',
      encodeAnswer(id, [attribute(0x0004, Buffer.alloc(8)), attribute(0x0005, Buffer.alloc(8)), V4]),
      is('192.0.2.1'),
    ],
    [
      'with port 0 counts, since only the address matters',
      encodeAnswer(id, [mappedAddress('192.0.2.7', 0)]),
      is('192.0.2.7'),
    ],
    [
      'with a wrong fingerprint is malformed',
      encodeAnswer(id, [V4], { fingerprint: 'wrong' }),
      malformed('its fingerprint is wrong'),
    ],
    [
      'with something behind its fingerprint is malformed',
      encodeAnswer(id, [attribute(0x8028, Buffer.alloc(4)), V4]),
      malformed('its fingerprint is not at its end'),
    ],
    [
      'with an unknown required attribute is malformed',
      encodeAnswer(id, [attribute(0x7777, Buffer.alloc(0)), V4]),
      malformed('it has the unknown required attribute 0x7777'),
    ],
    ['without attributes is malformed', encodeAnswer(id, []), malformed('it has no address')],
    [
      'with an IPv4 address of 16 bytes is malformed',
      encodeAnswer(id, [attribute(0x0020, Buffer.concat([Buffer.of(0, 1), Buffer.alloc(18)]))]),
      malformed('its address is neither IPv4 nor IPv6'),
    ],
    [
      'with an IPv6 address of 4 bytes is malformed',
      encodeAnswer(id, [attribute(0x0020, Buffer.of(0, 2, 0, 0, 1, 2, 3, 4))]),
      malformed('its address is neither IPv4 nor IPv6'),
    ],
    [
      'with an address of an unknown family is malformed',
      encodeAnswer(id, [attribute(0x0020, Buffer.of(0, 3, 0, 0, 1, 2, 3, 4))]),
      malformed('its address is neither IPv4 nor IPv6'),
    ],
    [
      'with an empty address is malformed',
      encodeAnswer(id, [attribute(0x0020, Buffer.alloc(0))]),
      malformed('its address is neither IPv4 nor IPv6'),
    ],
    [
      'that announces less than it holds is malformed',
      encodeAnswer(id, [V4], { length: 0 }),
      malformed('its length is not the one it announces'),
    ],
    [
      'that announces more than it holds is malformed',
      encodeAnswer(id, [V4], { length: 400 }),
      malformed('its length is not the one it announces'),
    ],
    [
      'whose last attribute is cut off is malformed',
      encodeAnswer(id, [V4.subarray(0, 8)]),
      malformed('an attribute is cut off'),
    ],
    [
      'with half an attribute header is malformed',
      Buffer.concat([encodeAnswer(id, [V4], { length: V4.length + 2 }), Buffer.alloc(2)]),
      malformed('its length is not the one it announces'),
    ],
    [
      'that is too long is malformed',
      encodeAnswer(id, [V4, attribute(0x8022, Buffer.alloc(MAX_MESSAGE_BYTES))]),
      malformed('it is too long'),
    ],
    [
      'of the error type gives code and phrase',
      encodeAnswer(id, [errorCode(420, 'Unknown Attribute')], { type: 0x0111 }),
      { kind: 'error', code: 420, phrase: 'Unknown Attribute' },
    ],
    [
      'of the error type gives a harmless phrase',
      encodeAnswer(id, [errorCode(300, 'Try\u001b[31m\nred')], { type: 0x0111 }),
      { kind: 'error', code: 300, phrase: 'Try[31mred' },
    ],
    [
      'of the error type is never an address',
      encodeAnswer(id, [errorCode(500, ''), V4], { type: 0x0111 }),
      { kind: 'error', code: 500, phrase: '' },
    ],
    [
      'of the error type without a code is malformed',
      encodeAnswer(id, [V4], { type: 0x0111 }),
      malformed('it is an error without a code'),
    ],
    ['to another request is unrelated', encodeAnswer(other, [xorMappedAddress(other, '192.0.2.1')]), unrelated],
    ['with another cookie is unrelated', encodeAnswer(id, [V4], { cookie: 0x2112a443 }), unrelated],
    ['of another method is unrelated', encodeAnswer(id, [V4], { type: 0x0103 }), unrelated],
    ['that is our own request come back is unrelated', encodeBindingRequest(id), unrelated],
    ['that is cut within the header is unrelated', encodeAnswer(id, [V4]).subarray(0, 19), unrelated],
    ['that is empty is unrelated', Buffer.alloc(0), unrelated],
  ])('%s', (_what, packet, expected) => {
    expect(decodeBindingReply(packet, id)).toEqual(expected)
  })

  it('gives back any address that was put in', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.uint8Array({ minLength: 12, maxLength: 12 }), (address, anyId) => {
        const packet = encodeAnswer(anyId, [xorMappedAddress(anyId, expandDotted(address))])
        expect(decodeBindingReply(packet, anyId)).toEqual({ kind: 'address', address: parseIpAddress(address) })
      }),
      { numRuns: 500 },
    )
  })
})

describe('the length of a message in a stream', () => {
  it.each([
    ['is unknown before the header is there', Buffer.alloc(19), undefined],
    ['is the header and what it announces', encodeAnswer(id, [V4]), 32],
    ['is unknown for bytes that are no STUN message', Buffer.from('HTTP/1.1 400 Bad Request\r\n'), undefined],
    ['is unknown when it is no multiple of four', encodeAnswer(id, [V4], { length: 5 }), undefined],
  ])('%s', (_what, bytes, expected) => {
    expect(announcedLength(bytes)).toBe(expected)
  })
})

describe('a storm of 150,000 mutated packets', () => {
  it('never throws, and never gives an address but the one whose bytes are really there', () => {
    const genuine = [
      encodeAnswer(id, [V4], { fingerprint: 'right' }),
      encodeAnswer(id, [mappedAddress('192.0.2.1'), V4, attribute(0x8022, Buffer.from('server 1.0'))]),
      encodeAnswer(id, [V6]),
      encodeAnswer(id, [errorCode(420, 'Unknown Attribute')], { type: 0x0111 }),
    ]
    const random = createSeededRandom(20_260_101)
    const seen = { address: 0, error: 0, unrelated: 0, malformed: 0 }
    for (let round = 0; round < 150_000; round += 1) {
      const packet = mutatePacket(genuine[round % genuine.length] ?? Buffer.alloc(0), random)
      const reply = decodeBindingReply(packet, id)
      seen[reply.kind] += 1
      if (reply.kind === 'address') expect(isContained(reply.address, packet)).toBe(true)
    }
    expect(seen.address).toBeGreaterThan(1000)
    expect(seen.unrelated).toBeGreaterThan(1000)
    expect(seen.malformed).toBeGreaterThan(1000)
  })

  it('is not fooled by any change of what a fingerprint covers', () => {
    const sealed = encodeAnswer(id, [V4], { fingerprint: 'right' })
    const random = createSeededRandom(7)
    for (let round = 0; round < 20_000; round += 1) {
      const packet = Buffer.from(sealed)
      for (let flips = Math.floor(random() * 4); flips >= 0; flips -= 1) {
        packet[Math.floor(random() * 32)] = Math.floor(random() * 256)
      }
      if (!packet.equals(sealed)) expect(decodeBindingReply(packet, id).kind).not.toBe('address')
    }
  })
})

/** fast-check writes some IPv6 addresses with a dotted tail. */
function expandDotted(address: string): string {
  const tail = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  if (tail === null || !address.includes(':')) return address
  const [a = 0, b = 0, c = 0, d = 0] = tail.slice(1).map(Number)
  return address.slice(0, tail.index) + [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16)).join(':')
}

/** Looks for the address itself, plain or masked, anywhere among the attributes. */
function isContained(address: string, packet: Buffer): boolean {
  const body = packet.subarray(20)
  const forms = [xorMappedAddress(id, address), mappedAddress(address)].map((bytes) => bytes.subarray(8))
  return forms.some((form) => body.includes(form))
}
