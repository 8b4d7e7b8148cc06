import type { IpAddress } from '../model/address.ts'
import type { Brake } from './membership-brakes.ts'
import type { OutState } from './membership-memory.ts'

/** A node or host of a pool, and what has become of it. */
export interface Member {
  readonly name: string
  readonly addresses: readonly IpAddress[]
  readonly region: string | undefined
  readonly state: 'Active' | OutState
  readonly reason: string | undefined
  readonly since: number | undefined
  /** It is in DNS although its state says otherwise, because of this brake. */
  readonly heldIn: Brake | undefined
}

export function isInDns({ state, heldIn }: Member): boolean {
  return state === 'Active' || heldIn !== undefined
}
