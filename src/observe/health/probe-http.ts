import { Agent, request as requestHttp, type ClientRequest } from 'node:http'
import { Agent as TlsAgent, request as requestHttps } from 'node:https'
import { underSignals } from '../../model/under-signals.ts'
import { answerOf } from '../answer-of.ts'
import { describeFailure } from '../../model/describe-failure.ts'
import { isExpectedStatus } from './expected-status.ts'
import type { ProbeAnswer, ProbeHandler, ProbeSpec } from './probe-spec.ts'

type HttpHandler = Extract<ProbeHandler, { kind: 'http' }>

const MOST_BODY_BYTES = 64 * 1024
/** Enough connections that no probe waits for the answer to another, and none that is left over for long. */
const KEPT = { keepAlive: true, timeout: 30_000 }
/** How a connection ends on which nothing was answered. */
const ENDINGS: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE'])

/** HTTP and HTTPS against an address, with the name that the other side expects. Connections are kept between probes. */
export class HttpProbes {
  readonly #http = new Agent(KEPT)
  readonly #https = new TlsAgent(KEPT)

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

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  /** A kept connection may be ended by the other side at the very moment we ask (RFC 9112 §9.3.1): that says nothing of its health. */
  async #ask(spec: ProbeSpec, handler: HttpHandler, limit: AbortSignal): Promise<number> {
    for (;;) {
      const asked = this.#send(spec, handler, limit)
      try {
        const status = await statusOf(asked)
        limit.throwIfAborted()
        return status
      } catch (error) {
        limit.throwIfAborted()
        if (!asked.reusedSocket || !isEnded(error)) throw error
      }
    }
  }

  #send(spec: ProbeSpec, handler: HttpHandler, signal: AbortSignal): ClientRequest {
    const { scheme, path, insecureSkipVerify } = handler
    const url = new URL(`${originOf(spec, scheme)}${path}`)
    const options = { signal, headers: { 'user-agent': 'stoa-probe', ...headersOf(spec, handler) } }
    // With TLS the name for the handshake and the certificate is that of the Host header, where it is a name.
    return scheme === 'HTTP'
      ? requestHttp(url, { ...options, agent: this.#http })
      : requestHttps(url, { ...options, agent: this.#https, rejectUnauthorized: !insecureSkipVerify })
  }
}

function isEnded(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ENDINGS.has(error.code)
}

/** The answer is its status; what follows is read only so that the connection can be used again. */
async function statusOf(asked: ClientRequest): Promise<number> {
  const closed = new Promise((resolve) => asked.once('close', resolve))
  const answer = await answerOf(asked)
  let size = 0
  answer.on('error', () => {})
  answer.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MOST_BODY_BYTES) answer.destroy()
  })
  await closed
  return answer.statusCode ?? 0
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
