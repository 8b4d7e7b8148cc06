// Asks a proxy to pass a connection on (RFC 9110 §9.3.6). Whatever fails here, the destination has heard nothing.
import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import { adviseOnFailure } from '../model/describe-failure.ts'
import { describeSystemError } from '../model/describe-system-error.ts'
import { formatHostPort } from '../model/host-port.ts'
import type { Destination } from './no-proxy.ts'
import type { Proxy, UnusableProxy } from './proxy.ts'

/** The proxy was not there, or would not: nothing was asked of whatever is behind it. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
}

/** Libraries put an error of their own around it. */
export function findProxyError(error: unknown): ProxyError | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause) if (inner instanceof ProxyError) return inner
  return undefined
}

export interface TunnelOptions {
  readonly timeoutMs: number
  /** For a proxy that is spoken to by TLS. */
  readonly tls: ConnectionOptions | undefined
}

/** Of the time for a whole call: whoever waits for that should hear that it was the proxy. */
export function tunnelShare(timeoutMs: number): number {
  return timeoutMs / 2
}

/** The socket then speaks to the destination. Rejects with a ProxyError. */
export async function openTunnel(
  proxy: Proxy | UnusableProxy,
  destination: Destination,
  options: TunnelOptions,
): Promise<Duplex> {
  if ('problem' in proxy) throw new ProxyError(proxy.problem)
  const { answer, socket, head } = await connectThrough(proxy, destination, options)
  const { statusCode = 0 } = answer
  if (statusCode < 200 || statusCode > 299) {
    socket.on('error', () => undefined).destroy()
    throw new ProxyError(describeRefusal(proxy, destination, statusCode))
  }
  if (head.length > 0) socket.unshift(head)
  return socket
}

interface Answered {
  readonly answer: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

function connectThrough(proxy: Proxy, destination: Destination, options: TunnelOptions): Promise<Answered> {
  const { timeoutMs } = options
  return new Promise((resolve, reject) => {
    const asked = ask(proxy, formatHostPort(destination.host, destination.port), options.tls)
    const fail = (why: string): void => {
      clearTimeout(limit)
      asked.destroy()
      reject(new ProxyError(`${proxy.name} cannot be used: ${why}`))
    }
    const limit = setTimeout(() => fail(`no answer within ${timeoutMs / 1000} s`), timeoutMs)
    asked.on('error', (error) => fail(describeProblem(error)))
    // Also where the other side just hangs up.
    asked.once('close', () => fail('connection closed early'))
    asked.once('connect', (answer, socket, head) => {
      clearTimeout(limit)
      resolve({ answer, socket, head })
    })
    asked.end()
  })
}

function ask(proxy: Proxy, authority: string, tls: ConnectionOptions | undefined): ClientRequest {
  const { protocol, host, port, authorization } = proxy
  const headers = {
    ...{ host: authority, 'user-agent': 'stoa' },
    ...(authorization !== undefined && { 'proxy-authorization': authorization }),
  }
  const options = { method: 'CONNECT', host, port, path: authority, headers, agent: false } as const
  // A certificate of ours is for the destination, and so is a name that it is to show.
  return protocol === 'http:' ? requestHttp(options) : requestHttps({ ...options, ca: tls?.ca })
}

function describeRefusal(proxy: Proxy, destination: Destination, status: number): string {
  const { name, authorization } = proxy
  if (status === 407) {
    return authorization === undefined
      ? `${name} asks for a user and a password (407): write them into its URL, as http://user:password@host:port`
      : `${name} does not accept the user and password in its URL (407): mend them`
  }
  const authority = formatHostPort(destination.host, destination.port)
  const remedy = `have it let connections to ${authority} through${exemption(proxy, destination)}`
  return status >= 500
    ? `${name} does not get through to ${authority} (${status}): see why there${exemption(proxy, destination)}`
    : `${name} refuses to connect to ${authority} (${status}): ${remedy}`
}

/** Only what the environment names has exemptions. */
function exemption({ source }: Proxy, { host }: Destination): string {
  return /^https_proxy$/i.test(source) ? `, or if it is not for ${host}, put that into NO_PROXY` : ''
}

function describeProblem(error: Error): string {
  const code: unknown = 'code' in error ? error.code : undefined
  return typeof code === 'string' ? adviseOnFailure(error) : describeSystemError(error)
}
