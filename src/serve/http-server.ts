// A small HTTP server with limits on everything a client can make it hold, and an end that waits for answers under way.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, ListenOptions } from 'node:net'
import { TerminalError } from '../model/errors.ts'
import { underSignals } from '../model/under-signals.ts'
import type { Logger } from '../telemetry/logger.ts'
import { textAnswer, type Answer, type Handler, type Stream } from './answer.ts'

const MOST_CONNECTIONS = 200
const LARGEST_HEADERS = 16_384
/** How often the time that clients have is looked at; Node does so twice a minute, which lets each of them have that much more. */
const CHECK_MS = 1_000
const REQUEST_TIMEOUT_MS = 30_000
const IDLE_TIMEOUT_MS = 5_000
const CLOSE_GRACE_MS = 2_000

export interface HttpLimits {
  /** From its connection, or the answer before, until a client has sent the head of its request. */
  readonly headMs: number
  /** How long a client may take nothing of its answer, which is in memory until then. */
  readonly untakenMs: number
}

const HTTP_LIMITS: HttpLimits = { headMs: 10_000, untakenMs: 30_000 }

export interface HttpServerOptions {
  /** For the log, and for the message when it cannot start. */
  readonly name: string
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly logger: Logger
  readonly limits?: HttpLimits
}

export interface RunningHttpServer {
  readonly port: number
  /** Takes no new requests, ends streams, lets other answers finish for a moment. Safe to call twice. */
  readonly close: () => Promise<void>
}

export async function startHttpServer(options: HttpServerOptions, handler: Handler): Promise<RunningHttpServer> {
  const { host, port: wanted } = options
  // Without a host Node takes all addresses of both families, and those of IPv4 where the machine has no IPv6.
  const at = host === '::' ? { port: wanted } : { host, port: wanted }
  const running = await serve({ ...options, at, place: `${host} port ${wanted}` }, handler)
  // A server on a port always has an address of this form.
  const { port } = running.server.address() as AddressInfo
  return { port, close: running.close }
}

/** The same on a Unix socket. Whoever may connect is a matter of the file's rights, which are the caller's. */
export async function startSocketServer(
  { path, ...options }: Pick<HttpServerOptions, 'name' | 'logger'> & { readonly path: string },
  handler: Handler,
): Promise<Pick<RunningHttpServer, 'close'>> {
  const { close } = await serve({ ...options, at: { path }, place: path }, handler)
  return { close }
}

interface ServeOptions extends Pick<HttpServerOptions, 'name' | 'logger' | 'limits'> {
  readonly at: ListenOptions
  /** The same in words. */
  readonly place: string
}

async function serve(
  options: ServeOptions,
  handler: Handler,
): Promise<{ readonly server: Server; readonly close: () => Promise<void> }> {
  const stopping = new AbortController()
  const { headMs, untakenMs } = options.limits ?? HTTP_LIMITS
  const limits = {
    maxHeaderSize: LARGEST_HEADERS,
    connectionsCheckingInterval: CHECK_MS,
    headersTimeout: headMs,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
  }
  const server = createServer(limits, (request, response) => {
    void respond({ request, response, untakenMs, stopping: stopping.signal }, handler, options.logger)
  })
  server.maxConnections = MOST_CONNECTIONS
  await listen(server, options)
  server.on('error', (error) =>
    options.logger.warn('HTTP server error', { server: options.name, error: error.message }),
  )
  return { server, close: () => closeServer(server, stopping) }
}

function listen(server: Server, { name, at, place }: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the port is taken; choose another' : cause.message
      reject(new TerminalError('CannotListen', `${name} cannot listen on ${place}: ${why}`, { cause }))
    })
    server.listen(at, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

async function closeServer(server: Server, stopping: AbortController): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  stopping.abort()
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
  await closed
  clearTimeout(timer)
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly untakenMs: number
  readonly stopping: AbortSignal
}

async function respond(exchange: Exchange, handler: Handler, logger: Logger): Promise<void> {
  const { request, response } = exchange
  try {
    await send(exchange, await answer(request, handler))
  } catch (error) {
    // Who hangs up in the middle of a message waits for no answer, and is nothing for people to look into.
    if (request.destroyed && !request.complete) return
    const message = error instanceof Error ? error.message : String(error)
    logger.error('HTTP request failed', { error: message })
    // Once the head is out there is no other way to say that the rest is missing.
    if (response.headersSent) response.destroy()
    else await send(exchange, textAnswer(500, 'internal error; the log says more'))
  }
}

async function answer(request: IncomingMessage, handler: Handler): Promise<Answer | Stream> {
  const url = parseTarget(request.url)
  if (url === undefined) return textAnswer(400, 'the address asked for cannot be read')
  // Whoever stops reading in the middle still wants to say why, on the same connection.
  const body = request.iterator({ destroyOnReturn: false })
  return handler({ method: request.method ?? 'GET', url, headers: request.headers, body })
}

function parseTarget(target = '/'): URL | undefined {
  // Joined as text: a target of `//host/path` must stay a path.
  return target.startsWith('/') ? parseUrl(`http://localhost${target}`) : undefined
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

async function send({ request, response, untakenMs, stopping }: Exchange, answer: Answer | Stream): Promise<void> {
  const closing = stopping.aborted || !request.complete ? { connection: 'close' } : {}
  const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...answer.headers, ...closing }
  if ('body' in answer) {
    const length = { 'content-length': Buffer.byteLength(answer.body) }
    response.setTimeout(untakenMs, () => response.destroy())
    response.writeHead(answer.status, { ...headers, ...length }).end(answer.body)
    return
  }
  response.writeHead(answer.status, { ...headers, connection: 'close' })
  response.flushHeaders()
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  await underSignals([gone.signal, stopping], (either) => answer.pipe(response, either))
  response.end()
}
