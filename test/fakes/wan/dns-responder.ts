// A DNS server in this process that knows a few names, over UDP, and leaves out everything else.
import { createSocket } from 'node:dgram'
import { addressBytes } from './stun-answer.ts'

export interface DnsResponder {
  readonly server: string
  readonly questions: number
  stop(): Promise<void>
}

/** Addresses by name; an empty list: the name exists without any; 'silent': no answer ever; other names do not exist. */
export type KnownNames = Readonly<Record<string, readonly string[] | 'silent'>>

const NO_SUCH_NAME = 3
const TYPE_AAAA = 28

export async function startDnsResponder(names: KnownNames): Promise<DnsResponder> {
  const socket = createSocket('udp4')
  let questions = 0
  socket.on('message', (query, from) => {
    questions += 1
    const { name, type, end } = readQuestion(query)
    const known = names[name]
    if (known === 'silent') return
    const wanted = (known ?? []).filter((address) => address.includes(':') === (type === TYPE_AAAA))
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(0x8180 | (known === undefined ? NO_SUCH_NAME : 0), 2)
    header.writeUInt16BE(wanted.length, 6)
    header.writeUInt32BE(0, 8)
    const records = wanted.map((address) => encodeRecord(type, address))
    socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), from.port, from.address, () => {})
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    server: `127.0.0.1:${socket.address().port}`,
    get questions() {
      return questions
    },
    stop: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  }
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let offset = 12
  for (let length = query[offset] ?? 0; length > 0; length = query[offset] ?? 0) {
    labels.push(query.toString('latin1', offset + 1, offset + 1 + length))
    offset += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(offset + 1), end: offset + 5 }
}

function encodeRecord(type: number, address: string): Buffer {
  const bytes = addressBytes(address)
  const head = Buffer.from('c00c0000000100000000', 'hex') // the name of the question, class IN, TTL 0
  head.writeUInt16BE(type, 2)
  return Buffer.concat([head, Buffer.of(0, bytes.length), bytes])
}
