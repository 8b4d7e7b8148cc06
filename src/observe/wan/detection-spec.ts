// What one detection asks, whom it believes and how often it asks: plain values, so that equal questions can share one loop.
import type { AddressFamily, Cidr } from '../../model/address.ts'
import { shortHash } from '../../model/hash.ts'
import type { StunServer, StunTransport } from './stun/stun-server.ts'

/** One detection finds one address; whoever wants both families has two. */
export interface DetectionSpec {
  readonly family: AddressFamily
  readonly stun: StunQuestion | undefined
  readonly http: HttpQuestion | undefined
  readonly interface: InterfaceQuestion | undefined
  /** How many sources of different operators must agree. */
  readonly quorum: number
  /** One of the agreeing answers must have come over TLS. */
  readonly requireAuthenticated: boolean
  /** A new address counts after a second round. */
  readonly confirmChanges: boolean
  readonly allowNonGlobalCidrs: readonly Cidr[]
  readonly denyCidrs: readonly Cidr[]
  readonly intervalSeconds: number
  /** An address last seen longer ago than this is unknown. */
  readonly maxAgeSeconds: number
  /** For a whole round. */
  readonly timeoutMs: number
}

export interface StunQuestion {
  readonly servers: readonly StunServer[]
  readonly serverListUrls: readonly URL[]
  /** Per transport. */
  readonly maxServers: number
  /** For servers that name none. */
  readonly transports: readonly StunTransport[]
}

export interface HttpQuestion {
  readonly urls: readonly URL[]
  /** Path with dots to the address in a JSON answer; empty when no answer is JSON. */
  readonly jsonField: string
}

export interface InterfaceQuestion {
  /** Undefined: any interface. */
  readonly name: string | undefined
}

export const DEFAULT_TIMEOUT_MS = 3000

/** Equal for specs that ask the same, whatever the order they were written in. */
export function detectionKey(spec: DetectionSpec): string {
  return shortHash(canonical(spec))
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`
  if (value instanceof URL || typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, field]) => field !== undefined)
  return `{${entries
    .map(([name, field]) => `${name}:${canonical(field)}`)
    .sort()
    .join()}}`
}
