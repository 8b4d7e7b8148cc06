// Lists of addresses as people, clouds and statuses write them.
import { parseIpAddress, type IpAddress } from '../model/address.ts'
import { printable } from '../model/text.ts'

export interface ParsedAddresses {
  /** Each once, in the order written. */
  readonly addresses: readonly IpAddress[]
  /** What is no address, quoted for a message. */
  readonly unparsable: readonly string[]
}

const LONGEST_QUOTE = 60

export function parseAddresses(texts: readonly string[]): ParsedAddresses {
  const addresses = new Set<IpAddress>()
  const unparsable: string[] = []
  for (const text of texts) {
    const address = parseIpAddress(text)
    if (address === undefined) unparsable.push(quote(text))
    else addresses.add(address)
  }
  return { addresses: [...addresses], unparsable }
}

export function quote(text: string): string {
  return `"${printable(text.slice(0, LONGEST_QUOTE))}"`
}
