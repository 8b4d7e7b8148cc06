import { expect, it } from 'vitest'
import { parseCidr, parseIpAddress, type AddressFamily, type Cidr, type IpAddress } from '../../model/address.ts'
import { describeRefusal } from './admit-address.ts'

const cidrs = (...texts: readonly string[]): readonly Cidr[] => texts.flatMap((text) => parseCidr(text) ?? [])

it.each<[string, string, AddressFamily, string | undefined, { allow?: string; deny?: string }?]>([
  ['a public IPv4 address is believed', '9.9.9.9', 'IPv4', undefined],
  ['a public IPv6 address is believed', '2606:4700::1', 'IPv6', undefined],
  ['the wrong family is refused', '9.9.9.9', 'IPv6', '9.9.9.9 is not an IPv6 address'],
  [
    'private space is refused',
    '192.168.1.2',
    'IPv4',
    '192.168.1.2 is not globally reachable (private, 192.168.0.0/16)',
  ],
  [
    'carrier-grade NAT is refused',
    '100.64.0.1',
    'IPv4',
    '100.64.0.1 is not globally reachable (carrier-grade NAT, 100.64.0.0/10)',
  ],
  [
    'link-local is refused',
    '169.254.1.1',
    'IPv4',
    '169.254.1.1 is not globally reachable (link-local, 169.254.0.0/16)',
  ],
  [
    'documentation is refused',
    '203.0.113.1',
    'IPv4',
    '203.0.113.1 is not globally reachable (documentation, 203.0.113.0/24)',
  ],
  [
    'benchmarking is refused',
    '198.18.0.1',
    'IPv4',
    '198.18.0.1 is not globally reachable (benchmarking, 198.18.0.0/15)',
  ],
  ['Teredo is refused', '2001::1', 'IPv6', '2001::1 is not globally reachable (Teredo, 2001::/32)'],
  ['unique local is refused', 'fd00::1', 'IPv6', 'fd00::1 is not globally reachable (unique local, fc00::/7)'],
  ['an exception makes it believable', '192.168.1.2', 'IPv4', undefined, { allow: '192.168.0.0/16' }],
  [
    'an exception for other addresses does not',
    '192.168.1.2',
    'IPv4',
    '192.168.1.2 is not globally reachable (private, 192.168.0.0/16)',
    { allow: '10.0.0.0/8' },
  ],
  ['a denied address is refused', '9.9.9.9', 'IPv4', '9.9.9.9 is denied by 9.9.9.0/24', { deny: '9.9.9.0/24' }],
  [
    'denial wins over exception',
    '192.168.1.2',
    'IPv4',
    '192.168.1.2 is denied by 192.168.1.0/24',
    { allow: '192.168.0.0/16', deny: '192.168.1.0/24' },
  ],
])('%s', (_sentence, text, family, expected, lists = {}) => {
  const guards = {
    family,
    allowNonGlobalCidrs: cidrs(lists.allow ?? '255.255.255.255/32'),
    denyCidrs: cidrs(lists.deny ?? '255.255.255.255/32'),
  }
  expect(describeRefusal(parseIpAddress(text) as IpAddress, guards)).toBe(expected)
})
