// Services that answer with "the caller's address", in this process, over HTTP and HTTPS.
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { TEST_CERTIFICATE, TEST_KEY } from './tls-certificate.ts'

export interface CheckService {
  readonly port: number
  readonly url: string
  readonly requests: number
  readonly connections: number
  stop(): Promise<void>
}

export interface CheckServiceOptions {
  readonly tls?: boolean
  readonly host?: '127.0.0.1' | '::1'
  readonly respond: RequestListener
}

export async function startCheckService(options: CheckServiceOptions): Promise<CheckService> {
  const { tls = false, host = '127.0.0.1' } = options
  const sockets = new Set<Socket>()
  let requests = 0
  let connections = 0
  const listener: RequestListener = (request, response) => {
    requests += 1
    options.respond(request, response)
  }
  const server: Server = tls
    ? createTlsServer({ cert: TEST_CERTIFICATE, key: TEST_KEY }, listener)
    : createServer(listener)
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo // listening on a port, so it is no pipe
  return {
    port,
    url: `${tls ? 'https' : 'http'}://${host === '::1' ? '[::1]' : host}:${port}/ip`,
    get requests() {
      return requests
    },
    get connections() {
      return connections
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

export const saying =
  (text: string, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/plain' }).end(text)
  }
