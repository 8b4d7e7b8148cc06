// STUN answers for responders, built byte by byte and independently of the code under test.
import { crc32 } from 'node:zlib'

export interface AnswerOptions {
  /** 0x0101 success, 0x0111 error. */
  readonly type?: number
  readonly cookie?: number
  /** Announced instead of the true length. */
  readonly length?: number
  readonly fingerprint?: 'right' | 'wrong'
}

const COOKIE = Buffer.from('2112a442', 'hex')

export function transactionIdOf(request: Uint8Array): Buffer {
  return Buffer.from(request.subarray(8, 20))
}

export function encodeAnswer(
  transactionId: Uint8Array,
  attributes: readonly Buffer[],
  options: AnswerOptions = {},
): Buffer {
  const body = Buffer.concat(attributes)
  const sealed = options.fingerprint !== undefined
  const header = Buffer.alloc(20)
  header.writeUInt16BE(options.type ?? 0x0101, 0)
  header.writeUInt16BE(options.length ?? body.length + (sealed ? 8 : 0), 2)
  header.writeUInt32BE(options.cookie ?? 0x2112a442, 4)
  header.set(transactionId, 8)
  const message = Buffer.concat([header, body])
  if (!sealed) return message
  const seal = Buffer.alloc(4)
  seal.writeUInt32BE((crc32(message) ^ 0x5354554e ^ (options.fingerprint === 'wrong' ? 1 : 0)) >>> 0)
  return Buffer.concat([message, attribute(0x8028, seal)])
}

export function attribute(type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4)
  bytes.writeUInt16BE(type, 0)
  bytes.writeUInt16BE(value.length, 2)
  bytes.set(value, 4)
  return bytes
}

export function mappedAddress(address: string, port = 40_000): Buffer {
  return attribute(0x0001, encodeAddress(address, port))
}

export function xorMappedAddress(transactionId: Uint8Array, address: string, port = 40_000, type = 0x0020): Buffer {
  const plain = encodeAddress(address, port)
  const mask = Buffer.concat([Buffer.of(0, 0), COOKIE.subarray(0, 2), COOKIE, transactionId])
  return attribute(
    type,
    plain.map((byte, index) => byte ^ (mask[index] ?? 0)),
  )
}

export function errorCode(code: number, phrase: string): Buffer {
  return attribute(0x0009, Buffer.concat([Buffer.of(0, 0, Math.floor(code / 100), code % 100), Buffer.from(phrase)]))
}

function encodeAddress(address: string, port: number): Buffer {
  const head = Buffer.of(0, address.includes(':') ? 2 : 1, port >> 8, port & 0xff)
  return Buffer.concat([head, addressBytes(address)])
}

/** 4 bytes or 16. */
export function addressBytes(address: string): Buffer {
  return address.includes(':') ? encodeV6(address) : Buffer.from(address.split('.').map(Number))
}

function encodeV6(address: string): Buffer {
  const [left = '', right] = address.split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const front = groups(left)
  const back = groups(right ?? '')
  const middle = Array.from({ length: 8 - front.length - back.length }, () => '0')
  return Buffer.from([...front, ...middle, ...back].map((group) => group.padStart(4, '0')).join(''), 'hex')
}
