// Questions over TCP, several on one connection (RFC 7766). What a client can take up is limited: connections, time, memory.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { frameMessage, FrameDecoder } from '../wire/stream-framing.ts'
import { clientAddress } from './client-address.ts'
import { LONGEST_QUESTION } from './handle-message.ts'
import type { Endpoint, Listener } from './udp-listener.ts'

export interface TcpLimits {
  readonly connections: number
  readonly connectionsPerClient: number
  /** A connection that asks nothing, or does not take its answer, for so long is closed. */
  readonly idleMs: number
}

export const TCP_LIMITS: TcpLimits = { connections: 200, connectionsPerClient: 16, idleMs: 10_000 }

/** The messages to send back, one after the other. */
export type AnswerStream = (bytes: Uint8Array, client: string) => Iterable<Uint8Array>

export async function listenTcp(endpoint: Endpoint, limits: TcpLimits, answer: AnswerStream): Promise<Listener> {
  const open = new Map<Socket, string>()
  const takeTurn = createTurns()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const client = clientAddress(socket.remoteAddress)
    const own = [...open.values()].filter((other) => other === client).length
    if (open.size >= limits.connections || own >= limits.connectionsPerClient) {
      socket.destroy()
      return
    }
    open.set(socket, client)
    socket.once('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    void serve(socket, { idleMs: limits.idleMs, takeTurn, answer: (bytes) => answer(bytes, client) }).catch(() =>
      socket.destroy(),
    )
  })
  await listen(server, endpoint)
  server.on('error', () => undefined)
  // A server on a port always has an address of this form.
  const { port } = server.address() as AddressInfo
  return { port, close: () => closeServer(server, open) }
}

function listen(server: Server, { host, port }: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

function closeServer(server: Server, open: ReadonlyMap<Socket, string>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of open.keys()) socket.destroy()
  })
}

/**
 * What the system takes at once is written without a pause: all else in this process would wait for the end of a transfer. So each message
 * has a turn of the event loop for itself, whichever of hundreds of connections it is for.
 */
function createTurns(): () => Promise<void> {
  let latest = Promise.resolve()
  return () => (latest = latest.then(() => nextTurn()))
}

interface Conversation {
  readonly idleMs: number
  readonly takeTurn: () => Promise<void>
  readonly answer: (bytes: Uint8Array) => Iterable<Uint8Array>
}

/** Reads on only when what was asked is answered and sent, so that nobody can pile up answers. */
async function serve(socket: Socket, { idleMs, takeTurn, answer }: Conversation): Promise<void> {
  const decoder = new FrameDecoder(LONGEST_QUESTION)
  // Bytes alone do not count as a sign of life: a question may not trickle in for ever.
  const deadline = setTimeout(() => socket.destroy(), idleMs)
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      await takeTurn()
      for (const message of answerAll(decoder.push(chunk), answer)) {
        deadline.refresh()
        await write(socket, frameMessage(message))
        deadline.refresh()
        await takeTurn()
      }
    }
    socket.end()
  } finally {
    clearTimeout(deadline)
  }
}

function* answerAll(
  questions: Iterable<Uint8Array>,
  answer: (bytes: Uint8Array) => Iterable<Uint8Array>,
): Iterable<Uint8Array> {
  for (const question of questions) yield* answer(question)
}

function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
}
