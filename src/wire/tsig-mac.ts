// The MAC of a TSIG signature, and what it covers besides the message (RFC 8945 §4.3).
import { createHmac, type Hmac } from 'node:crypto'
import { ByteWriter } from './byte-writer.ts'
import type { TsigData } from './message.ts'
import { foldName } from './name.ts'
import { dnsClasses, tsigErrors } from './numbers.ts'
import type { TsigKey } from './tsig-key.ts'

/** Begins with the MAC before, where there is one: a response covers its request's, and in a stream each covers its predecessor's. */
export function startMac(key: TsigKey, previousMac: Uint8Array | undefined): Hmac {
  const hmac = createHmac(key.algorithm.replace('hmac-', ''), key.secret)
  return previousMac === undefined ? hmac : hmac.update(written((writer) => writer.counted(16, previousMac)))
}

/** What a MAC covers after the message. */
export type Coverage = (key: TsigKey, tsig: TsigData) => Uint8Array

/** For a request, a response, and the first message of a stream. */
export const allVariables: Coverage = (key, tsig) => {
  return written((writer) => {
    writer.name(foldName(key.name))
    writer.u16(dnsClasses.toNumber('ANY'))
    writer.u32(0)
    writer.name(key.algorithm)
    writer.bytes(timersOnly(key, tsig))
    writer.u16(tsigErrors.toNumber(tsig.error))
    writer.counted(16, tsig.otherData)
  })
}

/** For the rest of a stream. */
export const timersOnly: Coverage = (_key, { timeSigned, fudge }) => {
  return written((writer) => {
    writer.u48(timeSigned)
    writer.u16(fudge)
  })
}

/** The 48 bits in which signatures hold a time. */
export function timeBytes(seconds: number): Uint8Array {
  return written((writer) => writer.u48(seconds))
}

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter()
  write(writer)
  return writer.finish()
}
