// Connections for a library that speaks by Node's own client.
import { Agent } from 'node:https'
import type { Duplex } from 'node:stream'
import { targetOf, type Egress } from './egress.ts'
import { openTunnel, tunnelShare } from './open-tunnel.ts'

/** To one host; as many as Amazon's library would have. */
const MOST_SOCKETS = 50

export class EgressAgent extends Agent {
  readonly #egress: Egress
  readonly #timeoutMs: number

  constructor(egress: Egress, timeoutMs: number) {
    super({ keepAlive: true, maxSockets: MOST_SOCKETS, ...(egress.ca !== undefined && { ca: egress.ca }) })
    this.#egress = egress
    this.#timeoutMs = timeoutMs
  }

  override createConnection(
    options: Parameters<Agent['createConnection']>[0],
    callback?: Parameters<Agent['createConnection']>[1],
  ): Duplex | null | undefined {
    const target = targetOf('https:', options.host ?? '', options.port)
    const proxy = this.#egress.proxyFor(target)
    if (proxy === undefined) return super.createConnection(options, callback)
    openTunnel(proxy, target, { timeoutMs: tunnelShare(this.#timeoutMs), tls: { ca: this.#egress.ca } }).then(
      (socket) => callback?.(null, super.createConnection({ ...options, socket } as typeof options) as Duplex),
      (error: unknown) => callback?.(error as Error, undefined as unknown as Duplex),
    )
    return undefined
  }
}
