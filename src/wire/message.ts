// A DNS message as a value. Names are in presentation form (`name.ts`); codes are names where they have one.
import type { IpAddress } from '../model/address.ts'
import type { DnsClass, DnsType, Opcode, Rcode, TsigError } from './numbers.ts'

export interface Header {
  readonly id: number
  readonly response: boolean
  readonly opcode: Opcode
  readonly authoritative: boolean
  readonly truncated: boolean
  readonly recursionDesired: boolean
  readonly recursionAvailable: boolean
  readonly authenticData: boolean
  readonly checkingDisabled: boolean
  /** The four bits of the header; `edns.ts` knows the rest of an extended one. */
  readonly rcode: Rcode
}

/** In an UPDATE the sections are the zone, the prerequisites, the updates and additional data. */
export interface Message extends Header {
  readonly questions: readonly Question[]
  readonly answers: readonly DnsRecord[]
  readonly authorities: readonly DnsRecord[]
  readonly additionals: readonly DnsRecord[]
}

export interface Question {
  readonly name: string
  readonly type: DnsType
  readonly class: DnsClass
}

export interface DnsRecord {
  readonly name: string
  readonly type: DnsType
  /** For OPT, the size of UDP message its sender can take. */
  readonly class: DnsClass
  /** Seconds, or whatever else the type keeps in these 32 bits. */
  readonly ttl: number
  readonly data: RecordData
}

/** Typed data has the kind of its record's type. Everything else is opaque: its bytes are kept exactly, empty ones too. */
export type RecordData =
  AddressData | TargetData | TextData | SoaData | MxData | SrvData | CaaData | OptData | TsigData | OpaqueData

/** Data that says what its type means, as opposed to bytes. */
export type TypedData = Exclude<RecordData, OpaqueData>

export interface AddressData {
  readonly kind: 'A' | 'AAAA'
  readonly address: IpAddress
}

export interface TargetData {
  readonly kind: 'CNAME' | 'NS' | 'PTR'
  readonly target: string
}

export interface TextData {
  readonly kind: 'TXT'
  /** At least one, each of at most 255 bytes; `txt-text.ts` makes them of text. */
  readonly strings: readonly Uint8Array[]
}

export interface SoaData {
  readonly kind: 'SOA'
  readonly primary: string
  readonly mailbox: string
  readonly serial: number
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  readonly minimum: number
}

export interface MxData {
  readonly kind: 'MX'
  readonly preference: number
  readonly exchange: string
}

export interface SrvData {
  readonly kind: 'SRV'
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: string
}

export interface CaaData {
  readonly kind: 'CAA'
  readonly flags: number
  readonly tag: string
  readonly value: Uint8Array
}

export interface OptData {
  readonly kind: 'OPT'
  readonly options: readonly EdnsOption[]
}

export interface EdnsOption {
  readonly code: number
  readonly bytes: Uint8Array
}

export interface TsigData {
  readonly kind: 'TSIG'
  readonly algorithm: string
  /** Seconds since the epoch. */
  readonly timeSigned: number
  readonly fudge: number
  readonly mac: Uint8Array
  readonly originalId: number
  readonly error: TsigError
  readonly otherData: Uint8Array
}

export interface OpaqueData {
  readonly kind: 'opaque'
  readonly bytes: Uint8Array
}

/** What the records of prerequisites and deletions hold where they speak of a set or a name as a whole. */
export const NO_DATA: OpaqueData = { kind: 'opaque', bytes: new Uint8Array(0) }

/** A record as zones hold it: in class IN, of the type its data says. */
export function internetRecord(name: string, ttl: number, data: TypedData): DnsRecord {
  return { name, type: data.kind, class: 'IN', ttl, data }
}
