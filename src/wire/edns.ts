// EDNS (RFC 6891): what a message says about its sender in an OPT record, and the upper bits of its response code.
import type { DnsRecord, EdnsOption, Message } from './message.ts'
import { dnsClasses } from './numbers.ts'

export interface Edns {
  /** The largest UDP message the sender can take, in bytes. */
  readonly udpSize: number
  readonly version: number
  readonly dnssecOk: boolean
  readonly options: readonly EdnsOption[]
  /** The upper eight bits of the response code. */
  readonly extendedRcode: number
}

const DNSSEC_OK = 0x8000

export function ednsRecord({ udpSize, version, dnssecOk, options, extendedRcode }: Edns): DnsRecord {
  const ttl = extendedRcode * 2 ** 24 + version * 2 ** 16 + (dnssecOk ? DNSSEC_OK : 0)
  return { name: '.', type: 'OPT', class: dnsClasses.toCode(udpSize), ttl, data: { kind: 'OPT', options } }
}

/** Every EDNS record of the message: more than one is an error of its sender (FORMERR). */
export function listEdns({ additionals }: Message): readonly Edns[] {
  return additionals.flatMap(({ class: udpSize, ttl, data }) => {
    if (data.kind !== 'OPT') return []
    return {
      udpSize: dnsClasses.toNumber(udpSize),
      version: (ttl >>> 16) & 0xff,
      dnssecOk: (ttl & DNSSEC_OK) !== 0,
      options: data.options,
      extendedRcode: ttl >>> 24,
    }
  })
}
