// STUN Binding messages (RFC 8489) as bytes: the request we send, and a strict reading of whatever comes back.
import { crc32 } from 'node:zlib'
import { parseIpAddress, type IpAddress } from '../../../model/address.ts'

export const HEADER_BYTES = 20
export const TRANSACTION_ID_BYTES = 12
/** A Binding answer takes some 100 bytes; whatever is this long is none. */
export const MAX_MESSAGE_BYTES = 2048

const MAGIC_COOKIE = 0x2112a442
const FINGERPRINT_XOR = 0x5354554e

const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const BINDING_ERROR = 0x0111

const MAPPED_ADDRESS = 0x0001
const ERROR_CODE = 0x0009
const XOR_MAPPED_ADDRESS = 0x0020
const FINGERPRINT = 0x8028

/** Below this a reader must understand an attribute or discard the message. */
const FIRST_OPTIONAL = 0x8000

/**
 * What must be understood and has nothing to say here: attributes of RFC 3489 that old servers still send, and those about credentials, which a
 * client without any ignores.
 */
const IRRELEVANT_REQUIRED: ReadonlySet<number> = new Set([
  ...[0x0002, 0x0003, 0x0004, 0x0005, 0x0006, 0x0007, 0x0008, 0x000a, 0x000b],
  ...[0x0014, 0x0015, 0x001c, 0x001d, 0x001e],
])

export type BindingReply =
  | { readonly kind: 'address'; readonly address: IpAddress }
  | { readonly kind: 'error'; readonly code: number; readonly phrase: string }
  /** Not an answer to this request: someone else's, a late one, or noise. */
  | { readonly kind: 'unrelated' }
  | { readonly kind: 'malformed'; readonly problem: string }

interface Attribute {
  readonly type: number
  readonly value: Buffer
  /** Where the attribute begins in the message. */
  readonly offset: number
}

export function encodeBindingRequest(transactionId: Uint8Array): Buffer {
  const message = Buffer.alloc(HEADER_BYTES)
  message.writeUInt16BE(BINDING_REQUEST, 0)
  message.writeUInt32BE(MAGIC_COOKIE, 4)
  message.set(transactionId, HEADER_BYTES - TRANSACTION_ID_BYTES)
  return message
}

/** The length that a header announces for its whole message, for reading a stream; undefined when it is no STUN header. */
export function announcedLength(header: Buffer): number | undefined {
  if (header.length < HEADER_BYTES) return undefined
  const bodyBytes = header.readUInt16BE(2)
  const plausible = header.readUInt16BE(0) < 0x4000 && header.readUInt32BE(4) === MAGIC_COOKIE && bodyBytes % 4 === 0
  return plausible ? HEADER_BYTES + bodyBytes : undefined
}

/** Never throws, whatever the bytes: `packet` is one datagram, or one message cut out of a stream. */
export function decodeBindingReply(packet: Buffer, transactionId: Uint8Array): BindingReply {
  if (!isAbout(packet, transactionId)) return { kind: 'unrelated' }
  if (packet.length > MAX_MESSAGE_BYTES) return malformed('it is too long')
  if (announcedLength(packet) !== packet.length) return malformed('its length is not the one it announces')
  const attributes = readAttributes(packet)
  if (attributes === undefined) return malformed('an attribute is cut off')
  const problem = findProblem(packet, attributes)
  if (problem !== undefined) return malformed(problem)
  return packet.readUInt16BE(0) === BINDING_ERROR ? readError(attributes) : readAddress(attributes, packet)
}

function malformed(problem: string): BindingReply {
  return { kind: 'malformed', problem }
}

/** The magic cookie and the 96 random bits are all that tells an answer from a forgery. */
function isAbout(packet: Buffer, transactionId: Uint8Array): boolean {
  if (packet.length < HEADER_BYTES) return false
  const type = packet.readUInt16BE(0)
  if (type !== BINDING_SUCCESS && type !== BINDING_ERROR) return false
  if (packet.readUInt32BE(4) !== MAGIC_COOKIE) return false
  return packet.subarray(HEADER_BYTES - TRANSACTION_ID_BYTES, HEADER_BYTES).equals(transactionId)
}

function readAttributes(packet: Buffer): readonly Attribute[] | undefined {
  const attributes: Attribute[] = []
  let offset = HEADER_BYTES
  while (offset < packet.length) {
    if (offset + 4 > packet.length) return undefined
    const start = offset + 4
    const end = start + packet.readUInt16BE(offset + 2)
    const padded = start + Math.ceil((end - start) / 4) * 4
    if (padded > packet.length) return undefined
    attributes.push({ type: packet.readUInt16BE(offset), value: packet.subarray(start, end), offset })
    offset = padded
  }
  return attributes
}

function findProblem(packet: Buffer, attributes: readonly Attribute[]): string | undefined {
  const unknown = attributes.find(({ type }) => type < FIRST_OPTIONAL && !isUnderstood(type))
  if (unknown !== undefined)
    return `it has the unknown required attribute 0x${unknown.type.toString(16).padStart(4, '0')}`
  const fingerprint = attributes.find(({ type }) => type === FINGERPRINT)
  if (fingerprint === undefined) return undefined
  if (fingerprint !== attributes.at(-1) || fingerprint.value.length !== 4) return 'its fingerprint is not at its end'
  const expected = (crc32(packet.subarray(0, fingerprint.offset)) ^ FINGERPRINT_XOR) >>> 0
  return fingerprint.value.readUInt32BE(0) === expected ? undefined : 'its fingerprint is wrong'
}

function isUnderstood(type: number): boolean {
  return type === MAPPED_ADDRESS || type === XOR_MAPPED_ADDRESS || type === ERROR_CODE || IRRELEVANT_REQUIRED.has(type)
}

function readError(attributes: readonly Attribute[]): BindingReply {
  const value = attributes.find(({ type }) => type === ERROR_CODE)?.value
  if (value === undefined || value.length < 4) return malformed('it is an error without a code')
  const code = (value.readUInt8(2) & 0x07) * 100 + value.readUInt8(3)
  // The phrase comes from a stranger and ends up in messages.
  const phrase = value
    .subarray(4, 132)
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, '')
    .trim()
  return { kind: 'error', code, phrase }
}

/** The first of several equal attributes counts. The plain form is only for servers too old for the other: routers are known to rewrite it. */
function readAddress(attributes: readonly Attribute[], packet: Buffer): BindingReply {
  const xored = attributes.find(({ type }) => type === XOR_MAPPED_ADDRESS)
  const chosen = xored ?? attributes.find(({ type }) => type === MAPPED_ADDRESS)
  if (chosen === undefined) return malformed('it has no address')
  // IPv4 is masked with the cookie, IPv6 with the cookie and the transaction id: bytes 4 to 19 of the header.
  const mask = xored === undefined ? Buffer.alloc(16) : packet.subarray(4, HEADER_BYTES)
  const address = readMaskedAddress(chosen.value, mask)
  return address === undefined ? malformed('its address is neither IPv4 nor IPv6') : { kind: 'address', address }
}

function readMaskedAddress(value: Buffer, mask: Buffer): IpAddress | undefined {
  const family = value[1]
  const bytes = value.subarray(4).map((byte, index) => byte ^ (mask[index] ?? 0))
  if (family === 1 && value.length === 8) return parseIpAddress(bytes.join('.'))
  if (family !== 2 || value.length !== 20) return undefined
  const groups = Array.from({ length: 8 }, (_, index) =>
    Buffer.from(bytes)
      .readUInt16BE(index * 2)
      .toString(16),
  )
  return parseIpAddress(groups.join(':'))
}
