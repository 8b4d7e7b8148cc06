// An egress proxy on loopback. It connects to the one server that it was given, whatever name it is asked for, in which it differs from
// a real one: so the destination may have any. It refuses as it is told, and speaks plain HTTP only.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { TEST_CERTIFICATE, TEST_KEY } from './wan/tls-certificate.ts'

/** A name that the test certificate is for. */
export const PROXIED_HOST = 'check.example.org'

export interface ConnectProxyOptions {
  /** Where what it lets through ends: an HTTP server on loopback. Asked for by another port than its own, it is spoken to by TLS. */
  readonly targetUrl?: string
  /** What it answers to CONNECT with instead of letting it through. */
  readonly status?: number
  /** It takes the connection, and says nothing. */
  readonly silent?: boolean
}

export class ConnectProxy {
  /** The destinations that were asked for. */
  readonly asked: string[] = []
  readonly authorizations: (string | undefined)[] = []
  readonly #options: ConnectProxyOptions
  readonly #server: Server
  readonly #front: TlsServer
  readonly #target: number
  readonly #sockets = new Set<Socket>()

  private constructor(options: ConnectProxyOptions) {
    this.#options = options
    this.#server = createServer().on('connect', (request, socket) => this.#pass(request, socket as Socket))
    this.#target = Number(new URL(options.targetUrl ?? 'http://127.0.0.1:9').port)
    this.#front = createTlsServer({ cert: TEST_CERTIFICATE, key: TEST_KEY }, (near) => this.#join(near, this.#target))
  }

  static async start(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(options)
    for (const server of [proxy.#server, proxy.#front]) {
      server.on('connection', (socket: Socket) => proxy.#keep(socket))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    }
    return proxy
  }

  get port(): number {
    return portOf(this.#server)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    for (const server of [this.#server, this.#front])
      await new Promise<void>((resolve) => server.close(() => resolve()))
  }

  #pass(request: IncomingMessage, near: Socket): void {
    this.asked.push(request.url ?? '')
    this.authorizations.push(request.headers['proxy-authorization'])
    const { status = 200, silent = false } = this.#options
    if (silent) return
    if (status !== 200) {
      near.end(`HTTP/1.1 ${status} No\r\ncontent-length: 2\r\n\r\nno`)
      return
    }
    near.write('HTTP/1.1 200 Connection established\r\n\r\n')
    this.#join(near, request.url?.endsWith(`:${this.#target}`) === true ? this.#target : portOf(this.#front))
  }

  #join(near: Socket, port: number): void {
    const far = connect(port, '127.0.0.1')
    this.#keep(far)
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy()).on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket))
  }
}

function portOf(server: Server | TlsServer): number {
  return (server.address() as AddressInfo).port // listening on a port, so it is no pipe
}
