import { isIP } from 'node:net'
import { Agent, request } from 'undici'
import { underSignals } from '../../model/under-signals.ts'
import { describeFailure } from '../describe-failure.ts'
import { isExpectedStatus } from './expected-status.ts'
import type { ProbeAnswer, ProbeHandler, ProbeSpec } from './probe-spec.ts'

type HttpHandler = Extract<ProbeHandler, { kind: 'http' }>

const MOST_BODY_BYTES = 64 * 1024

/** HTTP and HTTPS against an address, with the name that the other side expects. Connections are kept between probes. */
export class HttpProbes {
  readonly #agents = new Map<string, Agent>()

  async probe(spec: ProbeSpec, handler: HttpHandler, signal: AbortSignal): Promise<ProbeAnswer> {
    try {
      const limits = [signal, AbortSignal.timeout(spec.timeoutMs)]
      const status = await underSignals(limits, (limit) => this.#ask(spec, handler, limit))
      return isExpectedStatus(status, handler.expectedStatus) ? undefined : `answered with status ${status}`
    } catch (error) {
      signal.throwIfAborted()
      const timedOut = error instanceof Error && error.name === 'TimeoutError'
      return timedOut ? 'no answer in time' : describeFailure(error)
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()))
    this.#agents.clear()
  }

  async #ask(spec: ProbeSpec, handler: HttpHandler, signal: AbortSignal): Promise<number> {
    const { statusCode, body } = await request(urlOf(spec, handler), {
      method: 'GET',
      signal,
      dispatcher: this.#agentFor(handler),
      headers: { 'user-agent': 'stoa-probe', ...headersOf(spec, handler) },
    })
    // The answer is its status; what follows is read only so that the connection can be used again.
    await body.dump({ limit: MOST_BODY_BYTES, signal })
    return statusCode
  }

  /** The name for the certificate belongs to the connection, so each name has its own. */
  #agentFor({ host, scheme, insecureSkipVerify }: HttpHandler): Agent {
    const key = JSON.stringify([scheme, host, insecureSkipVerify])
    const agent =
      this.#agents.get(key) ??
      new Agent({
        connections: 1,
        pipelining: 1,
        keepAliveTimeout: 30_000,
        connect: {
          rejectUnauthorized: !insecureSkipVerify,
          ...(host === undefined || isIP(host) !== 0 ? {} : { servername: host }),
        },
      })
    this.#agents.set(key, agent)
    return agent
  }
}

function urlOf({ address, port }: ProbeSpec, { scheme, path }: HttpHandler): string {
  const literal = address.includes(':') ? `[${address}]` : address
  return `${scheme.toLowerCase()}://${literal}:${port}${path}`
}

function headersOf({ port }: ProbeSpec, { host, scheme, headers }: HttpHandler): Record<string, string> {
  const usual = port === (scheme === 'HTTP' ? 80 : 443)
  const given = Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value]))
  return { ...(host === undefined ? {} : { host: usual ? host : `${host}:${port}` }), ...given }
}
