// How STUN responders can behave and misbehave.
import { randomBytes } from 'node:crypto'
import { mutatePacket } from './mutate-packet.ts'
import { encodeAnswer, errorCode, transactionIdOf, xorMappedAddress } from './stun-answer.ts'

export interface Reply {
  send(packet: Buffer): void
  /** UDP only: from another port than the one that was asked. */
  sendFromElsewhere(packet: Buffer): void
  /** TCP only. */
  hangUp(): void
  /** How many requests this responder has had, this one included. */
  readonly requests: number
}

export type Behaviour = (request: Buffer, reply: Reply) => void

export function genuineAnswer(request: Buffer, address: string): Buffer {
  const id = transactionIdOf(request)
  return encodeAnswer(id, [xorMappedAddress(id, address)], { fingerprint: 'right' })
}

export const answering =
  (address: string): Behaviour =>
  (request, reply) =>
    reply.send(genuineAnswer(request, address))

export const silent: Behaviour = () => {}

export const hangingUp: Behaviour = (_request, reply) => reply.hangUp()

/** The first few requests get lost on the way. */
export const losing =
  (count: number, address: string): Behaviour =>
  (request, reply) => {
    if (reply.requests > count) reply.send(genuineAnswer(request, address))
  }

export const duplicating =
  (address: string): Behaviour =>
  (request, reply) => {
    for (let copy = 0; copy < 3; copy += 1) reply.send(genuineAnswer(request, address))
  }

/** A forger who cannot see the request, and perhaps the genuine answer afterwards. */
export const forging =
  (lie: string, truth?: string): Behaviour =>
  (request, reply) => {
    reply.send(encodeAnswer(randomBytes(12), [xorMappedAddress(Buffer.alloc(12), lie)]))
    if (truth !== undefined) reply.send(genuineAnswer(request, truth))
  }

/** The right answer from the wrong place, and perhaps one from the right place afterwards. */
export const answeringFromElsewhere =
  (lie: string, truth?: string): Behaviour =>
  (request, reply) => {
    reply.sendFromElsewhere(genuineAnswer(request, lie))
    if (truth !== undefined) setTimeout(() => reply.send(genuineAnswer(request, truth)), 30)
  }

export const refusing =
  (code: number, phrase: string): Behaviour =>
  (request, reply) =>
    reply.send(encodeAnswer(transactionIdOf(request), [errorCode(code, phrase)], { type: 0x0111 }))

export const truncating =
  (address: string, bytes: number): Behaviour =>
  (request, reply) =>
    reply.send(genuineAnswer(request, address).subarray(0, bytes))

export const overflowing: Behaviour = (request, reply) => {
  const id = transactionIdOf(request)
  reply.send(encodeAnswer(id, [Buffer.alloc(4000)], {}))
}

export const flooding =
  (packets: number): Behaviour =>
  (_request, reply) => {
    for (let sent = 0; sent < packets; sent += 1) reply.send(randomBytes(40))
  }

/** Damages every answer. */
export const mutating =
  (address: string, random: () => number): Behaviour =>
  (request, reply) =>
    reply.send(mutatePacket(genuineAnswer(request, address), random))
