// Connections for undici's agents, which count, time and keep them as they do their own.
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { buildConnector } from 'undici'
import { targetOf, type Egress } from './egress.ts'
import { openTunnel, tunnelShare } from './open-tunnel.ts'

export interface ConnectorOptions {
  readonly proxyFor: Egress['proxyFor']
  readonly timeoutMs: number
  readonly tls?: ConnectionOptions & { readonly keepAlive?: boolean; readonly keepAliveInitialDelay?: number }
}

export function createConnector({ proxyFor, timeoutMs, tls = {} }: ConnectorOptions): buildConnector.connector {
  const connect = buildConnector({ ...tls, timeout: timeoutMs } as buildConnector.BuildOptions)
  return (options, callback) => {
    const { hostname, protocol } = options
    const target = targetOf(protocol, hostname, options.port)
    const proxy = proxyFor(target)
    if (proxy === undefined) return connect(options, callback)
    openTunnel(proxy, target, { timeoutMs: tunnelShare(timeoutMs), tls }).then(
      (tunnel) => {
        const socket = tunnel as Socket // CONNECT hands over the socket that was connected
        if (protocol === 'https:') connect({ ...options, httpSocket: socket }, callback)
        else callback(null, socket)
      },
      (error: unknown) => callback(error as Error, null),
    )
  }
}
