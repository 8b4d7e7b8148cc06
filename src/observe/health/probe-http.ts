import { isIP } from 'node:net'
import { Client, request } from 'undici'
import { underSignals } from '../../model/under-signals.ts'
import { describeFailure } from '../describe-failure.ts'
import { untilAborted } from '../../model/until-aborted.ts'
import { isExpectedStatus } from './expected-status.ts'
import { probeKey, type ProbeAnswer, type ProbeHandler, type ProbeSpec } from './probe-spec.ts'

type HttpHandler = Extract<ProbeHandler, { kind: 'http' }>

const MOST_BODY_BYTES = 64 * 1024
/** How a connection ends on which nothing was answered. */
const ENDINGS: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** HTTP and HTTPS against an address, with the name that the other side expects. Connections are kept between probes. */
export class HttpProbes {
  /** Each probe has a connection of its own, so that it never waits for the answer to another. */
  readonly #clients = new Map<string, Client>()

  async probe(spec: ProbeSpec, handler: HttpHandler, signal: AbortSignal): Promise<ProbeAnswer> {
    try {
      const limits = [signal, AbortSignal.timeout(spec.timeoutMs)]
      const status = await underSignals(limits, (limit) => this.#askTwiceAtMost(spec, handler, limit))
      return isExpectedStatus(status, handler.expectedStatus) ? undefined : `answered with status ${status}`
    } catch (error) {
      signal.throwIfAborted()
      const timedOut = error instanceof Error && error.name === 'TimeoutError'
      return timedOut ? 'no answer in time' : describeFailure(error)
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.destroy()))
    this.#clients.clear()
  }

  /** A kept connection may be ended by the other side at the very moment we ask (RFC 9112 §9.3.1): that says nothing of its health. */
  async #askTwiceAtMost(spec: ProbeSpec, handler: HttpHandler, limit: AbortSignal): Promise<number> {
    const isKept = this.#clients.has(probeKey(spec))
    try {
      return await this.#ask(spec, handler, limit)
    } catch (error) {
      if (!isKept || limit.aborted || !isEnded(error)) throw error
      return await this.#ask(spec, handler, limit)
    }
  }

  async #ask(spec: ProbeSpec, handler: HttpHandler, limit: AbortSignal): Promise<number> {
    const client = this.#clientFor(spec, handler)
    try {
      // For as long as it is connecting undici does not hear of an abort.
      return await untilAborted(ask(client, spec, handler, limit), limit)
    } catch (error) {
      this.#drop(spec, client)
      throw error
    }
  }

  #clientFor(spec: ProbeSpec, handler: HttpHandler): Client {
    const key = probeKey(spec)
    const kept = this.#clients.get(key)
    if (kept !== undefined) return kept
    const client = createClient(spec, handler)
    // A probe that is wanted no more leaves nothing behind once its connection has ended. One that waits is connected anew.
    client.on('disconnect', () => client.stats.size === 0 && this.#drop(spec, client))
    this.#clients.set(key, client)
    return client
  }

  /** What is left of the last try must not stand in the way of the next. */
  #drop(spec: ProbeSpec, client: Client): void {
    const key = probeKey(spec)
    if (this.#clients.get(key) === client) this.#clients.delete(key)
    void client.destroy()
  }
}

function createClient(spec: ProbeSpec, { scheme, host, insecureSkipVerify }: HttpHandler): Client {
  return new Client(originOf(spec, scheme), {
    keepAliveTimeout: 30_000,
    connect: {
      timeout: spec.timeoutMs,
      rejectUnauthorized: !insecureSkipVerify,
      ...(host === undefined || isIP(host) !== 0 ? {} : { servername: host }),
    },
  })
}

function isEnded(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ENDINGS.has(error.code)
}

async function ask(client: Client, spec: ProbeSpec, handler: HttpHandler, signal: AbortSignal): Promise<number> {
  const { statusCode, body } = await request(`${originOf(spec, handler.scheme)}${handler.path}`, {
    method: 'GET',
    signal,
    dispatcher: client,
    headers: { 'user-agent': 'stoa-probe', ...headersOf(spec, handler) },
  })
  // The answer is its status; what follows is read only so that the connection can be used again.
  await body.dump({ limit: MOST_BODY_BYTES, signal })
  return statusCode
}

function originOf({ address, port }: ProbeSpec, scheme: HttpHandler['scheme']): string {
  const literal = address.includes(':') ? `[${address}]` : address
  return `${scheme.toLowerCase()}://${literal}:${port}`
}

function headersOf({ port }: ProbeSpec, { host, scheme, headers }: HttpHandler): Record<string, string> {
  const usual = port === (scheme === 'HTTP' ? 80 : 443)
  const given = Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value]))
  return { ...(host === undefined ? {} : { host: usual ? host : `${host}:${port}` }), ...given }
}
