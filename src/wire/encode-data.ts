// The data of a record, to bytes.
import type {
  AddressData,
  CaaData,
  MxData,
  OptData,
  RecordData,
  SoaData,
  SrvData,
  TargetData,
  TextData,
  TsigData,
} from './message.ts'
import { UnencodableMessage } from './message-errors.ts'
import { tsigErrors } from './numbers.ts'
import type { ByteWriter } from './byte-writer.ts'

/** Writes a name within data, compressed or not. */
export type WriteName = (name: string) => void

export function writeData(writer: ByteWriter, data: RecordData, writeName: WriteName): void {
  switch (data.kind) {
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return writeName(data.target)
    case 'SOA':
      return writeSoa(writer, data, writeName)
    case 'MX':
      writer.u16(data.preference)
      return writeName(data.exchange)
    default:
      return writeUncompressed(writer, data)
  }
}

type NamedData = TargetData | SoaData | MxData

/** Of these types not every server knows whether they have names, so the names in them stand in full (RFC 3597 §4). */
function writeUncompressed(writer: ByteWriter, data: Exclude<RecordData, NamedData>): void {
  switch (data.kind) {
    case 'A':
    case 'AAAA':
      return writer.bytes(addressBytes(data))
    case 'TXT':
      return writeStrings(writer, data)
    case 'SRV':
      return writeSrv(writer, data)
    case 'CAA':
      return writeCaa(writer, data)
    case 'OPT':
      return writeOptions(writer, data)
    case 'TSIG':
      return writeTsig(writer, data)
    case 'opaque':
      return writer.bytes(data.bytes)
  }
}

function addressBytes({ kind, address }: AddressData): Uint8Array {
  if (address.includes(':') !== (kind === 'AAAA')) throw new UnencodableMessage(`${address} is no ${kind} address`)
  return kind === 'A' ? Uint8Array.from(address.split('.'), Number) : ipv6Bytes(address)
}

/** An `IpAddress` is canonical, so `::` stands at most once and no part is dotted. */
function ipv6Bytes(address: string): Uint8Array {
  const bytes = new Uint8Array(16)
  const write = (groups: string, from: number): void => {
    if (groups === '') return
    for (const [at, group] of groups.split(':').entries()) {
      const number = Number.parseInt(group, 16)
      bytes[from + 2 * at] = number >> 8
      bytes[from + 2 * at + 1] = number & 0xff
    }
  }
  const [head = '', tail] = address.split('::')
  write(head, 0)
  if (tail !== undefined) write(tail, 16 - 2 * tail.split(':').length)
  return bytes
}

function writeStrings(writer: ByteWriter, { strings }: TextData): void {
  if (strings.length === 0) throw new UnencodableMessage('TXT without a string; an empty text is one empty string')
  for (const string of strings) writer.counted(8, string)
}

function writeSoa(writer: ByteWriter, soa: SoaData, writeName: WriteName): void {
  writeName(soa.primary)
  writeName(soa.mailbox)
  for (const number of [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum]) writer.u32(number)
}

function writeSrv(writer: ByteWriter, { priority, weight, port, target }: SrvData): void {
  for (const number of [priority, weight, port]) writer.u16(number)
  writer.name(target)
}

function writeOptions(writer: ByteWriter, { options }: OptData): void {
  for (const { code, bytes } of options) {
    writer.u16(code)
    writer.counted(16, bytes)
  }
}

function writeCaa(writer: ByteWriter, { flags, tag, value }: CaaData): void {
  if (!/^[a-zA-Z0-9]+$/.test(tag)) throw new UnencodableMessage(`${JSON.stringify(tag)} is no CAA tag`)
  writer.u8(flags)
  writer.counted(8, Buffer.from(tag))
  writer.bytes(value)
}

function writeTsig(writer: ByteWriter, tsig: TsigData): void {
  writer.name(tsig.algorithm)
  writer.u48(tsig.timeSigned)
  writer.u16(tsig.fudge)
  writer.counted(16, tsig.mac)
  writer.u16(tsig.originalId)
  writer.u16(tsigErrors.toNumber(tsig.error))
  writer.counted(16, tsig.otherData)
}
