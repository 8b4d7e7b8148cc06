// Signs messages with TSIG (RFC 8945). Times are seconds since the epoch and come from the caller.
import { decodeHeader } from './decode-message.ts'
import { encodeRecord, LONGEST_MESSAGE } from './encode-message.ts'
import { UnencodableMessage } from './message-errors.ts'
import type { DnsRecord, TsigData } from './message.ts'
import { macLength, type TsigKey } from './tsig-key.ts'
import { allVariables, startMac, timeBytes, timersOnly, type Coverage } from './tsig-mac.ts'
import type { TsigRejection } from './tsig-verify.ts'

const FUDGE_SECONDS = 300
const NOTHING = new Uint8Array(0)

export interface SignedMessage {
  readonly bytes: Uint8Array
  /** The answer's signature covers it too. */
  readonly mac: Uint8Array
}

export interface Signing {
  readonly time: number
  /** For an answer: the MAC of the request. */
  readonly requestMac?: Uint8Array
}

export function signMessage(message: Uint8Array, key: TsigKey, { time, requestMac }: Signing): SignedMessage {
  return seal(message, key, unsignedTsig(message, key.algorithm, time), {
    previousMac: requestMac,
    covers: allVariables,
  })
}

/** How many bytes signing adds to a message. */
export function tsigLength(key: TsigKey): number {
  const mac = new Uint8Array(macLength(key.algorithm))
  return encodeRecord(tsigRecord(key.name, { ...unsignedTsig(new Uint8Array(12), key.algorithm, 0), mac })).length
}

/** Signs the messages of a zone transfer, each of which covers the one before. */
export class TsigStreamSigner {
  readonly #key: TsigKey
  #previousMac: Uint8Array
  #covers = allVariables

  constructor(key: TsigKey, requestMac: Uint8Array) {
    this.#key = key
    this.#previousMac = requestMac
  }

  sign(message: Uint8Array, time: number): Uint8Array {
    const tsig = unsignedTsig(message, this.#key.algorithm, time)
    const signed = seal(message, this.#key, tsig, { previousMac: this.#previousMac, covers: this.#covers })
    this.#previousMac = signed.mac
    this.#covers = timersOnly
    return signed.bytes
  }
}

/**
 * Adds to an answer why its request's signature was rejected. Only who holds the key learns more than that: BADTIME and BADTRUNC are
 * signed, and BADTIME carries our time.
 */
export function answerRejection(message: Uint8Array, rejection: TsigRejection, time: number): Uint8Array {
  const { error, keyName, tsig, key } = rejection
  const otherData = error === 'BADTIME' ? timeBytes(time) : NOTHING
  const answer = { ...unsignedTsig(message, tsig.algorithm, tsig.timeSigned), error, otherData }
  if (key === undefined || error === 'BADSIG') return appendTsig(message, keyName, answer)
  return seal(message, key, answer, { previousMac: tsig.mac, covers: allVariables }).bytes
}

interface Covering {
  readonly previousMac: Uint8Array | undefined
  readonly covers: Coverage
}

function seal(message: Uint8Array, key: TsigKey, tsig: TsigData, { previousMac, covers }: Covering): SignedMessage {
  const mac = startMac(key, previousMac).update(message).update(covers(key, tsig)).digest()
  return { bytes: appendTsig(message, key.name, { ...tsig, mac }), mac }
}

function unsignedTsig(message: Uint8Array, algorithm: string, timeSigned: number): TsigData {
  const originalId = decodeHeader(message).id
  return {
    ...{ kind: 'TSIG', algorithm, timeSigned, fudge: FUDGE_SECONDS },
    ...{ mac: NOTHING, originalId, error: 'NOERROR', otherData: NOTHING },
  }
}

function tsigRecord(name: string, data: TsigData): DnsRecord {
  return { name, type: 'TSIG', class: 'ANY', ttl: 0, data }
}

function appendTsig(message: Uint8Array, keyName: string, data: TsigData): Uint8Array {
  const record = encodeRecord(tsigRecord(keyName, data))
  const length = message.length + record.length
  if (length > LONGEST_MESSAGE) throw new UnencodableMessage(`with its signature it has ${length} bytes; split it`)
  const bytes = new Uint8Array(length)
  bytes.set(message)
  bytes.set(record, message.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(10, view.getUint16(10) + 1)
  return bytes
}
