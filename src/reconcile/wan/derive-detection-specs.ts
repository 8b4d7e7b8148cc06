// From a WANAddress as people write it to the questions a detector asks: one per family.
import type { WANAddressSpec } from '../../api/generated/wan-address.ts'
import { formatPath, type FieldPath } from '../../api/problem.ts'
import { parseCidr } from '../../model/address.ts'
import { DEFAULT_TIMEOUT_MS, type DetectionSpec } from '../../observe/wan/detection-spec.ts'
import { parseServiceUrl } from '../../observe/wan/http/service-url.ts'
import { parseStunServer } from '../../observe/wan/stun/stun-server.ts'

export type DetectionSpecs =
  | { readonly kind: 'ok'; readonly specs: readonly DetectionSpec[] }
  /** Each names its field and the remedy. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] }

/** The schema has checked most of it; what only parsing can find is found here. */
export function deriveDetectionSpecs(spec: WANAddressSpec): DetectionSpecs {
  const problems: string[] = []
  const readAll = <Value>(texts: readonly string[], path: FieldPath, parser: Parser<Value>): readonly Value[] =>
    texts.flatMap((text, index) => {
      const value = parser.read(text)
      if (value === undefined)
        problems.push(`${formatPath(['spec', ...path, index])}: ${text} is not ${parser.expected}`)
      return value ?? []
    })
  const { stun, http } = spec
  const common: Omit<DetectionSpec, 'family'> = {
    stun: stun && {
      servers: readAll(stun.servers, ['stun', 'servers'], STUN_SERVER),
      serverListUrls: readAll(stun.serverListURLs, ['stun', 'serverListURLs'], SERVICE_URL),
      maxServers: stun.maxServers,
      transports: stun.transports,
    },
    http: http && { urls: readAll(http.urls, ['http', 'urls'], SERVICE_URL), jsonField: http.jsonField },
    interface: spec.interface && { name: spec.interface.name },
    quorum: spec.quorum,
    requireAuthenticated: spec.requireAuthenticated,
    confirmChanges: spec.confirmChanges,
    allowNonGlobalCidrs: readAll(spec.allowNonGlobalCIDRs, ['allowNonGlobalCIDRs'], CIDR),
    denyCidrs: readAll(spec.denyCIDRs, ['denyCIDRs'], CIDR),
    intervalSeconds: spec.intervalSeconds,
    maxAgeSeconds: spec.maxAgeSeconds,
    timeoutMs: DEFAULT_TIMEOUT_MS,
  }
  if (problems.length > 0) return { kind: 'invalid', problems }
  return { kind: 'ok', specs: spec.addressFamilies.map((family) => ({ ...common, family })) }
}

interface Parser<Value> {
  readonly expected: string
  readonly read: (text: string) => Value | undefined
}

const STUN_SERVER = { expected: 'a STUN server; write host:port or udp://host:port', read: parseStunServer }
const SERVICE_URL = { expected: 'an http or https URL without user and password', read: parseServiceUrl }
const CIDR = { expected: 'a range; write it as 192.0.2.0/24', read: parseCidr }
