// A public address on an interface of this machine, as with PPPoE or a rented server, counts as a source of its own.
import { familyOf, type AddressFamily, type IpAddress } from '../../model/address.ts'
import type { WanSource } from './detection.ts'
import type { LocalAddress } from './local-addresses.ts'

export function createInterfaceSource(
  name: string | undefined,
  family: AddressFamily,
  listLocalAddresses: () => readonly LocalAddress[],
  isBelievable: (address: IpAddress) => boolean,
): WanSource {
  const where = name ?? 'any interface'
  const find = (): readonly IpAddress[] => {
    const local = listLocalAddresses().filter((entry) => name === undefined || entry.interface === name)
    if (local.length === 0 && name !== undefined) throw new Error(`there is no interface ${name}, or it has no address`)
    const addresses = local.map(({ address }) => address).filter((address) => familyOf(address) === family)
    const believable = addresses.filter(isBelievable)
    if (believable.length === 0) throw new Error(`no globally reachable ${family} address on ${where}`)
    return believable
  }
  return {
    name: where,
    transport: 'Interface',
    operator: 'this machine',
    authenticated: false,
    ask: () => Promise.resolve().then(find),
  }
}
