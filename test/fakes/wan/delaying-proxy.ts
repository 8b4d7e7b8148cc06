// A TCP proxy on loopback that holds back what the client says for a round trip, so that handshakes cost what they would on a long line.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface DelayingProxy {
  readonly port: number
  readonly connections: number
  stop(): Promise<void>
}

export interface DelayingProxyOptions {
  readonly targetPort: number
  readonly roundTripMs: number
  /** TCP's own handshake takes no time on loopback; with this the first byte waits for it too. */
  readonly countHandshake: boolean
}

export async function startDelayingProxy(options: DelayingProxyOptions): Promise<DelayingProxy> {
  const { targetPort, roundTripMs, countHandshake } = options
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((near) => {
    connections += 1
    const far = connect(targetPort, '127.0.0.1')
    near.setNoDelay(true)
    far.setNoDelay(true)
    const openAt = performance.now() + (countHandshake ? roundTripMs : 0)
    far.pipe(near)
    near.on('data', (chunk) => {
      const dueAt = Math.max(performance.now(), openAt) + roundTripMs
      void waitUntil(dueAt).then(() => far.destroyed || far.write(chunk))
    })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // listening on a port, so it is no pipe
  return {
    port,
    get connections() {
      return connections
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Timers are late by a millisecond or so, which would add up over the round trips. */
async function waitUntil(dueAt: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, dueAt - performance.now() - 2))
  while (performance.now() < dueAt) await new Promise((resolve) => setImmediate(resolve))
}
