// A STUN binding request written by hand, so that tests judge servers (and our own client) by something independent of both.
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'

const MAGIC_COOKIE = 0x2112a442
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const XOR_MAPPED_ADDRESS = 0x0020
const HEADER_BYTES = 20
const TIMEOUT_MS = 1_000

/** Our address and port as the server sees them. IPv6 is written as eight groups without leading zeros. */
export interface MappedAddress {
  readonly address: string
  readonly port: number
}

export async function askStun(transport: 'udp' | 'tcp', host: string, port: number): Promise<MappedAddress> {
  const question = Buffer.alloc(HEADER_BYTES)
  question.writeUInt16BE(BINDING_REQUEST, 0)
  question.writeUInt32BE(MAGIC_COOKIE, 4)
  randomBytes(12).copy(question, 8)
  const answer = await (transport === 'udp' ? askOverUdp : askOverTcp)(question, host, port)
  if (answer.readUInt16BE(0) !== BINDING_SUCCESS)
    throw new Error(`${host} answered with type ${answer.readUInt16BE(0)}`)
  if (!answer.subarray(4, HEADER_BYTES).equals(question.subarray(4))) throw new Error(`${host} answered something else`)
  return readMappedAddress(answer)
}

function askOverUdp(question: Buffer, host: string, port: number): Promise<Buffer> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  const answer = new Promise<Buffer>((resolve, reject) => {
    socket.once('message', resolve)
    socket.once('error', reject)
    setTimeout(() => reject(new Error(`no answer from ${host} over UDP`)), TIMEOUT_MS).unref()
    socket.connect(port, host, () => socket.send(question))
  })
  return answer.finally(() => socket.close())
}

function askOverTcp(question: Buffer, host: string, port: number): Promise<Buffer> {
  const socket = connect({ port, host, timeout: TIMEOUT_MS })
  const answer = new Promise<Buffer>((resolve, reject) => {
    let received = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (isWhole(received)) resolve(received)
    })
    socket.once('error', reject)
    socket.once('end', () => reject(new Error(`${host} closed the connection`)))
    socket.once('timeout', () => reject(new Error(`no answer from ${host} over TCP`)))
    socket.write(question)
  })
  return answer.finally(() => socket.destroy())
}

function isWhole(message: Buffer): boolean {
  return message.length >= HEADER_BYTES && message.length >= HEADER_BYTES + message.readUInt16BE(2)
}

function readMappedAddress(answer: Buffer): MappedAddress {
  for (let at = HEADER_BYTES; at + 4 <= answer.length;) {
    const length = answer.readUInt16BE(at + 2)
    if (answer.readUInt16BE(at) === XOR_MAPPED_ADDRESS) return unmask(answer, answer.subarray(at + 4, at + 4 + length))
    at += 4 + Math.ceil(length / 4) * 4
  }
  throw new Error('the answer has no XOR-MAPPED-ADDRESS')
}

// The address is masked with the magic cookie and, where that is too short, the transaction id that follows it in the header.
function unmask(answer: Buffer, value: Buffer): MappedAddress {
  const mask = answer.subarray(4, HEADER_BYTES)
  const bytes = Buffer.from(value.subarray(4).map((byte, index) => byte ^ (mask[index] ?? 0)))
  const port = value.readUInt16BE(2) ^ (MAGIC_COOKIE >>> 16)
  if (bytes.length === 4) return { address: bytes.join('.'), port }
  const groups = Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(group * 2).toString(16))
  return { address: groups.join(':'), port }
}
