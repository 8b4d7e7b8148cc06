// Checks TSIG signatures (RFC 8945 §5): every way a check can end is a value.
import { timingSafeEqual, type Hmac } from 'node:crypto'
import type { ReceivedMessage } from './decode-message.ts'
import type { DnsRecord, TsigData } from './message.ts'
import { isSameName } from './name.ts'
import type { TsigError } from './numbers.ts'
import { macLength, type TsigKey } from './tsig-key.ts'
import { allVariables, startMac, timersOnly, type Coverage } from './tsig-mac.ts'

/** RFC 8945 §5.3.1: a stream may have this many unsigned messages between two signed ones. */
const MOST_UNSIGNED = 99

export type TsigVerdict =
  | { readonly kind: 'verified'; readonly key: TsigKey; readonly mac: Uint8Array }
  | { readonly kind: 'unsigned' }
  /** The signature is not where or what one can be; a server answers FORMERR. */
  | { readonly kind: 'malformed'; readonly problem: string }
  | TsigRejection
  /** The other side rejected our signature. Only BADTIME and BADTRUNC are signed by it. */
  | { readonly kind: 'refused'; readonly error: TsigError; readonly peerTime: number | undefined }

export type StreamVerdict = TsigVerdict | { readonly kind: 'deferred' }

/** We do not accept the signature. With BADTIME, `tsig.timeSigned` is the other side's time. */
export interface TsigRejection {
  readonly kind: 'rejected'
  readonly error: 'BADKEY' | 'BADSIG' | 'BADTIME' | 'BADTRUNC'
  readonly keyName: string
  readonly tsig: TsigData
  /** Undefined with BADKEY. */
  readonly key: TsigKey | undefined
}

export interface Verifying {
  /** Seconds since the epoch. */
  readonly time: number
  /** For an answer: the MAC of its request. */
  readonly requestMac?: Uint8Array
}

export function verifyMessage(
  received: ReceivedMessage,
  keys: readonly TsigKey[],
  { time, requestMac }: Verifying,
): TsigVerdict {
  const signature = locateSignature(received)
  if (signature.kind !== 'found') return signature
  const check = { coverage: allVariables, time, startMac: (key: TsigKey) => startMac(key, requestMac) }
  return judgeSignature(received, signature, keys, check)
}

/** Verifies the messages of a zone transfer, where each signature also covers the unsigned messages before it. */
export class TsigStreamVerifier {
  readonly #key: TsigKey
  #mac: Hmac
  #unsigned = 0
  #verified = 0
  #failure: StreamVerdict | undefined

  constructor(key: TsigKey, requestMac: Uint8Array) {
    this.#key = key
    this.#mac = startMac(key, requestMac)
  }

  /** Whether all messages so far are covered by a verified signature: only then may the stream end. */
  get settled(): boolean {
    return this.#failure === undefined && this.#verified > 0 && this.#unsigned === 0
  }

  /** Anything but `verified` and `deferred` (a later signature will cover the message) is the verdict on the rest as well. */
  accept(received: ReceivedMessage, time: number): StreamVerdict {
    if (this.#failure !== undefined) return this.#failure
    const verdict = this.#judge(received, time)
    if (verdict.kind !== 'verified' && verdict.kind !== 'deferred') this.#failure = verdict
    return verdict
  }

  #judge(received: ReceivedMessage, time: number): StreamVerdict {
    const signature = locateSignature(received)
    if (signature.kind === 'unsigned') return this.#defer(received)
    if (signature.kind === 'malformed') return signature
    const coverage = this.#verified === 0 ? allVariables : timersOnly
    const verdict = judgeSignature(received, signature, [this.#key], { coverage, time, startMac: () => this.#mac })
    if (verdict.kind === 'verified') {
      this.#mac = startMac(this.#key, verdict.mac)
      this.#unsigned = 0
      this.#verified += 1
    }
    return verdict
  }

  #defer({ bytes }: ReceivedMessage): StreamVerdict {
    if (this.#verified === 0 || this.#unsigned === MOST_UNSIGNED) return { kind: 'unsigned' }
    this.#mac.update(bytes)
    this.#unsigned += 1
    return { kind: 'deferred' }
  }
}

interface Signature {
  readonly kind: 'found'
  readonly keyName: string
  readonly tsig: TsigData
}

function locateSignature({
  message,
}: ReceivedMessage): Signature | Extract<TsigVerdict, { kind: 'unsigned' | 'malformed' }> {
  const records = [...message.answers, ...message.authorities, ...message.additionals]
  const first = records.findIndex(({ type }) => type === 'TSIG')
  const record = records[first]
  if (record === undefined) return { kind: 'unsigned' }
  const last = first === records.length - 1 && message.additionals.length > 0
  if (!last) return { kind: 'malformed', problem: 'a TSIG record is not the last of the message' }
  return readSignature(record)
}

function readSignature({
  name,
  class: dnsClass,
  ttl,
  data,
}: DnsRecord): Signature | Extract<TsigVerdict, { kind: 'malformed' }> {
  if (data.kind === 'TSIG' && dnsClass === 'ANY' && ttl === 0) return { kind: 'found', keyName: name, tsig: data }
  return { kind: 'malformed', problem: 'a TSIG record has a class other than ANY or a TTL' }
}

interface Check {
  readonly coverage: Coverage
  readonly time: number
  startMac(key: TsigKey): Hmac
}

/** In the order of RFC 8945 §5.2: the key, the MAC, the time, and last whether we accept a MAC as short as this. */
function judgeSignature(
  received: ReceivedMessage,
  { keyName, tsig }: Signature,
  keys: readonly TsigKey[],
  check: Check,
): TsigVerdict {
  const key = keys.find(
    (candidate) => isSameName(candidate.name, keyName) && isSameName(candidate.algorithm, tsig.algorithm),
  )
  const reject = (error: TsigRejection['error']): TsigRejection => ({ kind: 'rejected', error, keyName, tsig, key })
  const refused = received.message.response && tsig.error !== 'NOERROR'
  if (refused && tsig.mac.length === 0) return { kind: 'refused', error: tsig.error, peerTime: undefined }
  if (key === undefined) return reject('BADKEY')
  const full = macLength(key.algorithm)
  if (tsig.mac.length > full || tsig.mac.length < Math.max(10, full / 2)) {
    return { kind: 'malformed', problem: `a MAC of ${tsig.mac.length} bytes is none of ${key.algorithm}` }
  }
  const mac = check.startMac(key).update(signedBytes(received, tsig)).update(check.coverage(key, tsig)).digest()
  if (!timingSafeEqual(mac.subarray(0, tsig.mac.length), tsig.mac)) return reject('BADSIG')
  if (refused) return { kind: 'refused', error: tsig.error, peerTime: readPeerTime(tsig) }
  if (Math.abs(check.time - tsig.timeSigned) > tsig.fudge) return reject('BADTIME')
  return tsig.mac.length < full ? reject('BADTRUNC') : { kind: 'verified', key, mac: tsig.mac }
}

/** The message as it was before it was signed: without the TSIG record, under its original id. */
function signedBytes({ bytes, lastRecordAt }: ReceivedMessage, { originalId }: TsigData): Uint8Array {
  const unsigned = Uint8Array.from(bytes.subarray(0, lastRecordAt))
  const view = new DataView(unsigned.buffer)
  view.setUint16(0, originalId)
  view.setUint16(10, view.getUint16(10) - 1)
  return unsigned
}

function readPeerTime({ error, otherData }: TsigData): number | undefined {
  return error === 'BADTIME' && otherData.length === 6 ? Buffer.from(otherData).readUIntBE(0, 6) : undefined
}
