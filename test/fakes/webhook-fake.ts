// A server of external-dns's webhook protocol, version 1, stricter than most: media types to the letter, camelCase only, statuses,
// 32 MiB. Behind it is a provider with habits of its own. Left out: health and metrics (another port), and the upstream provider's
// own limits. That a change is refused with 400 and the order of a change's parts rest on no text of the protocol.
import { HttpFake, type FakeAnswer, type FakeRequest } from './http-fake.ts'

export const MEDIA_TYPE = 'application/external.dns.webhook+json;version=1'
const MAX_BODY_BYTES = 32 * 1024 * 1024
const ENDPOINT_FIELDS = [
  ...['dnsName', 'targets', 'recordType', 'setIdentifier'],
  ...['recordTTL', 'labels', 'providerSpecific'],
]
const CHANGE_FIELDS = ['create', 'updateOld', 'updateNew', 'delete'] as const

export interface FakeEndpoint {
  dnsName: string
  recordType: string
  targets: readonly string[]
  recordTTL?: number
  setIdentifier?: string
  providerSpecific?: readonly { name: string; value: string }[]
}

export interface WebhookHabits {
  /** A refused request leaves nothing behind; else what came before the bad change stays. */
  atomic: boolean
  /** What a refused change is answered with. */
  refusal: number
  /** What is stored of a TTL. */
  ttl: (asked: number) => number
  /** What is stored of a TXT target. */
  text: (target: string) => string
  /** Left out by /adjustendpoints. */
  drops: (endpoint: FakeEndpoint) => boolean
  /** What /adjustendpoints makes of an endpoint. */
  adjusts: (endpoint: FakeEndpoint) => readonly FakeEndpoint[]
  /** Accepted, and not stored. */
  ignores: (endpoint: FakeEndpoint) => boolean
  /** How many answers to /records are still from before a write. */
  staleReads: number
}

class Refused extends Error {}

export class WebhookFake {
  readonly http: HttpFake
  filter: unknown
  readonly habits: WebhookHabits = {
    atomic: true,
    refusal: 400,
    ttl: (asked) => asked,
    text: (target) => target,
    drops: () => false,
    adjusts: (endpoint) => [endpoint],
    ignores: () => false,
    staleReads: 0,
  }
  #endpoints = new Map<string, FakeEndpoint>()
  #stale: { readonly endpoints: readonly FakeEndpoint[]; left: number } | undefined

  private constructor(http: HttpFake, filter: unknown) {
    this.http = http
    this.filter = filter
  }

  static async start(filter: unknown): Promise<WebhookFake> {
    const http = await HttpFake.start((request) => fake.#serve(request))
    const fake = new WebhookFake(http, filter)
    return fake
  }

  get endpoints(): readonly FakeEndpoint[] {
    return [...this.#endpoints.values()]
  }

  seed(...endpoints: readonly FakeEndpoint[]): void {
    for (const endpoint of endpoints) this.#endpoints.set(keyOf(endpoint), endpoint)
  }

  get(dnsName: string, recordType: string): FakeEndpoint | undefined {
    return this.#endpoints.get(keyOf({ dnsName, recordType }))
  }

  removeByHand(dnsName: string, recordType: string): void {
    this.#endpoints.delete(keyOf({ dnsName, recordType }))
  }

  /** Requests that carry changes; asking for adjustment changes nothing. */
  writes(): number {
    return this.http.calls.filter(({ method, path }) => method === 'POST' && path === '/records').length
  }

  #serve(request: FakeRequest): FakeAnswer {
    const { method, path, headers, body } = request
    const call = `${method} ${path}`
    if (call !== 'POST /records' && headers.accept !== MEDIA_TYPE)
      return { status: 406, body: 'accept: wrong media type' }
    if (method === 'POST' && headers['content-type'] !== MEDIA_TYPE) return { status: 415, body: 'wrong media type' }
    if (Buffer.byteLength(body) > MAX_BODY_BYTES) return { status: 413, body: 'request body too large' }
    try {
      switch (call) {
        case 'GET /':
          return answer(this.filter)
        case 'GET /records':
          return answer(this.#read())
        case 'POST /adjustendpoints':
          return answer(this.#adjust(parseEndpoints(JSON.parse(body))))
        case 'POST /records':
          this.#apply(JSON.parse(body) as Record<string, unknown>)
          return { status: 204 }
        default:
          return { status: 404, body: '404 page not found' }
      }
    } catch (error) {
      if (error instanceof Refused) return { status: this.habits.refusal, body: error.message }
      throw error
    }
  }

  #adjust(endpoints: readonly FakeEndpoint[]): readonly FakeEndpoint[] {
    const { drops, adjusts } = this.habits
    return endpoints.filter((endpoint) => !drops(endpoint)).flatMap(adjusts)
  }

  #read(): readonly FakeEndpoint[] {
    if (this.#stale === undefined || this.#stale.left === 0) return this.endpoints
    this.#stale.left -= 1
    return this.#stale.endpoints
  }

  #apply(changes: Record<string, unknown>): void {
    for (const field of Object.keys(changes))
      if (!CHANGE_FIELDS.some((known) => known === field)) throw new Refused(`unknown field ${field}`)
    const [create, updateOld, updateNew, gone] = CHANGE_FIELDS.map((field) => parseEndpoints(changes[field] ?? []))
    if (updateOld?.length !== updateNew?.length) throw new Refused('updateOld and updateNew differ in length')
    const draft = new Map(this.#endpoints)
    this.#stale = { endpoints: this.endpoints, left: this.habits.staleReads }
    try {
      for (const endpoint of gone ?? []) replace(draft, endpoint, undefined)
      updateNew?.forEach((endpoint, at) => this.#write(draft, updateOld?.[at], endpoint))
      for (const endpoint of create ?? []) this.#write(draft, undefined, endpoint)
    } catch (error) {
      if (!this.habits.atomic) this.#endpoints = draft
      throw error
    }
    this.#endpoints = draft
  }

  #write(draft: Map<string, FakeEndpoint>, previous: FakeEndpoint | undefined, next: FakeEndpoint): void {
    if (this.habits.ignores(next)) return
    const { recordTTL = 0, ...rest } = next
    const ttl = this.habits.ttl(recordTTL)
    const targets = next.recordType === 'TXT' ? next.targets.map(this.habits.text) : next.targets
    replace(draft, previous, { ...rest, targets, ...(ttl === 0 ? {} : { recordTTL: ttl }) })
  }
}

function replace(
  draft: Map<string, FakeEndpoint>,
  previous: FakeEndpoint | undefined,
  next: FakeEndpoint | undefined,
): void {
  if (previous !== undefined) {
    const held = draft.get(keyOf(previous))
    if (JSON.stringify(held?.targets) !== JSON.stringify(previous.targets))
      throw new Refused(`${previous.dnsName} ${previous.recordType} is not there as said`)
    draft.delete(keyOf(previous))
  }
  if (next === undefined) return
  if (draft.has(keyOf(next))) throw new Refused(`${next.dnsName} ${next.recordType} exists`)
  const here = [...draft.values()].filter(({ dnsName }) => dnsName === next.dnsName)
  if (next.recordType === 'CNAME' ? here.length > 0 : here.some(({ recordType }) => recordType === 'CNAME'))
    throw new Refused(`a CNAME stands alone at ${next.dnsName}`)
  if (next.recordType === 'A' && !next.targets.every((target) => /^\d+\.\d+\.\d+\.\d+$/.test(target)))
    throw new Refused(`${next.targets.join(', ')} is no IPv4 address`)
  draft.set(keyOf(next), next)
}

function parseEndpoints(value: unknown): readonly FakeEndpoint[] {
  if (!Array.isArray(value)) throw new Refused('no list of endpoints')
  for (const endpoint of value as readonly Record<string, unknown>[]) {
    const unknown = Object.keys(endpoint).find((field) => !ENDPOINT_FIELDS.includes(field))
    if (unknown !== undefined) throw new Refused(`unknown field ${unknown}`)
    const { dnsName, recordType, targets } = endpoint
    if (typeof dnsName !== 'string' || dnsName.endsWith('.')) throw new Refused('dnsName must be a name without a dot')
    if (typeof recordType !== 'string' || !Array.isArray(targets) || targets.length === 0)
      throw new Refused(`${dnsName} is empty`)
  }
  return value as readonly FakeEndpoint[]
}

function keyOf({ dnsName, recordType, setIdentifier = '' }: Omit<FakeEndpoint, 'targets'>): string {
  return `${dnsName} ${recordType} ${setIdentifier}`
}

function answer(body: unknown): FakeAnswer {
  // An empty list is no list, as the other side's language has it.
  const empty = Array.isArray(body) && body.length === 0
  return { status: 200, body: empty ? 'null' : body, headers: { 'content-type': MEDIA_TYPE } }
}
