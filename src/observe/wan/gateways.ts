// The default gateways of this machine, as Linux lists them. Elsewhere none are known, and nothing is concluded from that.
import { readFileSync } from 'node:fs'
import { parseIpAddress, type IpAddress } from '../../model/address.ts'

const UP_GATEWAY = 0x3

export function listGateways(): readonly IpAddress[] {
  try {
    return parseRoutes(readFileSync('/proc/net/route', 'utf8'))
  } catch {
    return []
  }
}

/** Columns: interface, destination, gateway, flags, …; addresses are hexadecimal with the last byte first. */
export function parseRoutes(text: string): readonly IpAddress[] {
  return text.split('\n').flatMap((line) => {
    const [, destination, gateway = '', flags = ''] = line.split('\t')
    if (destination !== '00000000' || (parseInt(flags, 16) & UP_GATEWAY) !== UP_GATEWAY) return []
    const bytes = Buffer.from(gateway, 'hex').reverse()
    return [parseIpAddress(bytes.join('.'))].filter((address) => address !== undefined)
  })
}
