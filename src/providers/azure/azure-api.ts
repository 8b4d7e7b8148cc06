// Azure Resource Manager's REST API as far as DNS zones need it: paths, paging, budgets, and what its errors mean.
import type { Egress } from '../../egress/egress.ts'
import { TerminalError, type ReconcileError } from '../../model/errors.ts'
import type { CallGate, CallsLeft } from '../call-gate.ts'
import { bearerHeaders, sendWithToken, type TokenSource } from '../http/access-token.ts'
import { OutdatedError } from '../http/call-outcome.ts'
import { HttpClient, type HttpAnswer, type HttpCall } from '../http/http-client.ts'
import { PageTrail } from '../page-trail.ts'

const NAME = 'Azure'
const AZURE_ENDPOINT = 'https://management.azure.com'
const API_VERSION = { 'api-version': '2018-05-01' }
/** DNSControl's issue 4363 shows the words: a write to the same set is still being done. All else that is a conflict stays one. */
const BUSY = /\banother operation\b/i
const REMAINING = /^x-ms-ratelimit-remaining-(?:subscription|tenant)(?:-global)?-(?:reads|writes|deletes)$/

type Query = Readonly<Record<string, string>>

export interface AzureApiOptions {
  readonly subscriptionID: string
  readonly resourceGroup: string
  readonly endpoint: string | undefined
  readonly tokens: TokenSource
  readonly gate: CallGate
  readonly egress?: Egress | undefined
  readonly timeoutMs: number
}

export class AzureApi {
  readonly resourceGroup: string
  readonly #zones: string
  readonly #tokens: TokenSource
  readonly #http: HttpClient

  constructor({ subscriptionID, resourceGroup, endpoint, tokens, gate, egress, timeoutMs }: AzureApiOptions) {
    this.resourceGroup = resourceGroup
    const group = `subscriptions/${encodeURIComponent(subscriptionID)}/resourceGroups/${encodeURIComponent(resourceGroup)}`
    this.#zones = `${group}/providers/Microsoft.Network/dnsZones`
    this.#tokens = tokens
    this.#http = new HttpClient({
      name: NAME,
      endpoint: endpoint ?? AZURE_ENDPOINT,
      headers: bearerHeaders(tokens),
      timeoutMs,
      gate,
      egress,
      readCallsLeft,
    })
  }

  /** Any answer resolves; `path` is below the zones of the resource group. */
  send(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
    const query = { ...API_VERSION, ...call.query }
    return sendWithToken(this.#tokens, () => this.#http.send({ ...call, path: this.#zones + call.path, query }, signal))
  }

  async *pages<Item>(path: string, signal: AbortSignal): AsyncGenerator<readonly Item[]> {
    const trail = new PageTrail(NAME)
    let query: Query | undefined = { ...API_VERSION, $top: '100' }
    while (query !== undefined) {
      trail.follow(JSON.stringify(Object.entries(query).sort()))
      const answer = await this.send({ method: 'GET', path, query }, signal)
      if (answer.status !== 200) throw this.classify(answer)
      const page = this.parse(answer) as { readonly value: readonly Item[]; readonly nextLink?: string }
      yield page.value
      // Only the query of the link is followed: our token goes nowhere else.
      query = page.nextLink ? { ...API_VERSION, ...queryOf(page.nextLink) } : undefined
    }
  }

  /** Of an answer that is a success. */
  parse(answer: HttpAnswer): unknown {
    return this.#http.parseJson(answer)
  }

  classify(answer: HttpAnswer): ReconcileError {
    const { code, message } = parseAzureError(answer)
    if (answer.status === 401) {
      return new TerminalError(
        'CredentialsInvalid',
        `Azure refused the access token (${code}); check spec.azure.tenantID and the application in the Secret`,
      )
    }
    if (answer.status === 403) {
      // The message would name the principal by its ids.
      return new TerminalError(
        'CredentialsInvalid',
        `Azure refused access (${code}); the application needs the role "DNS Zone Contributor" in resource group ${this.resourceGroup}`,
      )
    }
    if (answer.status === 404)
      return new TerminalError('ZoneNotFound', `Azure has no resource group ${this.resourceGroup} in the subscription`)
    if (answer.status === 412 || (answer.status === 409 && BUSY.test(message)))
      return new OutdatedError('Outdated', 'Azure: the record set has changed since it was read')
    if (answer.status === 409 && code === 'ScopeLocked') return this.#locked()
    return this.#http.classify(answer, message && `${code}: ${message}`)
  }

  /** Azure's own words would name the subscription by its id. */
  #locked(): TerminalError {
    return new TerminalError(
      'ProviderRefused',
      `Azure: a lock on the zone or on resource group ${this.resourceGroup} forbids this (ScopeLocked); ` +
        'remove the lock, or, if it only forbids deleting, set deletionPolicy: Retain',
    )
  }

  close(): Promise<void> {
    return this.#http.close()
  }
}

/** A text that is no link leads nowhere: to the first page again. */
function queryOf(link: string): Query {
  return URL.canParse(link) ? Object.fromEntries(new URL(link).searchParams) : { $top: '100' }
}

/** Some errors stand in an envelope, others do not. */
export function parseAzureError({ text }: HttpAnswer): { readonly code: string; readonly message: string } {
  const body = parseObject(text)
  const { code, message } = (body.error ?? body) as { readonly code?: unknown; readonly message?: unknown }
  return {
    code: typeof code === 'string' ? code : 'no code',
    message: typeof message === 'string' ? message : '',
  }
}

function parseObject(text: string): { readonly error?: object } {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? parsed : {}
  } catch {
    return {}
  }
}

function readCallsLeft(headers: HttpAnswer['headers']): CallsLeft | undefined {
  const found = Object.entries(headers).filter(([name, value]) => REMAINING.test(name) && value !== undefined)
  const counts = found.map(([, value]) => Number(value)).filter((count) => Number.isFinite(count))
  return counts.length === 0 ? undefined : { remaining: Math.min(...counts) }
}
