// A tiny DNS client over TCP for tests: whole messages out, whole messages in, on one connection.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { FrameDecoder, frameMessage } from '../../../src/wire/stream-framing.ts'

const TIMEOUT_MS = 10_000

export class DnsConnection {
  readonly #socket: Socket
  readonly #messages: AsyncGenerator<Uint8Array, undefined>

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#messages = readMessages(socket)
  }

  static async open(port: number): Promise<DnsConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer from port ${port} in ${TIMEOUT_MS} ms`)))
    await once(socket, 'connect')
    return new DnsConnection(socket)
  }

  send(message: Uint8Array): void {
    this.#socket.write(frameMessage(message))
  }

  async next(): Promise<Uint8Array> {
    const { value } = await this.#messages.next()
    if (value === undefined) throw new Error('the server closed the connection')
    return value
  }

  close(): void {
    this.#socket.destroy()
  }
}

async function* readMessages(socket: Socket): AsyncGenerator<Uint8Array, undefined> {
  const decoder = new FrameDecoder()
  for await (const chunk of socket as AsyncIterable<Buffer>) yield* decoder.push(chunk)
  return undefined
}

/** One question, one answer. */
export async function askDns(port: number, message: Uint8Array): Promise<Uint8Array> {
  const connection = await DnsConnection.open(port)
  try {
    connection.send(message)
    return await connection.next()
  } finally {
    connection.close()
  }
}
