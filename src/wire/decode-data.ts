// The data of a record, from bytes. Compressed names are read in every type that has names, as some servers do compress there.
import { parseIpAddress, type IpAddress } from '../model/address.ts'
import type { ByteReader } from './byte-reader.ts'
import type { CaaData, EdnsOption, OpaqueData, RecordData } from './message.ts'
import { tsigErrors, type DnsClass, type DnsType } from './numbers.ts'

type ReadData = (reader: ByteReader) => RecordData

const READERS: Readonly<Partial<Record<DnsType, ReadData>>> = {
  A: (reader) => ({ kind: 'A', address: readAddress(reader, formatIpv4(reader.bytes(4))) }),
  AAAA: (reader) => ({ kind: 'AAAA', address: readAddress(reader, formatIpv6(reader.bytes(16))) }),
  CNAME: (reader) => ({ kind: 'CNAME', target: reader.name() }),
  NS: (reader) => ({ kind: 'NS', target: reader.name() }),
  PTR: (reader) => ({ kind: 'PTR', target: reader.name() }),
  TXT: (reader) => ({ kind: 'TXT', strings: readStrings(reader) }),
  SOA: (reader) => ({
    kind: 'SOA',
    primary: reader.name(),
    mailbox: reader.name(),
    serial: reader.u32(),
    refresh: reader.u32(),
    retry: reader.u32(),
    expire: reader.u32(),
    minimum: reader.u32(),
  }),
  MX: (reader) => ({ kind: 'MX', preference: reader.u16(), exchange: reader.name() }),
  SRV: (reader) => ({
    kind: 'SRV',
    priority: reader.u16(),
    weight: reader.u16(),
    port: reader.u16(),
    target: reader.name(),
  }),
  CAA: readCaa,
  OPT: (reader) => ({ kind: 'OPT', options: readOptions(reader) }),
  TSIG: (reader) => ({
    kind: 'TSIG',
    algorithm: reader.name(),
    timeSigned: reader.u48(),
    fudge: reader.u16(),
    mac: reader.bytes(reader.u16()),
    originalId: reader.u16(),
    error: tsigErrors.toCode(reader.u16()),
    otherData: reader.bytes(reader.u16()),
  }),
}

export interface DataHeader {
  readonly type: DnsType
  readonly class: DnsClass
  readonly length: number
}

export function readData(reader: ByteReader, header: DataHeader): RecordData {
  const read = isTyped(header) ? READERS[header.type] : undefined
  return reader.section(header.length, () => read?.(reader) ?? { kind: 'opaque', bytes: reader.bytes(header.length) })
}

/** UPDATE speaks of sets as a whole by records without data, and of single records in class NONE. */
function isTyped({ type, class: dnsClass, length }: DataHeader): boolean {
  if (type === 'OPT' || type === 'TSIG') return true
  if (dnsClass === 'NONE' || dnsClass === 'ANY') return length > 0
  return dnsClass === 'IN' || !(type === 'A' || type === 'AAAA' || type === 'SRV')
}

function readAddress(reader: ByteReader, text: string): IpAddress {
  return parseIpAddress(text) ?? reader.fail('not an address')
}

function formatIpv4(bytes: Uint8Array): string {
  return bytes.join('.')
}

function formatIpv6(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/.{4}(?!$)/g, '$&:')
}

function readStrings(reader: ByteReader): readonly Uint8Array[] {
  const strings = [reader.bytes(reader.u8())]
  while (reader.left > 0) strings.push(reader.bytes(reader.u8()))
  return strings
}

/** Some servers hand out tags with other characters than letters and digits: one such record must not make its whole zone unreadable. */
function readCaa(reader: ByteReader): CaaData | OpaqueData {
  const flags = reader.u8()
  const tag = reader.bytes(reader.u8())
  if (tag.length === 0) reader.fail('a CAA record without a tag')
  const value = reader.bytes(reader.left)
  const text = Buffer.from(tag).toString('latin1')
  if (/^[a-zA-Z0-9]+$/.test(text)) return { kind: 'CAA', flags, tag: text, value }
  return { kind: 'opaque', bytes: Uint8Array.from([flags, tag.length, ...tag, ...value]) }
}

function readOptions(reader: ByteReader): readonly EdnsOption[] {
  const options: EdnsOption[] = []
  while (reader.left > 0) options.push({ code: reader.u16(), bytes: reader.bytes(reader.u16()) })
  return options
}
