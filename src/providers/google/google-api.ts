// Cloud DNS's REST API as far as we use it: paths, paging, and what its errors mean.
import type { Egress } from '../../egress/egress.ts'
import { TerminalError, WaitingError, type ReconcileError } from '../../model/errors.ts'
import type { CallGate } from '../call-gate.ts'
import { bearerHeaders, sendWithToken, type TokenSource } from '../http/access-token.ts'
import { OutdatedError } from '../http/call-outcome.ts'
import { HttpClient, type HttpAnswer, type HttpCall } from '../http/http-client.ts'
import { PageTrail } from '../page-trail.ts'

const NAME = 'Google Cloud DNS'
const GOOGLE_ENDPOINT = 'https://dns.googleapis.com/dns/v1'
/** Rates are counted by the minute, and nothing says when the next one begins. */
const RATE_WINDOW_MS = 60_000
/** A quota of things rather than of requests: a person raises it, or something goes. */
const USED_UP = 'quotaExceeded'
const QUOTA_WAIT_MS = 300_000
const TOO_FAST: ReadonlySet<string> = new Set(['rateLimitExceeded', 'userRateLimitExceeded'])
/** `additions[3].rrdata[0]`, or the set by its name and type: `additions[www.example.com.][A].rrdata[0]`. */
const PLACE = /entity\.change\.(additions|deletions)\[([^\]]+)\](?:\[(\w+)\])?(?:\.(\w+)(?:\[\d+\])?)?/

export interface GoogleApiOptions {
  readonly project: string
  readonly endpoint: string | undefined
  readonly tokens: TokenSource
  readonly gate: CallGate
  readonly egress?: Egress | undefined
  readonly timeoutMs: number
}

/** The record set of a change that Google complains about. */
export interface Place {
  readonly side: 'additions' | 'deletions'
  /** Its number in the request where it has no type, else its name. */
  readonly at: string
  readonly type: string | undefined
}

interface GoogleError {
  readonly reason: string
  readonly message: string
  readonly place: Place | undefined
}

export class GoogleApi {
  readonly project: string
  readonly #tokens: TokenSource
  readonly #http: HttpClient

  constructor({ project, endpoint, tokens, gate, egress, timeoutMs }: GoogleApiOptions) {
    this.project = project
    this.#tokens = tokens
    this.#http = new HttpClient({
      name: NAME,
      endpoint: endpoint ?? GOOGLE_ENDPOINT,
      headers: bearerHeaders(tokens),
      timeoutMs,
      throttleMs: RATE_WINDOW_MS,
      gate,
      egress,
      readThrottleMs: (answer) => (TOO_FAST.has(parseGoogleError(answer).reason) ? RATE_WINDOW_MS : undefined),
    })
  }

  /** Any answer resolves; `path` is below the project. */
  send(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
    const path = `projects/${encodeURIComponent(this.project)}${call.path}`
    return sendWithToken(this.#tokens, () => this.#http.send({ ...call, path }, signal))
  }

  async get(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<unknown> {
    const answer = await this.send({ method: 'GET', path, query }, signal)
    if (answer.status !== 200) throw this.classify(answer)
    return this.parse(answer)
  }

  /** The items of every page; how many stand on one is the server's choice. */
  async *pages<Item>(
    call: Pick<HttpCall, 'path' | 'query'>,
    field: string,
    signal: AbortSignal,
  ): AsyncGenerator<Item[]> {
    const trail = new PageTrail(NAME)
    for (let token: string | undefined = ''; token !== undefined;) {
      trail.follow(token)
      const query: Record<string, string> = { ...call.query, ...(token === '' ? {} : { pageToken: token }) }
      // An empty list is left out of the answer.
      const page = (await this.get(call.path, query, signal)) as Readonly<Record<string, unknown>>
      yield (page[field] ?? []) as Item[]
      token = page['nextPageToken'] as string | undefined
    }
  }

  /** Of an answer that is a success. */
  parse(answer: HttpAnswer): unknown {
    return this.#http.parseJson(answer)
  }

  classify(answer: HttpAnswer): ReconcileError {
    const { reason, message, place } = parseGoogleError(answer)
    const { project } = this
    if (answer.status === 401) {
      return new TerminalError(
        'CredentialsInvalid',
        'Google refused the access token; check `serviceAccountJSON` in the Secret',
      )
    }
    if (TOO_FAST.has(reason))
      return new WaitingError('RateLimited', `Google limits the rate of requests of project ${project}`, RATE_WINDOW_MS)
    if (reason === USED_UP) return new WaitingError('RateLimited', this.#describeUsedUp(message), QUOTA_WAIT_MS)
    if (answer.status === 403) {
      return new TerminalError(
        'CredentialsInvalid',
        `Google refused the credentials for project ${project}: ${message}; they need the role roles/dns.admin`,
      )
    }
    // A deletion of a set that is gone may come as a 404, which else means that the zone is.
    if (answer.status === 409 || answer.status === 412 || (answer.status === 404 && place !== undefined))
      return new OutdatedError('Outdated', 'Google Cloud DNS: the zone has changed since it was read')
    if (answer.status === 404)
      return new TerminalError('ZoneNotFound', `Google Cloud DNS has no project ${project}; check spec.google.project`)
    return this.#http.classify(answer, message)
  }

  /** Of a change. One that needs none of what is used up still goes through, so this one is at fault, and waiting mends nothing. */
  classifyWrite(answer: HttpAnswer): ReconcileError {
    const { reason, message } = parseGoogleError(answer)
    return reason === USED_UP
      ? new TerminalError('ProviderRefused', this.#describeUsedUp(message))
      : this.classify(answer)
  }

  #describeUsedUp(message: string): string {
    return `a quota of project ${this.project} is used up (${message}); raise the quota, or remove what is not needed`
  }

  close(): Promise<void> {
    return this.#http.close()
  }
}

export function parseGoogleError({ text }: HttpAnswer): GoogleError {
  const { error } = parseObject(text) as {
    readonly error?: { readonly message?: unknown; readonly errors?: readonly { readonly reason?: unknown }[] }
  }
  const reason = error?.errors?.[0]?.reason
  const message = typeof error?.message === 'string' ? error.message : ''
  const [, side, at = '', type] = PLACE.exec(message) ?? []
  return {
    reason: typeof reason === 'string' ? reason : '',
    // The place in the request differs from try to try, and a message must not.
    message: message.replace(new RegExp(PLACE, 'g'), (...[, , , , field]: string[]) => field ?? 'record set'),
    place: side === undefined ? undefined : { side: side as Place['side'], at, type },
  }
}

function parseObject(text: string): object {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? parsed : {}
  } catch {
    return {}
  }
}
