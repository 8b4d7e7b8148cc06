import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { frameMessage } from '../../wire/stream-framing.ts'
import { askStream } from './dns-stream.ts'

const messageOf = (first: number): Uint8Array => new Uint8Array(12).fill(first, 0, 1)

describe('a stream of DNS messages', () => {
  let server: Server
  const sockets = new Set<Socket>()
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
    await new Promise((resolve) => server.close(resolve))
  })

  const listen = async (serve: (socket: Socket) => void): Promise<number> => {
    server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined))
      serve(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }
  const ask = (
    port: number,
    take: (message: Uint8Array) => boolean,
    signal = new AbortController().signal,
  ): Promise<void> => askStream({ host: '127.0.0.1', port, timeoutMs: 250, totalMs: 600 }, messageOf(0), take, signal)

  it('hands over message after message until there are enough', async () => {
    const port = await listen((socket) =>
      socket.once('data', () => {
        for (let count = 0; count < 5; count += 1) socket.write(frameMessage(messageOf(count)))
      }),
    )
    const taken: number[] = []
    await ask(port, (message) => taken.push(message[0] ?? -1) === 3)
    expect(taken).toEqual([0, 1, 2])
  })

  it('has its answer although nonsense follows in the same piece', async () => {
    const port = await listen((socket) =>
      socket.once('data', () => socket.write(Buffer.concat([frameMessage(messageOf(7)), Buffer.from([0, 0])]))),
    )
    const taken: number[] = []
    await ask(port, (message) => taken.push(message[0] ?? -1) === 1)
    expect(taken).toEqual([7])
  })

  it('gives up on a server that says nothing', async () => {
    const port = await listen(() => undefined)
    await expect(ask(port, () => true)).rejects.toThrow('no answer within 0.25 s')
  })

  it.each([
    ['bytes of one message', Buffer.from([0])],
    ['whole messages', frameMessage(messageOf(7))],
  ])('gives up on a server that lets %s drip, and never is silent for long', async (_what, drop) => {
    const port = await listen((socket) => {
      const drip = setInterval(() => socket.write(drop), 20)
      socket.on('close', () => clearInterval(drip))
      // The length of a message that will not be complete for an hour.
      if (drop.length === 1) socket.write(Buffer.from([0xff, 0xff]))
    })
    const began = performance.now()
    await expect(ask(port, () => false)).rejects.toThrow('the answer was not complete within 0.6 s')
    expect(performance.now() - began, 'not the hour').toBeLessThan(60_000)
  })

  it('ends at once when aborted, for the reason of the abort', async () => {
    const port = await listen(() => undefined)
    const controller = new AbortController()
    const asking = ask(port, () => true, controller.signal)
    controller.abort(new Error('stopping'))
    await expect(asking).rejects.toThrow('stopping')
  })
})
