// A message to bytes, whole or within a size.
import { ByteWriter } from './byte-writer.ts'
import { writeData } from './encode-data.ts'
import type { DnsRecord, Message, Question } from './message.ts'
import { UnencodableMessage } from './message-errors.ts'
import { foldName } from './name.ts'
import { describeType, dnsClasses, dnsTypes, opcodes, rcodes } from './numbers.ts'

/** What a message over TCP may take; the length before it has 16 bits. */
export const LONGEST_MESSAGE = 65_535

export function encodeMessage(message: Message): Uint8Array {
  const writer = new ByteWriter()
  writeHeader(writer, message)
  for (const question of message.questions) writeQuestion(writer, question)
  for (const record of recordsOf(message)) writeRecord(writer, record)
  if (writer.length <= LONGEST_MESSAGE) return writer.finish()
  throw new UnencodableMessage(`${writer.length} bytes are more than the ${LONGEST_MESSAGE} of a message; split it`)
}

/**
 * As much of a response as fits, in whole record sets: a part of a set would pass for all of it. Answers or authorities that had
 * to go are marked by `truncated`, additional ones go silently; questions, OPT and TSIG always stay.
 */
export function encodeWithin(message: Message, limit: number): Uint8Array {
  const kept = message.additionals.filter(isAboutTheMessage)
  const room = limit - kept.reduce((sum, record) => sum + encodeRecord(record).length, 0)
  const writer = new ByteWriter()
  writeHeader(writer, message)
  for (const question of message.questions) writeQuestion(writer, question)
  const answers = writeSets(writer, message.answers, room)
  const allAnswers = answers === message.answers.length
  const authorities = allAnswers ? writeSets(writer, message.authorities, room) : 0
  const truncated = !allAnswers || authorities < message.authorities.length
  const optional = message.additionals.filter((record) => !isAboutTheMessage(record))
  const additionals = truncated ? 0 : writeSets(writer, optional, room)
  for (const record of kept) writeRecord(writer, record)
  if (truncated) writer.patch16(2, flagBits({ ...message, truncated }))
  for (const [index, count] of [answers, authorities, additionals + kept.length].entries()) {
    writer.patch16(6 + 2 * index, count)
  }
  return writer.finish()
}

/** One record by itself, uncompressed: never longer in a message than here. */
export function encodeRecord(record: DnsRecord): Uint8Array {
  const writer = new ByteWriter()
  writeRecord(writer, record)
  return writer.finish()
}

function recordsOf(message: Message): readonly DnsRecord[] {
  return [...message.answers, ...message.authorities, ...message.additionals]
}

function isAboutTheMessage({ type }: DnsRecord): boolean {
  return type === 'OPT' || type === 'TSIG'
}

/** Writes sets, the neighbouring records of one name, type and class, until one does not fit, and says how many records they are. */
function writeSets(writer: ByteWriter, records: readonly DnsRecord[], room: number): number {
  let setAt = 0
  let mark = writer.length
  for (const [at, record] of records.entries()) {
    if (!isOfOneSet(record, records[setAt] ?? record)) {
      setAt = at
      mark = writer.length
    }
    writeRecord(writer, record)
    // Of a set of thousands no more is written than it takes to see that it does not fit.
    if (writer.length > room) {
      writer.rollBack(mark)
      return setAt
    }
  }
  return records.length
}

function isOfOneSet(a: DnsRecord, b: DnsRecord): boolean {
  const isOfOneName = a.name === b.name || foldName(a.name) === foldName(b.name)
  return isOfOneName && a.type === b.type && a.class === b.class
}

function writeHeader(writer: ByteWriter, message: Message): void {
  writer.u16(message.id)
  writer.u16(flagBits(message))
  for (const section of [message.questions, message.answers, message.authorities, message.additionals]) {
    writer.u16(section.length)
  }
}

function flagBits(message: Message): number {
  const flag = (set: boolean, bit: number): number => (set ? bit : 0)
  return (
    flag(message.response, 0x8000) +
    (opcodes.toNumber(message.opcode) << 11) +
    flag(message.authoritative, 0x0400) +
    flag(message.truncated, 0x0200) +
    flag(message.recursionDesired, 0x0100) +
    flag(message.recursionAvailable, 0x0080) +
    flag(message.authenticData, 0x0020) +
    flag(message.checkingDisabled, 0x0010) +
    rcodes.toNumber(message.rcode)
  )
}

function writeQuestion(writer: ByteWriter, question: Question): void {
  writer.compressedName(question.name)
  writer.u16(dnsTypes.toNumber(question.type))
  writer.u16(dnsClasses.toNumber(question.class))
}

function writeRecord(writer: ByteWriter, record: DnsRecord): void {
  const { data, type } = record
  if (data.kind !== 'opaque' && data.kind !== type) {
    throw new UnencodableMessage(`${describeType(type)} ${record.name} holds data of type ${data.kind}`)
  }
  // The key's name is covered by the signature as it stands, and class NONE is compared byte by byte by some servers.
  if (type === 'TSIG') writer.name(record.name)
  else writer.compressedName(record.name)
  writer.u16(dnsTypes.toNumber(type))
  writer.u16(dnsClasses.toNumber(record.class))
  writer.u32(record.ttl)
  const writeName = (name: string): void => (record.class === 'IN' ? writer.compressedName(name) : writer.name(name))
  writer.section(() => writeData(writer, data, writeName))
}
