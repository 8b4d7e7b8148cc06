// Which addresses the rest of the Internet can reach, after the IANA special-purpose address registries.
import { cidrContains, findContaining, type Cidr, type IpAddress } from './address.ts'

interface SpecialRange {
  readonly cidr: Cidr
  readonly purpose: string
}

const range = (cidr: string, purpose: string): SpecialRange => ({ cidr: cidr as Cidr, purpose })

const NOT_GLOBAL_V4: readonly SpecialRange[] = [
  range('0.0.0.0/8', 'this network'),
  range('10.0.0.0/8', 'private'),
  range('100.64.0.0/10', 'carrier-grade NAT'),
  range('127.0.0.0/8', 'loopback'),
  range('169.254.0.0/16', 'link-local'),
  range('172.16.0.0/12', 'private'),
  range('192.0.0.0/24', 'protocol assignments'),
  range('192.0.2.0/24', 'documentation'),
  range('192.88.99.0/24', '6to4 relay'),
  range('192.168.0.0/16', 'private'),
  range('198.18.0.0/15', 'benchmarking'),
  range('198.51.100.0/24', 'documentation'),
  range('203.0.113.0/24', 'documentation'),
  range('224.0.0.0/4', 'multicast'),
  range('240.0.0.0/4', 'reserved'),
]

/** Named ranges first, so that a refusal says what the address is; whatever lies outside 2000::/3 is refused anyway. */
const NOT_GLOBAL_V6: readonly SpecialRange[] = [
  range('::/128', 'unspecified'),
  range('::1/128', 'loopback'),
  range('::ffff:0:0/96', 'IPv4-mapped'),
  range('64:ff9b::/96', 'NAT64'),
  range('64:ff9b:1::/48', 'NAT64'),
  range('100::/64', 'discard-only'),
  range('2001::/32', 'Teredo'),
  range('2001:2::/48', 'benchmarking'),
  range('2001:db8::/32', 'documentation'),
  range('2001::/23', 'protocol assignments'),
  range('2002::/16', '6to4'),
  range('3fff::/20', 'documentation'),
  range('5f00::/16', 'segment routing'),
  range('fc00::/7', 'unique local'),
  range('fe80::/10', 'link-local'),
  range('fec0::/10', 'site-local'),
  range('ff00::/8', 'multicast'),
]

const GLOBAL_UNICAST_V6 = '2000::/3' as Cidr

/** Says why an address is not globally reachable ("private, 10.0.0.0/8"); undefined when it is. */
export function describeSpecialPurpose(address: IpAddress): string | undefined {
  const v6 = address.includes(':')
  const found = findContaining(v6 ? NOT_GLOBAL_V6 : NOT_GLOBAL_V4, address)
  if (found !== undefined) return `${found.purpose}, ${found.cidr}`
  return v6 && !cidrContains(GLOBAL_UNICAST_V6, address) ? `outside global unicast, ${GLOBAL_UNICAST_V6}` : undefined
}

export function isGloballyReachable(address: IpAddress): boolean {
  return describeSpecialPurpose(address) === undefined
}
