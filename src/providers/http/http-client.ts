// The thin edge over undici that every HTTP provider shares: one connection pool, bounded bodies, one way to classify failures.
import { Agent, request } from 'undici'
import { createConnector } from '../../egress/create-connector.ts'
import type { Egress } from '../../egress/egress.ts'
import { findProxyError } from '../../egress/open-tunnel.ts'
import { adviseOnFailure } from '../../model/describe-failure.ts'
import { TerminalError, TransientError, WaitingError, type ReconcileError } from '../../model/errors.ts'
import { underSignals } from '../../model/under-signals.ts'
import type { CallGate, CallsLeft, Lesson, Purpose } from '../call-gate.ts'
import { parseEndpoint } from './endpoint.ts'
import { readBody } from './read-body.ts'
import { readRetryAfterMs, type AnswerHeaders } from './read-retry-after.ts'

const MAX_BODY_BYTES = 64 * 1024 * 1024
const DEFAULT_THROTTLE_MS = 30_000

export interface HttpClientOptions {
  /** How messages call the other side: "Cloudflare". */
  readonly name: string
  readonly endpoint: string
  /** Asked for every request once it may be sent, so that a rotated Secret counts at once and no token ages while waiting. */
  readonly headers: (
    signal: AbortSignal,
  ) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>
  readonly timeoutMs: number
  readonly gate: CallGate
  /** How to get out of this machine; absent: directly. */
  readonly egress?: Egress | undefined
  /** How many calls the provider says are left, where it does. */
  readonly readCallsLeft?: (headers: AnswerHeaders) => CallsLeft | undefined
  /** The largest answer that is read. */
  readonly maxBodyBytes?: number
  /** For a provider that throttles for a fixed time without saying so. */
  readonly throttleMs?: number
  /** How long to wait, by a provider that says so otherwise than with a 429. */
  readonly readThrottleMs?: (answer: HttpAnswer) => number | undefined
}

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Relative to the endpoint, without a leading slash. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly purpose?: Purpose
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: AnswerHeaders
  readonly text: string
}

/** The answer never came, so whatever was asked for may have been done. */
export class LostAnswerError extends TransientError {}

/** It did not come to the request: nothing was asked for. */
export class NotSentError extends TransientError {}

/** There was no token to send along. */
export class NoTokenError extends NotSentError {}

/** Nor was anybody asked for one: the Secret cannot be read just now. */
export class UnreadSecretError extends NoTokenError {}

export class HttpClient {
  readonly #options: HttpClientOptions
  readonly #base: URL
  readonly #agent: Agent

  constructor(options: HttpClientOptions) {
    this.#options = options
    this.#base = parseEndpoint(options.endpoint)
    this.#agent = new Agent({
      connections: 8,
      connect: connectBy(options),
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
    })
  }

  /** Any answer at all resolves, whatever its status. Rejects with a LostAnswerError, a NotSentError or the abort's reason. */
  async send(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
    const { gate, timeoutMs } = this.#options
    await gate.admit(call.purpose ?? 'Work', signal)
    try {
      const limits = [signal, AbortSignal.timeout(timeoutMs)]
      const answer = await underSignals(limits, (limit) => this.#exchange(call, limit))
      gate.settle(this.#lessonOf(answer))
      return answer
    } catch (error) {
      gate.settle(lessonOf(error))
      signal.throwIfAborted()
      // Without credentials nothing was sent.
      if (error instanceof NoTokenError || error instanceof TerminalError) throw error
      throw this.#notSent(error) ?? this.#lost(call, error)
    }
  }

  #lessonOf(answer: HttpAnswer): Lesson {
    const { readCallsLeft, readThrottleMs } = this.#options
    const error = answer.status === 429 || answer.status >= 500 ? this.classify(answer) : undefined
    const afterMs = error instanceof WaitingError ? error.retryAfterMs : (readThrottleMs?.(answer) ?? pauseOf(answer))
    if (afterMs !== undefined) return { kind: 'throttled', afterMs }
    if (error !== undefined) return { kind: 'failed' }
    return { kind: 'answered', ...readCallsLeft?.(answer.headers) }
  }

  async #exchange(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
    const headers = await this.#credentials(signal)
    const { maxBodyBytes = MAX_BODY_BYTES } = this.#options
    const url = new URL(call.path, this.#base)
    for (const [key, value] of Object.entries(call.query ?? {})) url.searchParams.set(key, value)
    const response = await request(url, {
      method: call.method,
      dispatcher: this.#agent,
      signal,
      headers: {
        accept: 'application/json',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
        ...call.headers,
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    })
    return {
      status: response.statusCode,
      headers: response.headers,
      text: await readBody(response, maxBodyBytes),
    }
  }

  /** Whoever answered with something else was not the API: what was asked for may or may not have been done. */
  parseJson(answer: HttpAnswer): unknown {
    try {
      return JSON.parse(answer.text)
    } catch {
      throw new LostAnswerError('ProviderUnavailable', `${this.#options.name} sent an answer that is not JSON`)
    }
  }

  async #credentials(signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    try {
      return this.#checked(await this.#options.headers(signal))
    } catch (error) {
      if (!(error instanceof TransientError) || error instanceof NoTokenError) throw error
      throw new UnreadSecretError(error.reason, error.message, { cause: error })
    }
  }

  #checked(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    if (Object.values(headers).every((value) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value))) return headers
    throw new TerminalError(
      'CredentialsInvalid',
      `the credentials for ${this.#options.name} cannot be sent: is there a line break at the end of the value in the Secret?`,
    )
  }

  /** As `send`, but an answer that is not a success rejects, classified. */
  async sendOk(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
    const answer = await this.send(call, signal)
    if (answer.status >= 200 && answer.status < 300) return answer
    throw this.classify(answer)
  }

  /** What the status alone says; providers refine it with their error codes before they come here. */
  classify(answer: HttpAnswer, detail = ''): ReconcileError {
    const { name } = this.#options
    const said = detail === '' ? '' : `: ${detail}`
    if (answer.status === 401 || answer.status === 403) {
      return new TerminalError(
        'CredentialsInvalid',
        `${name} refused the credentials${said}; check the Secret and the rights it grants`,
      )
    }
    if (answer.status === 429) {
      const afterMs = readRetryAfterMs(answer) ?? this.#options.throttleMs ?? DEFAULT_THROTTLE_MS
      return new WaitingError('RateLimited', `${name} limits the rate of requests${said}`, afterMs)
    }
    if (answer.status >= 500 || answer.status === 408) {
      return new TransientError('ProviderUnavailable', `${name} answered with a server error (${answer.status})${said}`)
    }
    if (answer.status >= 300 && answer.status < 400) {
      // Credentials do not follow to wherever an answer points.
      return new TerminalError(
        'ProviderRefused',
        `${name} redirects (${answer.status}); check the endpoint in the spec`,
      )
    }
    return new TerminalError('ProviderRefused', `${name} refused the request (${answer.status})${said}`)
  }

  async close(): Promise<void> {
    if (!this.#agent.destroyed) await this.#agent.destroy()
  }

  /** Only the way to the other side was asked for. */
  #notSent(error: unknown): NotSentError | undefined {
    const refusal = findProxyError(error)
    if (refusal === undefined) return undefined
    const message = `${this.#options.name} cannot be reached: ${refusal.message}`
    return new NotSentError('ProviderUnavailable', message, { cause: error })
  }

  #lost(call: HttpCall, error: unknown): LostAnswerError {
    const cause = describeLoss(error, this.#options.timeoutMs)
    return new LostAnswerError(
      'ProviderUnavailable',
      `${this.#options.name} did not answer ${call.method} (${cause})`,
      { cause: error },
    )
  }
}

function connectBy({ egress, timeoutMs }: HttpClientOptions): NonNullable<Agent.Options['connect']> {
  return egress === undefined
    ? { timeout: timeoutMs }
    : createConnector({ ...egress, timeoutMs, tls: { ca: egress.ca } })
}

/** A Secret that is missing, or cannot be read, is no failure of the other side. A token service that is away counts as one. */
function lessonOf(error: unknown): Lesson {
  const isSecret = error instanceof TerminalError || error instanceof UnreadSecretError
  return { kind: isSecret ? 'unsent' : 'failed' }
}

/** A server that is busy may say for how long. */
function pauseOf(answer: HttpAnswer): number | undefined {
  return answer.status === 503 ? readRetryAfterMs(answer) : undefined
}

function describeLoss(error: unknown, timeoutMs: number): string {
  const isLate = error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')
  return isLate ? `no answer within ${timeoutMs / 1000} s` : adviseOnFailure(error)
}
