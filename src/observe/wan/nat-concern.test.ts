import { describe, expect, it } from 'vitest'
import type { IpAddress } from '../../model/address.ts'
import { listGateways, parseRoutes } from './gateways.ts'
import { judgeNat, type LocalNetwork } from './nat-concern.ts'

const address = (text: string): IpAddress => text as IpAddress
const network = (
  local: readonly (readonly [string, string, number])[],
  ...gateways: readonly string[]
): LocalNetwork => ({
  addresses: local.map(([name, text, prefixLength]) => ({ interface: name, address: address(text), prefixLength })),
  gateways: gateways.map(address),
})

describe('inbound traffic', () => {
  it.each<[string, string, LocalNetwork, string | undefined]>([
    [
      'arrives where the address is on the machine itself',
      '9.9.9.9',
      network([['ppp0', '9.9.9.9', 32]], '100.64.0.1'),
      undefined,
    ],
    [
      'cannot arrive behind a carrier-grade NAT gateway',
      '9.9.9.9',
      network([['eth0', '192.168.1.2', 24]], '100.64.0.1'),
      'CarrierGradeNat',
    ],
    [
      'cannot arrive where the uplink has a carrier-grade NAT address',
      '9.9.9.9',
      network([['wwan0', '100.80.1.2', 10]]),
      'CarrierGradeNat',
    ],
    ['is not judged by the address of a mesh VPN', '9.9.9.9', network([['mesh0', '100.101.102.103', 32]]), undefined],
    [
      'arrives only if forwarded behind a private gateway',
      '9.9.9.9',
      network([['eth0', '192.168.1.2', 24]], '192.168.1.1'),
      'PrivateGateway',
    ],
    [
      'cannot arrive behind carrier-grade NAT, private gateway or not',
      '9.9.9.9',
      network([['wwan0', '100.80.1.2', 10]], '192.168.1.1'),
      'CarrierGradeNat',
    ],
    [
      'is expected where nothing speaks against it',
      '9.9.9.9',
      network([['eth0', '9.9.9.8', 24]], '9.9.9.1'),
      undefined,
    ],
    ['is not judged for IPv6', '2606:4700::1', network([['wwan0', '100.80.1.2', 10]], '192.168.1.1'), undefined],
  ])('%s', (_sentence, found, local, reason) => {
    expect(judgeNat(address(found), local)?.reason).toBe(reason)
  })

  it('is warned about with the address, the evidence and the remedy', () => {
    const local = network([['wwan0', '100.80.1.2', 10]])
    expect(judgeNat(address('9.9.9.9'), local)?.message).toBe(
      '9.9.9.9 is shared with other customers of the Internet provider, since 100.80.1.2 on wwan0 is a carrier-grade NAT address: inbound traffic cannot arrive. Ask the provider for a public address, or use IPv6 or a tunnel.',
    )
  })
})

describe('the default gateways', () => {
  it('are read from the routing table', () => {
    const table = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask',
      'eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000',
      'eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF',
      'tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000',
      'eth1\t00000000\t01004064\t0003\t0\t0\t0\t00000000',
    ].join('\n')
    expect(parseRoutes(table)).toEqual(['192.168.1.1', '100.64.0.1'])
  })

  it.each(['', 'Iface', 'eth0\t00000000\tnothex\t0003', 'eth0\t00000000\t01\t0003'])('are none in %j', (table) => {
    expect(parseRoutes(table)).toEqual([])
  })

  it('can be listed on this machine', () => {
    expect(Array.isArray(listGateways())).toBe(true)
  })
})
