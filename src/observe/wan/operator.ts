// Who runs a source. Answers of one operator count once, however many servers it has.
import { getDomain } from 'tldts'
import { parseIpAddress } from '../../model/address.ts'

/** The registrable domain of a name; an IP literal, which nobody vouches for, is an operator of its own together with its port. */
export function operatorOf(host: string, port: number): string {
  const name = host.toLowerCase().replace(/\.$/, '')
  if (parseIpAddress(name) !== undefined) return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`
  return getDomain(name) ?? name
}
