import { expect, it } from 'vitest'
import { wanObject } from '../../../test/support/status-builders.ts'
import type { WANAddressSpec } from '../../api/generated/wan-address.ts'
import { deriveDetectionSpecs } from './derive-detection-specs.ts'

const base = wanObject().spec

it('makes one question per family', () => {
  const result = deriveDetectionSpecs({ ...base, addressFamilies: ['IPv6', 'IPv4'], interface: {} })
  expect(result).toMatchObject({
    kind: 'ok',
    specs: [
      { family: 'IPv6', interface: { name: undefined }, stun: undefined, http: undefined, timeoutMs: 3000 },
      { family: 'IPv4' },
    ],
  })
})

it('carries everything over', () => {
  const spec: WANAddressSpec = {
    ...base,
    stun: {
      servers: ['tcp://[2001:db8::1]', 'stun.example.net:3479'],
      serverListURLs: ['https://lists.example.net/stun.txt'],
      maxServers: 5,
      transports: ['UDP'],
    },
    http: { urls: ['https://check.example.net/ip'], jsonField: 'client.ip' },
    interface: { name: 'ppp0' },
    quorum: 3,
    requireAuthenticated: true,
    confirmChanges: false,
    allowNonGlobalCIDRs: ['10.0.0.0/8'],
    denyCIDRs: ['192.0.2.0/24'],
  }
  expect(deriveDetectionSpecs(spec)).toEqual({
    kind: 'ok',
    specs: [
      {
        family: 'IPv4',
        stun: {
          servers: [
            { host: '2001:db8::1', port: 3478, transport: 'TCP' },
            { host: 'stun.example.net', port: 3479, transport: undefined },
          ],
          serverListUrls: [new URL('https://lists.example.net/stun.txt')],
          maxServers: 5,
          transports: ['UDP'],
        },
        http: { urls: [new URL('https://check.example.net/ip')], jsonField: 'client.ip' },
        interface: { name: 'ppp0' },
        quorum: 3,
        requireAuthenticated: true,
        confirmChanges: false,
        allowNonGlobalCidrs: ['10.0.0.0/8'],
        denyCidrs: ['192.0.2.0/24'],
        intervalSeconds: 30,
        maxAgeSeconds: 600,
        timeoutMs: 3000,
      },
    ],
  })
})

it('names every field that cannot be read, with the remedy', () => {
  const result = deriveDetectionSpecs({
    ...base,
    stun: { servers: ['a.net', '10.1'], serverListURLs: ['ftp://a.net'], maxServers: 10, transports: ['UDP'] },
    http: { urls: ['https://me:secret@a.net'], jsonField: '' },
    denyCIDRs: ['10.0.0.1/33'],
  })
  expect(result).toEqual({
    kind: 'invalid',
    problems: [
      'spec.stun.servers[1]: 10.1 is not a STUN server; write host:port or udp://host:port',
      'spec.stun.serverListURLs[0]: ftp://a.net is not an http or https URL without user and password',
      'spec.http.urls[0]: https://me:secret@a.net is not an http or https URL without user and password',
      'spec.denyCIDRs[0]: 10.0.0.1/33 is not a range; write it as 192.0.2.0/24',
    ],
  })
})
