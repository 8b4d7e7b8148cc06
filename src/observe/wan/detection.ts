// The words of a detection: sources, what they said, and what was made of it.
import type { AddressFamily, IpAddress } from '../../model/address.ts'

export type Transport = 'UDP' | 'TCP' | 'HTTP' | 'HTTPS' | 'Interface'

export interface SourceIdentity {
  /** As people write it: `udp://stun.example.net:3478`, `https://check.example.net/ip`, `ppp0`. */
  readonly name: string
  readonly transport: Transport
  /** Sources of one operator count once. */
  readonly operator: string
  /** Its answers come over verified TLS. */
  readonly authenticated: boolean
}

/** The port every way of finding the address implements. */
export interface WanSource extends SourceIdentity {
  /**
   * The addresses it sees: one, except that an interface may have several. Rejects with an error whose message says in a few words what went wrong,
   * and at once when aborted, leaving nothing open.
   */
  ask(signal: AbortSignal): Promise<readonly IpAddress[]>
}

export type SourceResult =
  | { readonly kind: 'answered'; readonly addresses: readonly IpAddress[] }
  /** It answered, and the answer is not to be believed. */
  | { readonly kind: 'refused'; readonly address: IpAddress; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }
  /** The others had settled it before this one answered. */
  | { readonly kind: 'unneeded' }

export interface SourceOutcome {
  readonly source: SourceIdentity
  readonly result: SourceResult
  /** From the question to the answer, or for how long there was none; 0 when it was not even asked. */
  readonly elapsedMs: number
}

export type UnknownReason =
  /** No source answered. */
  | 'NoAnswer'
  /** All that answered gave addresses that are not to be believed. */
  | 'AddressRefused'
  /** Too few agree. */
  | 'NoQuorum'
  /** Two addresses have a quorum each. */
  | 'Conflict'
  /** Enough agree, but none of them over TLS. */
  | 'NotAuthenticated'
  /** No quorum is possible with these sources. */
  | 'TooFewOperators'
  /** An authenticated answer is required, and no source gives one. */
  | 'NoAuthenticatedSource'
  /** No list of servers could be had. */
  | 'NoServerList'
  /** A new address was seen that a second round did not confirm. */
  | 'Unconfirmed'
  /** Nothing has been asked yet. */
  | 'NotYetAsked'

/** Never an empty list: either an address is known, or it is said why not. */
export type Detection = KnownAddress | UnknownAddress

export interface KnownAddress {
  readonly kind: 'known'
  readonly family: AddressFamily
  readonly address: IpAddress
  readonly answers: readonly SourceOutcome[]
}

export interface UnknownAddress {
  readonly kind: 'unknown'
  readonly family: AddressFamily
  readonly reason: UnknownReason
  /** Why, in one sentence. */
  readonly summary: string
  /** The same with what each source said. */
  readonly message: string
  readonly answers: readonly SourceOutcome[]
}

/** Asking again cannot help: the question itself has to change. */
export function isTerminal({ reason }: UnknownAddress): boolean {
  return reason === 'TooFewOperators' || reason === 'NoAuthenticatedSource'
}
