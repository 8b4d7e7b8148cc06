// Servers that say what no library for HTTP/2 would let them say, frame by frame.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { IpAddress } from '../../model/address.ts'
import { probeGrpc } from './probe-grpc.ts'
import type { ProbeAnswer } from './probe-spec.ts'

const SETTINGS = frame(4, 0, 0)
const SERVING = frame(0, 0, 1, Buffer.from([0, 0, 0, 0, 2, 8, 1]))
const END_STREAM = 1
const HEAD = { ':status': '200', 'content-type': 'application/grpc' }

function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** Without any compression. */
function fields(values: Readonly<Record<string, string>>): Buffer {
  const texts = Object.entries(values).map(([name, value]) => {
    // From 127 bytes on a length has a second byte, which does for those up to 254.
    const length = value.length < 127 ? [value.length] : [127, value.length - 127]
    return Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from(length), Buffer.from(value)])
  })
  return Buffer.concat(texts)
}

const headers = (values: Readonly<Record<string, string>>, flags = 0): Buffer => frame(1, flags | 4, 1, fields(values))

describe('a gRPC probe', () => {
  let server: Server
  let answer: readonly Buffer[]
  const sockets = new Set<Socket>()

  beforeEach(async () => {
    server = createServer((socket) => {
      sockets.add(socket.on('error', () => socket.destroy()))
      socket.once('data', () => socket.write(Buffer.concat([SETTINGS, ...answer])))
      socket.resume()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
    await new Promise((resolve) => server.close(resolve))
  })

  function probe(...frames: readonly Buffer[]): Promise<ProbeAnswer> {
    answer = frames
    const handler = { kind: 'grpc', service: '' } as const
    const { port } = server.address() as AddressInfo
    const limits = { periodMs: 5_000, timeoutMs: 500, failureThreshold: 3, successThreshold: 1 }
    return probeGrpc(
      { address: '127.0.0.1' as IpAddress, port, handler, ...limits },
      handler,
      new AbortController().signal,
    )
  }

  it('is well after what is said before an answer', async () => {
    const trailers = headers({ 'grpc-status': '0' }, END_STREAM)
    expect(await probe(headers({ ':status': '103' }), headers(HEAD), SERVING, trailers)).toBeUndefined()
  })

  it('takes nothing that is pushed, whose end would be the end of the process', async () => {
    const request = { ':method': 'GET', ':path': '/', ':scheme': 'http', ':authority': 'a' }
    const pushed = frame(5, 4, 1, Buffer.concat([Buffer.from([0, 0, 0, 2]), fields(request)]))
    expect(await probe(frame(4, 1, 0), pushed)).toBe('not an HTTP/2 answer')
  })

  it.each([
    ['9', 'gRPC status 9'],
    ['x'.repeat(200), 'not a gRPC health answer'],
    ['1'.repeat(200), 'not a gRPC health answer'],
  ])('that ends with the status %.5s says: %s', async (status, problem) => {
    expect(await probe(headers({ ...HEAD, 'grpc-status': status }, END_STREAM))).toBe(problem)
  })
})
