// Dynamic updates (RFC 2136): conditions, and changes that are made together if all of them hold.
// Class, TTL and missing data are how a record says which condition or change it stands for (§2.4, §2.5).
import { internetRecord, NO_DATA, type DnsRecord, type Message, type TypedData } from './message.ts'
import type { DnsType } from './numbers.ts'
import { requestMessage } from './query.ts'

export interface Update {
  readonly id: number
  readonly zone: string
  readonly prerequisites: readonly DnsRecord[]
  /** Carried out in this order. */
  readonly updates: readonly DnsRecord[]
}

export function updateMessage({ id, zone, prerequisites, updates }: Update): Message {
  const questions = [{ name: zone, type: 'SOA', class: 'IN' }] as const
  return { ...requestMessage({ id, opcode: 'UPDATE', questions }), answers: prerequisites, authorities: updates }
}

/** Else YXRRSET. */
export function requireNoSet(name: string, type: DnsType): DnsRecord {
  return { name, type, class: 'NONE', ttl: 0, data: NO_DATA }
}

/** The set must hold these values and no others, whatever its TTL; else NXRRSET. */
export function requireValues(name: string, values: readonly [TypedData, ...TypedData[]]): readonly DnsRecord[] {
  return values.map((data) => internetRecord(name, 0, data))
}

/** Else YXDOMAIN. */
export function requireNoName(name: string): DnsRecord {
  return requireNoSet(name, 'ANY')
}

/** A CNAME beside other data, and the other way round, is silently ignored by servers: delete first, or require. */
export function addRecord(name: string, ttl: number, data: TypedData): DnsRecord {
  return internetRecord(name, ttl, data)
}

export function deleteSet(name: string, type: DnsType): DnsRecord {
  return { name, type, class: 'ANY', ttl: 0, data: NO_DATA }
}
