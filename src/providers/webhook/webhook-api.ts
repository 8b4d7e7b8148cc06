// The four requests of external-dns's webhook protocol, version 1.
import type { Egress } from '../../egress/egress.ts'
import { TerminalError, TransientError } from '../../model/errors.ts'
import { printable } from '../../model/text.ts'
import type { CallGate, Purpose } from '../call-gate.ts'
import { parseEndpoint, type Endpoint } from '../external-dns/endpoint.ts'
import { HttpClient, type HttpAnswer, type HttpCall } from '../http/http-client.ts'
import { parseDomainFilter, type DomainFilter } from './domain-filter.ts'

/** Both sides compare it to the letter. */
const MEDIA_TYPE = 'application/external.dns.webhook+json;version=1'
const MAX_BODY_BYTES = 32 * 1024 * 1024
const LONGEST_QUOTE = 200

export interface WebhookChanges {
  readonly create: readonly Endpoint[]
  /** Each stands for the one at the same place in `updateNew`. */
  readonly updateOld: readonly Endpoint[]
  readonly updateNew: readonly Endpoint[]
  readonly delete: readonly Endpoint[]
}

export interface WebhookApiOptions {
  readonly endpoint: string
  readonly gate: CallGate
  readonly egress?: Egress | undefined
  readonly timeoutMs: number
}

export class WebhookApi {
  readonly name: string
  readonly #http: HttpClient

  constructor({ endpoint, gate, egress, timeoutMs }: WebhookApiOptions) {
    this.name = `the webhook at ${URL.canParse(endpoint) ? new URL(endpoint).host : endpoint}`
    const headers = (): Readonly<Record<string, string>> => ({ accept: MEDIA_TYPE })
    const limits = { timeoutMs, gate, maxBodyBytes: MAX_BODY_BYTES }
    this.#http = new HttpClient({ name: this.name, endpoint, headers, egress, ...limits })
  }

  async negotiate(signal: AbortSignal): Promise<DomainFilter> {
    const answer = await this.#send({ method: 'GET', path: '' }, isSuccess, signal)
    const type = String(answer.headers['content-type'] ?? '')
    if (type !== MEDIA_TYPE)
      throw this.#stranger(`its answers are ${printable(type).slice(0, LONGEST_QUOTE) || 'untyped'}`)
    const filter = parseDomainFilter(parseJson(answer.text))
    if (filter === undefined) throw this.#stranger('it names no domain filter')
    return filter
  }

  async readRecords(purpose: Purpose, signal: AbortSignal): Promise<readonly Endpoint[]> {
    const answer = await this.#send({ method: 'GET', path: 'records', purpose }, isOk, signal)
    return this.#endpointsOf(answer, '/records')
  }

  /** Endpoints as the provider would store them: with its defaults, and without those it cannot keep. */
  async adjust(endpoints: readonly Endpoint[], signal: AbortSignal): Promise<readonly Endpoint[]> {
    const answer = await this.#post('adjustendpoints', endpoints, isOk, signal)
    return this.#endpointsOf(answer, '/adjustendpoints')
  }

  /** Says nothing of what became of each change, and a refusal does not mean that none was made. */
  async apply(changes: WebhookChanges, signal: AbortSignal): Promise<void> {
    await this.#post('records', changes, ({ status }) => status === 204, signal)
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  #post(path: string, body: unknown, expected: Expectation, signal: AbortSignal): Promise<HttpAnswer> {
    return this.#send({ method: 'POST', path, body, headers: { 'content-type': MEDIA_TYPE } }, expected, signal)
  }

  async #send(call: HttpCall, expected: Expectation, signal: AbortSignal): Promise<HttpAnswer> {
    const answer = await this.#http.send(call, signal)
    if (expected(answer)) return answer
    // What a server that fails has to say is for its own log; why a request is wrong helps whoever wrote it.
    const detail = answer.status < 500 ? printable(answer.text.trim()).slice(0, LONGEST_QUOTE) : ''
    throw this.#http.classify(answer, detail)
  }

  #endpointsOf(answer: HttpAnswer, path: string): readonly Endpoint[] {
    const value = parseJson(answer.text)
    // An empty list of the other side may be no list.
    if (value === null) return []
    const endpoints = Array.isArray(value) ? value.map(parseEndpoint) : [undefined]
    // Leaving out what cannot be read would make it look as if it were not there.
    if (endpoints.every((endpoint) => endpoint !== undefined)) return endpoints
    throw new TransientError('ProviderUnavailable', `${this.name} answered ${path} with what is no list of endpoints`)
  }

  #stranger(why: string): TerminalError {
    return new TerminalError(
      'ProviderRefused',
      `${this.name} does not speak version 1 of external-dns's webhook protocol: ${why}; check spec.webhook.endpoint`,
    )
  }
}

type Expectation = (answer: HttpAnswer) => boolean

const isOk: Expectation = ({ status }) => status === 200
const isSuccess: Expectation = ({ status }) => status >= 200 && status < 300

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
