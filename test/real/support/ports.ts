// Free loopback ports for servers under test.
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'

// Below the range that the kernel hands out for outgoing connections, so that none of those takes a port between choice and use.
const FIRST_PORT = 20_000
const LAST_PORT = 32_767
const ATTEMPTS = 100
const taken = new Set<number>()

/** The loopback addresses of this machine: always 127.0.0.1, and ::1 where IPv6 is on. */
export function listLoopbackHosts(): readonly string[] {
  const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))
  return hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']
}

/** A port free for UDP and TCP on every loopback address, and never given out twice by this process. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1)
    if (taken.has(port)) continue
    taken.add(port)
    if (await isFree(port)) return port
  }
  throw new Error(
    `no free port between ${FIRST_PORT} and ${LAST_PORT} in ${ATTEMPTS} attempts; is a runaway test holding them?`,
  )
}

async function isFree(port: number): Promise<boolean> {
  for (const host of listLoopbackHosts()) {
    if (!(await canListen(port, host)) || !(await canBind(port, host))) return false
  }
  return true
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host }, () => server.close(() => resolve(true)))
  })
}

function canBind(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', () => {
      socket.close()
      resolve(false)
    })
    socket.bind(port, host, () => socket.close(() => resolve(true)))
  })
}
