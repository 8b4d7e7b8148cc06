// What the members of a target give in each family, the fit apart from the rest.
import type { AddressFamily, IpAddress } from '../model/address.ts'
import { familyOf } from '../model/address.ts'
import type { ContributedMember, Standing } from './contribution.ts'

export interface UnfitAddress {
  readonly value: IpAddress
  readonly standing: Exclude<Standing, 'active'>
}

export interface FamilyAddresses {
  /** Of active members, each once. */
  readonly fit: readonly IpAddress[]
  readonly unfit: readonly UnfitAddress[]
}

type ByFamily = Readonly<Record<AddressFamily, FamilyAddresses>>

/** One list of members serves every record that refers to the pool, and so do its addresses. A list of one is soon made. */
const known = new WeakMap<readonly ContributedMember[], ByFamily>()

export function familyAddresses(members: readonly ContributedMember[], family: AddressFamily): FamilyAddresses {
  const byFamily = known.get(members) ?? { IPv4: select(members, 'IPv4'), IPv6: select(members, 'IPv6') }
  if (members.length > 1) known.set(members, byFamily)
  return byFamily[family]
}

function select(members: readonly ContributedMember[], family: AddressFamily): FamilyAddresses {
  const fit = new Set<IpAddress>()
  const unfit: UnfitAddress[] = []
  for (const { addresses, standing } of members) {
    for (const value of addresses) {
      if (familyOf(value) !== family) continue
      if (standing === 'active') fit.add(value)
      else unfit.push({ value, standing })
    }
  }
  return { fit: [...fit], unfit }
}
