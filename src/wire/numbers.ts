// The numbers of the DNS protocol that have a name here. Whatever has none stays a number and passes through unharmed.
import { UnencodableMessage } from './message-errors.ts'

const TYPES = {
  ...{ A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33 },
  ...{ OPT: 41, TSIG: 250, IXFR: 251, AXFR: 252, ANY: 255, CAA: 257 },
} as const

const CLASSES = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const

const OPCODES = { QUERY: 0, STATUS: 2, NOTIFY: 4, UPDATE: 5 } as const

const RCODES = {
  ...{ NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 },
  ...{ YXDOMAIN: 6, YXRRSET: 7, NXRRSET: 8, NOTAUTH: 9, NOTZONE: 10 },
} as const

const TSIG_ERRORS = { NOERROR: 0, BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const

/** A number that goes by its name where it has one: equal numbers have equal codes. */
export type Code<Name extends string> = Name | number

export type DnsType = Code<keyof typeof TYPES>
export type DnsClass = Code<keyof typeof CLASSES>
export type Opcode = Code<keyof typeof OPCODES>
export type Rcode = Code<keyof typeof RCODES>
export type TsigError = Code<keyof typeof TSIG_ERRORS>

export interface Registry<Name extends string> {
  toCode(number: number): Code<Name>
  toNumber(code: Code<Name>): number
}

function createRegistry<Name extends string>(
  what: string,
  bits: number,
  numbers: Readonly<Record<Name, number>>,
): Registry<Name> {
  // Object.entries forgets which keys the record has.
  const names = new Map((Object.entries(numbers) as [Name, number][]).map(([name, number]) => [number, name]))
  return {
    toCode: (number) => names.get(number) ?? number,
    toNumber(code) {
      const number = typeof code === 'number' ? code : numbers[code]
      if (Number.isInteger(number) && number >= 0 && number < 2 ** bits) return number
      throw new UnencodableMessage(`${String(code)} is not a ${what}`)
    },
  }
}

export const dnsTypes = createRegistry('record type', 16, TYPES)
export const dnsClasses = createRegistry('class', 16, CLASSES)
export const opcodes = createRegistry('opcode', 4, OPCODES)
export const rcodes = createRegistry('response code', 4, RCODES)
export const tsigErrors = createRegistry('TSIG error', 16, TSIG_ERRORS)

/** Types that are only spoken of: what people find in their zones beside ours. */
const SPOKEN_OF: ReadonlyMap<number, string> = new Map([
  [35, 'NAPTR'],
  [39, 'DNAME'],
  [43, 'DS'],
  [44, 'SSHFP'],
  [52, 'TLSA'],
  [61, 'OPENPGPKEY'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
  [256, 'URI'],
])

/** `A`, or `TYPE65280` for what has no name here. */
export function describeType(type: DnsType): string {
  return typeof type === 'number' ? (SPOKEN_OF.get(type) ?? `TYPE${type}`) : type
}
