// What the STUN transports share: the request, and what an answer means for the one who asked.
import { randomBytes } from 'node:crypto'
import type { IpAddress } from '../../../model/address.ts'
import type { Clock } from '../../../model/clock.ts'
import { encodeBindingRequest, TRANSACTION_ID_BYTES, type BindingReply } from './binding-message.ts'

export interface StunEndpoint {
  readonly address: IpAddress
  readonly port: number
}

/** Rejects with a few words about what went wrong; leaves nothing open, whatever happens. */
export type AskStun = (endpoint: StunEndpoint, clock: Clock, signal: AbortSignal) => Promise<IpAddress>

export interface StunRequest {
  readonly transactionId: Uint8Array
  readonly bytes: Buffer
}

export function createStunRequest(): StunRequest {
  const transactionId = randomBytes(TRANSACTION_ID_BYTES)
  return { transactionId, bytes: encodeBindingRequest(transactionId) }
}

/** Why an answer that belongs to the request gives no address. */
export function describeUseless(reply: Extract<BindingReply, { kind: 'error' | 'malformed' }>): string {
  if (reply.kind === 'malformed') return `malformed answer: ${reply.problem}`
  return `the server answered with error ${reply.code}${reply.phrase === '' ? '' : ` (${reply.phrase})`}`
}
