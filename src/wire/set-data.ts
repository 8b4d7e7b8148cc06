// The values of a record set as data of the wire.
import { parseIpAddress } from '../model/address.ts'
import type { RecordType } from '../model/record-set.ts'
import type { TypedData } from './message.ts'
import { splitText } from './txt-text.ts'

/** Undefined for what no message can hold: an ALIAS, which is a word of some providers, or an address that is none. */
export function dataOf(type: RecordType, value: string): TypedData | undefined {
  switch (type) {
    case 'A':
    case 'AAAA': {
      const address = parseIpAddress(value)
      return address === undefined ? undefined : { kind: type, address }
    }
    case 'CNAME':
      return { kind: 'CNAME', target: value }
    case 'TXT':
      return { kind: 'TXT', strings: splitText(value) }
    case 'ALIAS':
      return undefined
  }
}
