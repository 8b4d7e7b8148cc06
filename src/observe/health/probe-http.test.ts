import { createServer, type Server, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { IpAddress } from '../../model/address.ts'
import { HttpProbes } from './probe-http.ts'
import type { ProbeAnswer, ProbeHandler, ProbeSpec } from './probe-spec.ts'

type HttpHandler = Extract<ProbeHandler, { kind: 'http' }>

describe('HTTP probes of one address', () => {
  let probes: HttpProbes
  let server: Server
  /** What was asked for at `/slow` and has no answer yet. */
  let slow: ServerResponse[]
  let hearSlow: () => void
  let connections: number

  beforeEach(async () => {
    probes = new HttpProbes()
    slow = []
    hearSlow = () => undefined
    connections = 0
    server = createServer((request, response) => {
      if (request.url === '/slow') {
        slow.push(response)
        hearSlow()
      } else response.end('ok')
    })
    server.on('connection', () => (connections += 1))
    await listen(server)
  })
  afterEach(async () => {
    probes.close()
    server.closeAllConnections()
    await close(server)
  })

  const ask = (path: string, more: Partial<ProbeSpec> = {}): Promise<ProbeAnswer> =>
    askFor(probes, portOf(server), { path }, more)

  it.each(['/ok', '/slow'])('do not wait for one that has no answer yet: %s is asked for meanwhile', async (path) => {
    const heard = new Promise<void>((resolve) => (hearSlow = resolve))
    const first = ask('/slow')
    await heard
    hearSlow = () => slow.at(-1)?.end('at last')
    // Equal in all but its pace, it is another probe all the same.
    expect(await ask(path, { periodMs: 7_000 })).toBeUndefined()
    slow[0]?.end('at last')
    expect(await first).toBeUndefined()
  })

  it('make no more connections than there are probes, and keep them', async () => {
    const paths = ['/one', '/two', '/three']
    for (let round = 0; round < 4; round += 1) await Promise.all(paths.map((path) => ask(path)))
    expect(connections).toBe(paths.length)
  })

  it('do well again after one that had no answer in time', async () => {
    expect(await ask('/slow', { timeoutMs: 500 })).toBe('no answer in time')
    hearSlow = () => slow.at(-1)?.end('at last')
    expect(await ask('/slow', { timeoutMs: 500 })).toBeUndefined()
  })
})

describe('HTTP probes of a server that ends its connections', () => {
  let probes: HttpProbes
  let server: Server
  let connections: number

  beforeEach(async () => {
    probes = new HttpProbes()
    connections = 0
    const served = new WeakMap<Socket, number>()
    server = createServer(({ socket, url }, response) => {
      const before = served.get(socket) ?? 0
      served.set(socket, before + 1)
      if (before > 0 || url === '/never') socket.destroy()
      else response.end('ok')
    })
    server.on('connection', () => (connections += 1))
    await listen(server)
  })
  afterEach(async () => {
    probes.close()
    await close(server)
  })

  it('do well when a kept one ends just as they ask', async () => {
    for (let count = 0; count < 3; count += 1) expect(await askFor(probes, portOf(server), {}, {})).toBeUndefined()
    expect(connections).toBe(3)
  })

  it('say so when a new one ends without an answer, and ask once', async () => {
    expect(await askFor(probes, portOf(server), { path: '/never' }, {})).toBe('connection closed early')
    expect(connections).toBe(1)
  })

  it('say what became of it when a kept one ends and nobody listens any more', async () => {
    const port = portOf(server)
    expect(await askFor(probes, port, {}, {})).toBeUndefined()
    server.close()
    expect(await askFor(probes, port, {}, {})).toBe('connection refused')
  })
})

describe('an HTTP probe of a server that says something before it answers', () => {
  let probes: HttpProbes
  let early: TcpServer
  let connections: number
  let before: string

  beforeEach(async () => {
    probes = new HttpProbes()
    connections = 0
    early = createTcpServer((socket) => {
      connections += 1
      socket.on('error', () => socket.destroy())
      socket.on('data', () => socket.write(`${before}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok`))
    })
    await listen(early)
  })
  afterEach(async () => {
    probes.close()
    await close(early)
  })

  it.each([
    ['100 Continue', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['103 Early Hints', 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n'],
    ['more than one thing', 'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n'],
  ])('waits for the answer after %s, and keeps the connection', async (_what, said) => {
    before = said
    for (let count = 0; count < 2; count += 1) expect(await askFor(probes, portOf(early), {}, {})).toBeUndefined()
    expect(connections).toBe(1)
  })

  it('ends when the server changes to a protocol that nobody asked for', async () => {
    before = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n'
    expect(await askFor(probes, portOf(early), {}, {})).toBe('connection closed early')
  })
})

describe('an HTTPS probe of an address that accepts and says nothing', () => {
  let silent: TcpServer
  const sockets = new Set<Socket>()

  beforeEach(async () => {
    silent = createTcpServer((socket) => sockets.add(socket.on('error', () => socket.destroy())))
    await listen(silent)
  })
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    await close(silent)
  })

  it('ends with its own limit, and not with that of whoever connects', async () => {
    const probes = new HttpProbes()
    const stopping = new AbortController()
    const short = askFor(probes, portOf(silent), { scheme: 'HTTPS' }, { timeoutMs: 100 })
    const long = askFor(probes, portOf(silent), {}, { timeoutMs: 3_000 }, stopping.signal)
    expect(await Promise.race([short, long.then(() => 'the longer one ended first')])).toBe('no answer in time')
    stopping.abort(new Error('enough'))
    await expect(long).rejects.toThrow('enough')
    probes.close()
  })
})

function askFor(
  probes: HttpProbes,
  port: number,
  more: Partial<HttpHandler>,
  limits: Partial<ProbeSpec>,
  signal = new AbortController().signal,
): Promise<ProbeAnswer> {
  const handler: HttpHandler = {
    ...{ kind: 'http', scheme: 'HTTP', path: '/', host: undefined, headers: [], expectedStatus: '200' },
    ...{ insecureSkipVerify: false, ...more },
  }
  const usual = { periodMs: 5_000, timeoutMs: 5_000, failureThreshold: 3, successThreshold: 1 }
  return probes.probe({ address: '127.0.0.1' as IpAddress, port, handler, ...usual, ...limits }, handler, signal)
}

function listen(server: Server | TcpServer): Promise<void> {
  return new Promise((resolve) => void server.listen(0, '127.0.0.1', resolve))
}

function close(server: Server | TcpServer): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve))
}

function portOf(server: Server | TcpServer): number {
  return (server.address() as AddressInfo).port
}
