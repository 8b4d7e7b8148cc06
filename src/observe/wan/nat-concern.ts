// Whether inbound traffic can be expected to arrive at the address that was found, judged by what the machine's own network looks like.
import { cidrContains, type Cidr, type IpAddress } from '../../model/address.ts'
import type { LocalAddress } from './local-addresses.ts'

export interface NatConcern {
  readonly reason: 'CarrierGradeNat' | 'PrivateGateway'
  readonly message: string
}

export interface LocalNetwork {
  readonly addresses: readonly LocalAddress[]
  readonly gateways: readonly IpAddress[]
}

const CARRIER_GRADE = '100.64.0.0/10' as Cidr
const PRIVATE: readonly Cidr[] = ['10.0.0.0/8' as Cidr, '172.16.0.0/12' as Cidr, '192.168.0.0/16' as Cidr]

/** Undefined when nothing speaks against it. IPv6 is not translated as a rule, so only IPv4 is judged. */
export function judgeNat(found: IpAddress, { addresses, gateways }: LocalNetwork): NatConcern | undefined {
  if (found.includes(':') || addresses.some(({ address }) => address === found)) return undefined
  const shared = findShared(addresses, gateways)
  if (shared !== undefined) {
    const message = `${found} is shared with other customers of the Internet provider, since ${shared} is a carrier-grade NAT address: inbound traffic cannot arrive. Ask the provider for a public address, or use IPv6 or a tunnel.`
    return { reason: 'CarrierGradeNat', message }
  }
  const gateway = gateways.find((address) => PRIVATE.some((cidr) => cidrContains(cidr, address)))
  if (gateway === undefined) return undefined
  const message = `${found} belongs to a router, not to this machine, whose gateway ${gateway} is private: inbound traffic arrives only where routers forward it.`
  return { reason: 'PrivateGateway', message }
}

/** Mesh VPNs number their members from the carrier-grade range too, but as single addresses. */
function findShared(addresses: readonly LocalAddress[], gateways: readonly IpAddress[]): string | undefined {
  const gateway = gateways.find((address) => cidrContains(CARRIER_GRADE, address))
  if (gateway !== undefined) return `the gateway ${gateway}`
  const local = addresses.find(({ address, prefixLength }) => prefixLength < 32 && cidrContains(CARRIER_GRADE, address))
  return local === undefined ? undefined : `${local.address} on ${local.interface}`
}
