// The addresses of this machine, as the operating system lists them.
import { networkInterfaces } from 'node:os'
import { parseIpAddress, type IpAddress } from '../../model/address.ts'

export interface LocalAddress {
  readonly interface: string
  readonly address: IpAddress
  readonly prefixLength: number
}

export function listLocalAddresses(): readonly LocalAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
    entries.flatMap((entry) => {
      const address = parseIpAddress(entry.address)
      const prefixLength = Number(entry.cidr?.split('/')[1])
      return address === undefined ? [] : [{ interface: name, address, prefixLength }]
    }),
  )
}
