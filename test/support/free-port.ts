import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** A port of loopback that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server on a port always has an address of this form.
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/**
 * The first of `count` ports that are free for TCP and UDP. They lie below those that a system gives to whoever asks for any, so that
 * nobody gets one of them meanwhile.
 */
export async function freePortBase(count: number): Promise<number> {
  for (;;) {
    const base = 20_000 + count * Math.floor(Math.random() * Math.floor(12_000 / count))
    const ports = Array.from({ length: count }, (_, index) => base + index)
    const free = await Promise.all(ports.map(isFree))
    if (free.every(Boolean)) return base
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  const socket = createSocket('udp4').bind(port, '127.0.0.1')
  const bound = Promise.all([once(server, 'listening'), once(socket, 'listening')])
  const wasFree = await bound.then(
    () => true,
    () => false,
  )
  await new Promise((resolve) => server.close(resolve))
  await new Promise<void>((resolve) => void socket.close(resolve))
  return wasFree
}
