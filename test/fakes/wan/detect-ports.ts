// Ports and specs for detections in tests: real time and sockets, everything else under control.
import { systemClock } from '../../../src/cli/system-clock.ts'
import { parseCidr, type Cidr } from '../../../src/model/address.ts'
import type { DetectPorts } from '../../../src/observe/wan/detect-ports.ts'
import type { DetectionSpec, HttpQuestion, StunQuestion } from '../../../src/observe/wan/detection-spec.ts'
import { createNameResolver } from '../../../src/observe/wan/resolve-name.ts'
import { parseStunServer, type StunServer } from '../../../src/observe/wan/stun/stun-server.ts'
import { TEST_CERTIFICATE } from './tls-certificate.ts'

export function createTestPorts(changes: Partial<DetectPorts> = {}): DetectPorts {
  return {
    clock: systemClock,
    random: Math.random,
    resolveName: createNameResolver(),
    ca: TEST_CERTIFICATE,
    listLocalAddresses: () => [],
    serverLists: { load: () => Promise.reject(new Error('no lists here')) },
    ...changes,
  }
}

export function createTestSpec(changes: Partial<DetectionSpec> = {}): DetectionSpec {
  return {
    family: 'IPv4',
    stun: undefined,
    http: undefined,
    interface: undefined,
    quorum: 2,
    requireAuthenticated: false,
    confirmChanges: true,
    allowNonGlobalCidrs: [],
    denyCidrs: [],
    intervalSeconds: 30,
    maxAgeSeconds: 600,
    timeoutMs: 1000,
    ...changes,
  }
}

export function stunServers(...texts: readonly string[]): { readonly stun: StunQuestion } {
  return { stun: { servers: texts.map(stunServer), serverListUrls: [], maxServers: 10, transports: ['UDP', 'TCP'] } }
}

export function checkServices(...urls: readonly string[]): { readonly http: HttpQuestion } {
  return { http: { urls: urls.map((url) => new URL(url)), jsonField: '' } }
}

export const LOOPBACK: readonly Cidr[] = ['127.0.0.0/8', '::1/128'].flatMap((text) => parseCidr(text) ?? [])

function stunServer(text: string): StunServer {
  const server = parseStunServer(text)
  if (server === undefined) throw new Error(`${text} is no STUN server`)
  return server
}
