import type { IpAddress } from '../../model/address.ts'

/** What one probe asks, of one address. Probes with equal specs are one probe, however many resources want it. */
export interface ProbeSpec {
  readonly address: IpAddress
  readonly port: number
  readonly handler: ProbeHandler
  readonly periodMs: number
  readonly timeoutMs: number
  readonly failureThreshold: number
  readonly successThreshold: number
}

export type ProbeHandler =
  | {
      readonly kind: 'http'
      readonly scheme: 'HTTP' | 'HTTPS'
      readonly path: string
      /** For the Host header and, with HTTPS, the certificate. Undefined: the address itself. */
      readonly host: string | undefined
      readonly headers: readonly { readonly name: string; readonly value: string }[]
      /** Codes and ranges: `200-299,301`. */
      readonly expectedStatus: string
      readonly insecureSkipVerify: boolean
    }
  | { readonly kind: 'tcp' }
  | { readonly kind: 'grpc'; readonly service: string }

/** One probe's answer: undefined is well, a text says what is wrong in words that stay the same from try to try. */
export type ProbeAnswer = string | undefined

/** Asks once. Resolves with what is wrong; rejects only when aborted. */
export type Probe = (spec: ProbeSpec, signal: AbortSignal) => Promise<ProbeAnswer>

export function probeKey(spec: ProbeSpec): string {
  return JSON.stringify(spec)
}
