// One STUN question over UDP, on a connected socket of its own: the kernel then reports refusals at once and drops what strangers send.
import { createSocket, type RemoteInfo } from 'node:dgram'
import { familyOf, parseIpAddress, type IpAddress } from '../../../model/address.ts'
import { describeFailure } from '../../../model/describe-failure.ts'
import { toError } from '../../../model/until-aborted.ts'
import { decodeBindingReply } from './binding-message.ts'
import { createStunRequest, describeUseless, type AskStun } from './stun-exchange.ts'

/** RFC 8489, 6.2.1: the wait doubles from here, seven transmissions at most. */
const FIRST_RTO_MS = 500
const MAX_TRANSMISSIONS = 7
/** Someone who guesses the port can send noise; it is skipped, but not for ever. */
const MAX_UNRELATED = 64

export const askStunUdp: AskStun = (endpoint, clock, signal) => {
  const request = createStunRequest()
  return new Promise<IpAddress>((resolve, reject) => {
    if (signal.aborted) return reject(toError(signal.reason))
    const socket = createSocket({ type: familyOf(endpoint.address) === 'IPv4' ? 'udp4' : 'udp6' })
    const stopping = new AbortController()
    let unrelated = 0

    const settle = (conclude: () => void): void => {
      if (stopping.signal.aborted) return
      stopping.abort()
      signal.removeEventListener('abort', abort)
      socket.close()
      conclude()
    }
    const fail = (error: unknown): void => settle(() => reject(new Error(describeFailure(error), { cause: error })))
    const abort = (): void => settle(() => reject(toError(signal.reason)))
    const transmit = async (): Promise<void> => {
      for (let sent = 0; sent < MAX_TRANSMISSIONS; sent += 1) {
        socket.send(request.bytes, (error) => error !== null && fail(error))
        await clock.sleep(FIRST_RTO_MS * 2 ** sent, stopping.signal)
      }
    }
    const receive = (packet: Buffer, from: RemoteInfo): void => {
      const isServer = from.port === endpoint.port && parseIpAddress(from.address) === endpoint.address
      const reply = decodeBindingReply(packet, request.transactionId)
      if (!isServer || reply.kind === 'unrelated') {
        unrelated += 1
        if (unrelated > MAX_UNRELATED) fail(new Error('flooded with packets that answer nothing'))
      } else if (reply.kind === 'address') settle(() => resolve(reply.address))
      else fail(new Error(describeUseless(reply)))
    }

    signal.addEventListener('abort', abort, { once: true })
    socket.on('error', fail)
    socket.on('message', receive)
    socket.on('connect', () => void transmit().catch(() => {}))
    socket.connect(endpoint.port, endpoint.address)
  })
}
