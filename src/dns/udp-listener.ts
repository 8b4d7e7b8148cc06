// Questions over UDP: each datagram is answered by at most one, and nothing is remembered of its sender.
import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { clientAddress } from './client-address.ts'

export interface Endpoint {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
}

export interface Listener {
  readonly port: number
  readonly close: () => Promise<void>
}

/** What to send back, or nothing. Must not throw. */
export type AnswerDatagram = (bytes: Uint8Array, client: string) => Uint8Array | undefined

export async function listenUdp({ host, port }: Endpoint, answer: AnswerDatagram): Promise<Listener> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  await bind(socket, host, port)
  socket.on('message', (bytes, sender) => {
    const reply = answer(bytes, clientAddress(sender.address))
    // An answer that cannot be sent is one more lost datagram: its asker asks again.
    if (reply !== undefined && sender.port !== 0) socket.send(reply, sender.port, sender.address, () => undefined)
  })
  // Such as word that an earlier answer reached nobody.
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.once('close', resolve))
  return {
    port: socket.address().port,
    close() {
      socket.close()
      return closed
    },
  }
}

function bind(socket: Socket, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close()
      reject(error)
    })
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.removeAllListeners('error')
      resolve()
    })
  })
}
