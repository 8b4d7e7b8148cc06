import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer as createHttp2Server, type Http2Server, type Http2Session } from 'node:http2'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { heldBy } from '../../../test/support/held-by.ts'
import type { IpAddress } from '../../model/address.ts'
import { createNetworkProbe } from './network-probe.ts'
import type { ProbeHandler, ProbeSpec } from './probe-spec.ts'

const network = createNetworkProbe()
const signal = new AbortController().signal
let http: HttpServer
let grpc: Http2Server
let silent: Server
const seen: { host: string | undefined; agent: string | undefined; extra: string | undefined }[] = []
let connections = 0
const sockets = new Set<Socket>()

const listen = (server: { listen: (port: number, host: string, done: () => void) => unknown }): Promise<void> =>
  new Promise((resolve) => void server.listen(0, '127.0.0.1', resolve))
const portOf = (server: { address: () => unknown }): number => (server.address() as AddressInfo).port

const GRPC_ANSWERS: Readonly<Record<string, Buffer>> = {
  '': Buffer.from([0, 0, 0, 0, 2, 8, 1]),
  down: Buffer.from([0, 0, 0, 0, 2, 8, 2]),
  blank: Buffer.from([0, 0, 0, 0, 0]),
  junk: Buffer.from('this is no frame'),
  cut: Buffer.from([0, 0, 0, 0, 2, 8, 1]),
  late: Buffer.from([0, 0, 0, 0, 2, 8, 1]),
}

beforeAll(async () => {
  http = createHttpServer((request, response) => {
    seen.push({
      host: request.headers.host,
      agent: request.headers['user-agent'],
      extra: request.headers['x-extra'] as string | undefined,
    })
    const [, status = '200'] = /^\/status\/(\d+)/.exec(request.url ?? '') ?? []
    if (request.url === '/hang') return
    response.writeHead(Number(status)).end('ok')
  })
  http.on('connection', () => (connections += 1))
  grpc = createHttp2Server()
  grpc.on('stream', (stream) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const service = Buffer.concat(chunks).subarray(7).toString()
      const answer = GRPC_ANSWERS[service]
      if (service === 'late') return
      if (answer === undefined) {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' }, { endStream: true })
        return
      }
      if (service === 'cut') {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
        stream.end(answer)
        return
      }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(answer)
    })
  })
  silent = createServer((socket) => sockets.add(socket.on('error', () => socket.destroy())))
  await Promise.all([listen(http), listen(grpc), listen(silent)])
})

afterAll(async () => {
  network.close()
  http.closeAllConnections()
  for (const socket of sockets) socket.destroy()
  await Promise.all([http, grpc, silent].map((server) => new Promise((resolve) => server.close(resolve))))
})

const httpHandler = (more: Partial<Extract<ProbeHandler, { kind: 'http' }>> = {}): ProbeHandler => ({
  kind: 'http',
  scheme: 'HTTP',
  path: '/',
  host: undefined,
  headers: [],
  expectedStatus: '200-399',
  insecureSkipVerify: false,
  ...more,
})

function probe(port: number, handler: ProbeHandler, timeoutMs = 2_000, by = network): Promise<string | undefined> {
  const limits = { periodMs: 5_000, timeoutMs, failureThreshold: 3, successThreshold: 1 }
  const spec: ProbeSpec = { address: '127.0.0.1' as IpAddress, port, handler, ...limits }
  return by.probe(spec, signal)
}

async function closedPort(): Promise<number> {
  const server = createServer()
  await listen(server)
  const port = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('a TCP probe', () => {
  it('is well when a connection is accepted', async () => {
    expect(await probe(portOf(silent), { kind: 'tcp' })).toBeUndefined()
  })
  it('says that it was refused', async () => {
    expect(await probe(await closedPort(), { kind: 'tcp' })).toBe('connection refused')
  })
})

describe('an HTTP probe', () => {
  it.each([
    ['/status/200', undefined],
    ['/status/302', undefined],
    ['/status/404', 'answered with status 404'],
    ['/status/503', 'answered with status 503'],
  ])('of %s: %s', async (path, problem) => {
    expect(await probe(portOf(http), httpHandler({ path }))).toBe(problem)
  })

  it('asks for the host and with the headers it is given', async () => {
    const headers = [{ name: 'X-Extra', value: 'yes' }]
    await probe(portOf(http), httpHandler({ host: 'shop.example.com', headers }))
    expect(seen.at(-1)).toEqual({ host: `shop.example.com:${portOf(http)}`, agent: 'stoa-probe', extra: 'yes' })
  })

  it('keeps its connection from probe to probe', async () => {
    const fresh = createNetworkProbe()
    const before = connections
    for (let count = 0; count < 5; count += 1) await probe(portOf(http), httpHandler(), 2_000, fresh)
    expect(connections - before).toBe(1)
    fresh.close()
  })

  it('ends a probe that hangs', async () => {
    expect(await probe(portOf(http), httpHandler({ path: '/hang' }), 100)).toBe('no answer in time')
  })

  it('says that a port is closed, that a server says nothing, and that TLS is not spoken', async () => {
    expect(await probe(await closedPort(), httpHandler())).toBe('connection refused')
    expect(await probe(portOf(silent), httpHandler(), 100)).toBe('no answer in time')
    expect(await probe(portOf(http), httpHandler({ scheme: 'HTTPS' }))).toBe('not a TLS answer')
  })
})

describe('a probe of any kind', () => {
  it.each<[string, () => number, ProbeHandler]>([
    ['HTTP', () => portOf(http), httpHandler()],
    ['HTTP that hangs', () => portOf(http), httpHandler({ path: '/hang' })],
    ['gRPC', () => portOf(grpc), { kind: 'grpc', service: '' }],
    ['TCP', () => portOf(silent), { kind: 'tcp' }],
  ])('leaves nothing behind on a signal that outlives it: %s', async (_what, port, handler) => {
    const { signal: lasting } = new AbortController()
    const limits = { periodMs: 5_000, timeoutMs: 200, failureThreshold: 3, successThreshold: 1 }
    for (let count = 0; count < 3; count += 1)
      await network.probe({ address: '127.0.0.1' as IpAddress, port: port(), handler, ...limits }, lasting)
    expect(heldBy(lasting)).toBe(0)
  })

  it.each<[string, ProbeHandler]>([
    ['TCP', { kind: 'tcp' }],
    ['gRPC', { kind: 'grpc', service: '' }],
  ])('waits for no connection once it is ended: %s', async (_what, handler) => {
    const ending = new AbortController()
    const limits = { periodMs: 5_000, timeoutMs: 2_000, failureThreshold: 3, successThreshold: 1 }
    const spec = { address: '127.0.0.1' as IpAddress, port: portOf(silent), handler, ...limits }
    const connected = once(silent, 'connection') as Promise<[Socket]>
    const probing = network.probe(spec, ending.signal)
    ending.abort(new Error('enough'))
    await expect(probing).rejects.toThrow('enough')
    const next = connect({ host: '127.0.0.1', port: portOf(silent) })
    const [[first]] = await Promise.all([connected, once(next, 'connect')])
    expect(first.remotePort).toBe(next.localPort)
    next.destroy()
  })

  it('would be seen to leave something behind if it made use of AbortSignal.any', () => {
    const { signal: lasting } = new AbortController()
    AbortSignal.any([lasting, new AbortController().signal])
    expect(heldBy(lasting)).toBe(1)
  })
})

describe('a gRPC probe', () => {
  it.each([
    ['', undefined],
    ['down', 'the service says NOT_SERVING'],
    ['blank', 'the service says UNKNOWN'],
    ['junk', 'not a gRPC health answer'],
    ['missing', 'the server does not know the service'],
    ['cut', 'the answer was cut off'],
  ])('of the service %j: %s', async (service, problem) => {
    expect(await probe(portOf(grpc), { kind: 'grpc', service })).toBe(problem)
  })

  it('leaves without a reproach where no answer comes in time', async () => {
    const reproaches: Error[] = []
    grpc.on('sessionError', (error) => reproaches.push(error))
    grpc.once('stream', (stream) => stream.on('error', (error) => reproaches.push(error)))
    const left = once(grpc, 'session').then(([session]) => once(session as Http2Session, 'close'))
    expect(await probe(portOf(grpc), { kind: 'grpc', service: 'late' }, 100)).toBe('no answer in time')
    await left
    expect(reproaches).toEqual([])
  })

  it('says what is wrong with a server that is none', async () => {
    const hasty = createServer((socket) => socket.on('error', () => socket.destroy()).end())
    await listen(hasty)
    expect(await probe(portOf(hasty), { kind: 'grpc', service: '' })).toBe('connection closed early')
    hasty.close()
    expect(await probe(portOf(http), { kind: 'grpc', service: '' })).toBe('not an HTTP/2 answer')
    expect(await probe(await closedPort(), { kind: 'grpc', service: '' })).toBe('connection refused')
    expect(await probe(portOf(silent), { kind: 'grpc', service: '' }, 100)).toBe('no answer in time')
  })
})
