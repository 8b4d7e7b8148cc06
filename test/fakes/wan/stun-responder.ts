// STUN servers in this process, on loopback. They leave out everything but Binding requests, and TCP's own loss and delay cannot be imitated here.
import { createSocket } from 'node:dgram'
import { createServer, type Socket } from 'node:net'
import type { Behaviour } from './stun-behaviours.ts'

export interface StunResponder {
  readonly port: number
  /** As in `spec.stun.servers`. */
  readonly server: string
  readonly requests: number
  readonly connections: number
  stop(): Promise<void>
}

export interface ResponderOptions {
  readonly behaviour: Behaviour
  readonly host?: '127.0.0.1' | '::1'
  /** Between question and answer; for TCP once more for the handshake, which takes no time on loopback. */
  readonly latencyMs?: number
}

const REQUEST_BYTES = 20

export async function startUdpResponder(options: ResponderOptions): Promise<StunResponder> {
  const { host = '127.0.0.1', latencyMs = 0 } = options
  const type = host === '::1' ? 'udp6' : 'udp4'
  const socket = createSocket(type)
  const elsewhere = createSocket(type)
  const timers = new Set<NodeJS.Timeout>()
  let requests = 0
  let stopped = false
  socket.on('message', (request, from) => {
    requests += 1
    const sendBy = (sender: typeof socket) => (packet: Buffer) => {
      if (!stopped) sender.send(packet, from.port, from.address, () => {})
    }
    const reply = { send: sendBy(socket), sendFromElsewhere: sendBy(elsewhere), hangUp: () => {}, requests }
    later(timers, latencyMs, () => options.behaviour(request, reply))
  })
  await new Promise<void>((resolve) => socket.bind(0, host, resolve))
  await new Promise<void>((resolve) => elsewhere.bind(0, host, resolve))
  const { port } = socket.address()
  return {
    port,
    server: `udp://${host === '::1' ? '[::1]' : host}:${port}`,
    connections: 0,
    get requests() {
      return requests
    },
    async stop() {
      stopped = true
      for (const timer of timers) clearTimeout(timer)
      await Promise.all([socket, elsewhere].map((each) => new Promise<void>((resolve) => each.close(() => resolve()))))
    },
  }
}

export async function startTcpResponder(options: ResponderOptions): Promise<StunResponder> {
  const { host = '127.0.0.1', latencyMs = 0 } = options
  const timers = new Set<NodeJS.Timeout>()
  const sockets = new Set<Socket>()
  let requests = 0
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.once('data', (request) => {
      requests += 1
      const send = (packet: Buffer): void => void socket.write(packet)
      const reply = { send, sendFromElsewhere: send, hangUp: () => socket.destroy(), requests }
      later(timers, 2 * latencyMs, () => options.behaviour(request.subarray(0, REQUEST_BYTES), reply))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  return {
    port,
    server: `tcp://${host === '::1' ? '[::1]' : host}:${port}`,
    get requests() {
      return requests
    },
    get connections() {
      return connections
    },
    async stop() {
      for (const timer of timers) clearTimeout(timer)
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function later(timers: Set<NodeJS.Timeout>, ms: number, action: () => void): void {
  if (ms === 0) return action()
  const timer = setTimeout(() => {
    timers.delete(timer)
    action()
  }, ms)
  timers.add(timer)
}
