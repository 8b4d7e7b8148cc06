import { describe, expect, it } from 'vitest'
import type { IpAddress } from './address.ts'
import { describeSpecialPurpose, isGloballyReachable } from './reachability.ts'

describe('special-purpose addresses', () => {
  it.each([
    ['0.1.2.3', 'this network, 0.0.0.0/8'],
    ['10.0.0.1', 'private, 10.0.0.0/8'],
    ['100.64.0.1', 'carrier-grade NAT, 100.64.0.0/10'],
    ['100.127.255.255', 'carrier-grade NAT, 100.64.0.0/10'],
    ['127.0.0.1', 'loopback, 127.0.0.0/8'],
    ['169.254.1.1', 'link-local, 169.254.0.0/16'],
    ['172.31.255.255', 'private, 172.16.0.0/12'],
    ['192.0.0.8', 'protocol assignments, 192.0.0.0/24'],
    ['192.0.2.1', 'documentation, 192.0.2.0/24'],
    ['192.88.99.1', '6to4 relay, 192.88.99.0/24'],
    ['192.168.1.1', 'private, 192.168.0.0/16'],
    ['198.19.255.255', 'benchmarking, 198.18.0.0/15'],
    ['198.51.100.1', 'documentation, 198.51.100.0/24'],
    ['203.0.113.1', 'documentation, 203.0.113.0/24'],
    ['224.0.0.1', 'multicast, 224.0.0.0/4'],
    ['255.255.255.255', 'reserved, 240.0.0.0/4'],
    ['::', 'unspecified, ::/128'],
    ['::1', 'loopback, ::1/128'],
    ['::ffff:c000:201', 'IPv4-mapped, ::ffff:0:0/96'],
    ['64:ff9b::1', 'NAT64, 64:ff9b::/96'],
    ['100::1', 'discard-only, 100::/64'],
    ['2001::1', 'Teredo, 2001::/32'],
    ['2001:2::1', 'benchmarking, 2001:2::/48'],
    ['2001:db8::1', 'documentation, 2001:db8::/32'],
    ['2001:10::1', 'protocol assignments, 2001::/23'],
    ['2002::1', '6to4, 2002::/16'],
    ['3fff::1', 'documentation, 3fff::/20'],
    ['fd00::1', 'unique local, fc00::/7'],
    ['fe80::1', 'link-local, fe80::/10'],
    ['ff02::1', 'multicast, ff00::/8'],
    ['4000::1', 'outside global unicast, 2000::/3'],
    ['::2', 'outside global unicast, 2000::/3'],
  ])('%s is %s', (address, purpose) => {
    expect(describeSpecialPurpose(address as IpAddress)).toBe(purpose)
    expect(isGloballyReachable(address as IpAddress)).toBe(false)
  })

  it.each([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.1',
    '223.255.255.255',
    '2001:200::1',
    '2606:4700::1111',
    '3ffe::1',
  ])('%s is reachable from everywhere', (address) => {
    expect(describeSpecialPurpose(address as IpAddress)).toBeUndefined()
    expect(isGloballyReachable(address as IpAddress)).toBe(true)
  })
})
