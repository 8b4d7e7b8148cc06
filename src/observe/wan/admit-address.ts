// The guards: which answers are believed at all.
import {
  cidrContains,
  familyOf,
  findContaining,
  type AddressFamily,
  type Cidr,
  type IpAddress,
} from '../../model/address.ts'
import { describeSpecialPurpose } from '../../model/reachability.ts'

export interface Guards {
  readonly family: AddressFamily
  readonly allowNonGlobalCidrs: readonly Cidr[]
  readonly denyCidrs: readonly Cidr[]
}

/** Says why an address is refused; undefined when it is believed. */
export function describeRefusal(address: IpAddress, guards: Guards): string | undefined {
  if (familyOf(address) !== guards.family) return `${address} is not an ${guards.family} address`
  const denied = guards.denyCidrs.find((cidr) => cidrContains(cidr, address))
  if (denied !== undefined) return `${address} is denied by ${denied}`
  const purpose = describeSpecialPurpose(address)
  if (purpose === undefined) return undefined
  const excepted = findContaining(
    guards.allowNonGlobalCidrs.map((cidr) => ({ cidr })),
    address,
  )
  return excepted === undefined ? `${address} is not globally reachable (${purpose})` : undefined
}
