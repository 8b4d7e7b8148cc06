// One STUN question over TCP. A message frames itself by the length in its header; retransmission is TCP's business.
import { connect } from 'node:net'
import type { IpAddress } from '../../../model/address.ts'
import { describeFailure } from '../../../model/describe-failure.ts'
import { toError } from '../../../model/until-aborted.ts'
import { announcedLength, decodeBindingReply, HEADER_BYTES, MAX_MESSAGE_BYTES } from './binding-message.ts'
import { createStunRequest, describeUseless, type AskStun, type StunRequest } from './stun-exchange.ts'

export const askStunTcp: AskStun = (endpoint, _clock, signal) => {
  const request = createStunRequest()
  return new Promise<IpAddress>((resolve, reject) => {
    if (signal.aborted) return reject(toError(signal.reason))
    const socket = connect({ host: endpoint.address, port: endpoint.port, noDelay: true })
    let received: Buffer = Buffer.alloc(0)

    const settle = (conclude: () => void): void => {
      signal.removeEventListener('abort', abort)
      socket.destroy()
      conclude()
    }
    const fail = (error: unknown): void => settle(() => reject(new Error(describeFailure(error), { cause: error })))
    const abort = (): void => settle(() => reject(toError(signal.reason)))

    signal.addEventListener('abort', abort, { once: true })
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('connection closed early')))
    socket.on('connect', () => socket.write(request.bytes))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      try {
        const address = readAnswer(received, request)
        if (address !== undefined) settle(() => resolve(address))
      } catch (error) {
        fail(error)
      }
    })
  })
}

/** Undefined until the message is complete. The one connection carries the one question, so anything but its answer is an error. */
function readAnswer(received: Buffer, request: StunRequest): IpAddress | undefined {
  if (received.length < HEADER_BYTES) return undefined
  const length = announcedLength(received)
  if (length === undefined) throw new Error('not a STUN answer')
  if (length > MAX_MESSAGE_BYTES) throw new Error('malformed answer: it is too long')
  if (received.length < length) return undefined
  const reply = decodeBindingReply(received.subarray(0, length), request.transactionId)
  if (reply.kind === 'unrelated') throw new Error('the answer belongs to another request')
  if (reply.kind !== 'address') throw new Error(describeUseless(reply))
  return reply.address
}
