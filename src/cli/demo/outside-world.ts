// The outside world of a demo, on loopback: two STUN servers and a check service that see whatever address they are told to.
import { createSocket, type Socket } from 'node:dgram'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface OutsideWorld {
  readonly stunPorts: readonly number[]
  readonly checkPort: number
  /** From now on everybody outside sees this IPv4 address. */
  show(address: string): void
  close(): Promise<void>
}

const HOST = '127.0.0.1'
const HEADER_BYTES = 20
const SUCCESS = 0x0101
const XOR_MAPPED_ADDRESS = 0x0020
const COOKIE = 0x2112_a442
const IPV4 = 1

export async function createOutsideWorld(first: string): Promise<OutsideWorld> {
  let shown = first
  const stun = await Promise.all([startStun(() => shown), startStun(() => shown)])
  const check = createServer((_request, response) => response.end(`${shown}\n`))
  await new Promise<void>((resolve) => check.listen(0, HOST, resolve))
  return {
    stunPorts: stun.map((socket) => socket.address().port),
    // A server on a port always has an address of this form.
    checkPort: (check.address() as AddressInfo).port,
    show: (address) => void (shown = address),
    close: async () => {
      await Promise.all([...stun.map(closeSocket), closeServer(check)])
    },
  }
}

async function startStun(shown: () => string): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('message', (request, client) => {
    if (request.length >= HEADER_BYTES)
      socket.send(answerBinding(request, shown(), client.port), client.port, client.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, HOST, resolve))
  return socket
}

/** A binding success with the address that the world is told to see (RFC 8489 §14.2). */
function answerBinding(request: Buffer, address: string, port: number): Buffer {
  const answer = Buffer.alloc(HEADER_BYTES + 12)
  answer.writeUInt16BE(SUCCESS, 0)
  answer.writeUInt16BE(12, 2)
  request.copy(answer, 4, 4, HEADER_BYTES)
  answer.writeUInt16BE(XOR_MAPPED_ADDRESS, 20)
  answer.writeUInt16BE(8, 22)
  answer.writeUInt8(IPV4, 25)
  answer.writeUInt16BE(port ^ (COOKIE >>> 16), 26)
  const octets = address.split('.').map(Number)
  octets.forEach((octet, index) => answer.writeUInt8(octet ^ ((COOKIE >>> (24 - 8 * index)) & 0xff), 28 + index))
  return answer
}

function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(resolve))
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
