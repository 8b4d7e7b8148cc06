// Cloudflare's API v4 as far as we use it: the envelope, its error codes, its paging.
import type { Egress } from '../../egress/egress.ts'
import { TerminalError, TransientError, WaitingError, type ReconcileError } from '../../model/errors.ts'
import type { CallGate, CallsLeft } from '../call-gate.ts'
import { LONGEST_CALL_MS } from '../../model/longest-call.ts'
import { HttpClient, LostAnswerError, type HttpAnswer, type HttpCall } from '../http/http-client.ts'

const CLOUDFLARE_ENDPOINT = 'https://api.cloudflare.com/client/v4'
/** Exceeding the limit blocks every call of the token for five minutes. */
const BLOCKED_MS = 300_000

interface Envelope {
  readonly success: boolean
  readonly errors?: readonly { readonly code: number; readonly message: string }[]
  readonly result: unknown
  readonly result_info?: PageInfo | null
}

/** Documented in full, but a list may leave out any of it. */
interface PageInfo {
  readonly per_page?: number
  readonly total_pages?: number
  readonly total_count?: number
}

export interface Page {
  readonly items: readonly unknown[]
  /** How many there are on all pages together, as of this one. */
  readonly total: number | undefined
}

export interface CloudflareApiOptions {
  readonly endpoint: string | undefined
  readonly token: () => string
  readonly gate: CallGate
  readonly egress?: Egress | undefined
  readonly timeoutMs?: number
}

/** An error whose code says that what we knew is no longer so: an id is gone, or the same record is already there. */
export class OutdatedError extends TransientError {}

/** Nothing is served there: the server has no such call, or no such zone. */
export class NoRouteError extends TerminalError {}

const GONE = 81044
const ALREADY_THERE: ReadonlySet<number> = new Set([81057, 81058])
const BAD_TOKEN: ReadonlySet<number> = new Set([9109, 10000, 6003, 6111])
const NO_SUCH_ZONE: ReadonlySet<number> = new Set([1001, 7000, 7003])
const RATE_LIMITED = 971
const NO_ROUTE: ReadonlySet<number> = new Set([404, 405])

export class CloudflareApi {
  readonly #http: HttpClient

  constructor(options: CloudflareApiOptions) {
    this.#http = new HttpClient({
      name: 'Cloudflare',
      endpoint: options.endpoint ?? CLOUDFLARE_ENDPOINT,
      headers: () => ({ authorization: `Bearer ${options.token()}` }),
      timeoutMs: options.timeoutMs ?? LONGEST_CALL_MS,
      throttleMs: BLOCKED_MS,
      gate: options.gate,
      egress: options.egress,
      readCallsLeft: (headers) => readCallsLeft(headers['ratelimit']),
    })
  }

  async call(call: HttpCall, signal: AbortSignal): Promise<Envelope> {
    const answer = await this.#http.send(call, signal)
    const envelope = parseEnvelope(answer)
    const good = answer.status >= 200 && answer.status < 300
    if (good && envelope?.success === true) return envelope
    if (good && envelope === undefined)
      throw new LostAnswerError('ProviderUnavailable', 'Cloudflare sent an answer that is not its own')
    throw this.#classify(answer, envelope)
  }

  async *pages(call: HttpCall, signal: AbortSignal): AsyncGenerator<Page> {
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const envelope = await this.call({ ...call, query: { ...call.query, page: String(page) } }, signal)
      pages = countPages(envelope.result_info ?? {})
      yield { items: envelope.result as readonly unknown[], total: envelope.result_info?.total_count }
    }
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  #classify(answer: HttpAnswer, envelope: Envelope | undefined): ReconcileError {
    const [first] = envelope?.errors ?? []
    const detail = first === undefined ? '' : `${first.message} (code ${first.code})`
    const code = first?.code ?? 0
    if (code === RATE_LIMITED)
      return new WaitingError('RateLimited', 'Cloudflare blocks the token: too many requests', BLOCKED_MS)
    if (code === GONE) return new OutdatedError('Outdated', 'Cloudflare: a record is no longer there')
    if (ALREADY_THERE.has(code))
      return new OutdatedError('Outdated', 'Cloudflare: an identical record is already there')
    if (BAD_TOKEN.has(code) && answer.status < 500) {
      return new TerminalError(
        'CredentialsInvalid',
        `Cloudflare refused the token: ${detail}; it needs "Zone Read" and "DNS Edit" for the zone`,
      )
    }
    if (NO_SUCH_ZONE.has(code)) {
      return new NoRouteError('ZoneNotFound', 'Cloudflare has no zone of this id; check spec.cloudflare.zoneIDs')
    }
    return classifyRoute(answer, this.#http.classify(answer, detail))
  }
}

function classifyRoute({ status }: HttpAnswer, error: ReconcileError): ReconcileError {
  return NO_ROUTE.has(status) ? new NoRouteError(error.reason, error.message) : error
}

function countPages({ total_pages, total_count = 0, per_page = 0 }: PageInfo): number {
  return total_pages ?? (per_page > 0 ? Math.ceil(total_count / per_page) : 1)
}

function parseEnvelope({ text }: HttpAnswer): Envelope | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && 'success' in parsed ? (parsed as Envelope) : undefined
  } catch {
    return undefined
  }
}

/** `"default";r=1187;t=30`: r is what is left in the window, which ends in t seconds. Of several the scarcest counts, and of those the longest. */
function readCallsLeft(header: string | string[] | undefined): CallsLeft | undefined {
  const policies = [header ?? ''].flat().flatMap((text) => text.split(','))
  const counts = policies.flatMap((policy) => {
    const remaining = numberIn(policy, 'r')
    return remaining === undefined ? [] : [{ remaining, ...windowOf(numberIn(policy, 't')) }]
  })
  return counts.sort((a, b) => a.remaining - b.remaining || lengthOf(b) - lengthOf(a))[0]
}

function numberIn(policy: string, parameter: 'r' | 't'): number | undefined {
  const [, digits] = new RegExp(String.raw`;\s*${parameter}=(\d+)`).exec(policy) ?? []
  return digits === undefined ? undefined : Number(digits)
}

function windowOf(seconds: number | undefined): Pick<CallsLeft, 'renewedAfterMs'> {
  return seconds === undefined ? {} : { renewedAfterMs: Math.min(seconds * 1000, BLOCKED_MS) }
}

function lengthOf({ renewedAfterMs = 0 }: CallsLeft): number {
  return renewedAfterMs
}
