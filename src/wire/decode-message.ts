// A message from bytes. Every read is checked; the only error is `MalformedMessage`.
import { ByteReader } from './byte-reader.ts'
import { readData } from './decode-data.ts'
import type { DnsRecord, Header, Message, Question } from './message.ts'
import { dnsClasses, dnsTypes, opcodes, rcodes } from './numbers.ts'

/** The header alone: enough to answer a message whose rest is malformed. */
export function decodeHeader(bytes: Uint8Array): Header {
  return readHeader(new ByteReader(bytes))
}

/** How many questions the header promises. */
export function countQuestions(bytes: Uint8Array): number {
  const reader = new ByteReader(bytes)
  readHeader(reader)
  return reader.u16()
}

export function decodeMessage(bytes: Uint8Array): Message {
  return receiveMessage(bytes).message
}

/** A message with the bytes it came as, for those who check its signature. */
export interface ReceivedMessage {
  readonly message: Message
  readonly bytes: Uint8Array
  /** Where the last record begins: a signature covers the bytes before its own record. */
  readonly lastRecordAt: number
}

export function receiveMessage(bytes: Uint8Array): ReceivedMessage {
  const reader = new ByteReader(bytes)
  const header = readHeader(reader)
  const counts = [reader.u16(), reader.u16(), reader.u16(), reader.u16()] as const
  let lastRecordAt = reader.at
  const readOne = (): DnsRecord => {
    lastRecordAt = reader.at
    return readRecord(reader)
  }
  const message = {
    ...header,
    questions: readMany(counts[0], () => readQuestion(reader)),
    answers: readMany(counts[1], readOne),
    authorities: readMany(counts[2], readOne),
    additionals: readMany(counts[3], readOne),
  }
  if (reader.left > 0) reader.fail('bytes after the last record')
  return { message, bytes, lastRecordAt }
}

function readHeader(reader: ByteReader): Header {
  const id = reader.u16()
  const bits = reader.u16()
  return {
    id,
    response: (bits & 0x8000) !== 0,
    opcode: opcodes.toCode((bits >> 11) & 0xf),
    authoritative: (bits & 0x0400) !== 0,
    truncated: (bits & 0x0200) !== 0,
    recursionDesired: (bits & 0x0100) !== 0,
    recursionAvailable: (bits & 0x0080) !== 0,
    authenticData: (bits & 0x0020) !== 0,
    checkingDisabled: (bits & 0x0010) !== 0,
    rcode: rcodes.toCode(bits & 0xf),
  }
}

/** A count that promises more than the bytes hold fails at their end, so nothing is set aside for it. */
function readMany<Item>(count: number, readOne: () => Item): readonly Item[] {
  const items: Item[] = []
  while (items.length < count) items.push(readOne())
  return items
}

function readQuestion(reader: ByteReader): Question {
  return { name: reader.name(), type: dnsTypes.toCode(reader.u16()), class: dnsClasses.toCode(reader.u16()) }
}

function readRecord(reader: ByteReader): DnsRecord {
  const head = { ...readQuestion(reader), ttl: reader.u32() }
  const data = readData(reader, { type: head.type, class: head.class, length: reader.u16() })
  return { ...head, data }
}
