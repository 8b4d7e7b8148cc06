// Requests by Node's own client: a `100 Continue` that nobody asked for (RFC 9110 §15.2) ends a connection of undici's.
import type { ClientRequest, IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'

/** Sends the request and waits for the head of its answer. What is said before that (1xx) is passed over. */
export function answerOf(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once('response', resolve)
    asked.on('error', reject)
    // So it ends without an error, too: for one, when the other side changes to a protocol that nobody asked for.
    asked.once('close', () => reject(new Error('connection closed early')))
    asked.once('socket', (socket) => {
      // Of a handshake that fails with something waiting to be sent Node says only that it failed.
      if (socket instanceof TLSSocket && !asked.reusedSocket) socket.once('secureConnect', () => asked.end())
      else asked.end()
    })
  })
}
