// Cloudflare's API v4 as documented, for zones and DNS records: single records, batches in one transaction, in the fixed order deletes, patches,
// puts, posts; operation limits by plan; record limits; the error codes we rely on. Left out: edge propagation, tags, load
// balancing, settings, and every field that Stoa neither reads nor writes.
import { HttpFake, type FakeAnswer, type FakeRequest } from './http-fake.ts'

interface FakeRecord {
  id: string
  name: string
  type: string
  content: string
  ttl: number
  proxied: boolean
  comment: string | null
}

export type ZoneState = 'active' | 'pending' | 'initializing' | 'moved'

interface FakeZone {
  readonly id: string
  readonly name: string
  readonly status: ZoneState
  readonly plan: 'free' | 'pro'
  readonly records: Map<string, FakeRecord>
}

class Rejection extends Error {
  readonly status: number
  readonly code: number

  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export class CloudflareFake {
  readonly http: HttpFake
  token = 'cf-test-token'
  /** False: as a stand-in that has calls for single records alone. */
  takesBatches = true
  largestPage = 5_000
  /** False: the answer to a list says how many items there are, and not on how many pages. */
  countsPages = true
  /** False: as a stand-in that answers every question for a zone with all of them. */
  filtersZones = true
  readonly #zones: FakeZone[]
  #lastId = 0

  private constructor(http: HttpFake, zones: FakeZone[]) {
    this.http = http
    this.#zones = zones
  }

  static async start(zones: Readonly<Record<string, 'free' | 'pro'>>): Promise<CloudflareFake> {
    const made = Object.entries(zones).map(([name, plan], index): FakeZone => ({
      id: `zone${index}`,
      name,
      status: 'active',
      plan,
      records: new Map(),
    }))
    const http = await HttpFake.start((request) => fake.#serve(request))
    const fake = new CloudflareFake(http, made)
    return fake
  }

  /** The same name in another account that the token reaches as well; listed before the first. */
  addTwin(name: string, status: ZoneState): void {
    this.#zones.unshift({ id: `zone${this.#zones.length}`, name, status, plan: 'free', records: new Map() })
  }

  records(zone: string): readonly FakeRecord[] {
    return [...this.#zone(zone).records.values()].map((record) => ({ ...record }))
  }

  /** As if somebody had made it in the dashboard. */
  seed(zone: string, name: string, type: string, content: string, more: Partial<FakeRecord> = {}): void {
    this.#insert(this.#zone(zone).records, { name, type, content, ttl: 300, ...more })
  }

  removeByHand(zone: string, name: string, type: string): void {
    const { records } = this.#zone(zone)
    for (const [id, record] of records) if (record.name === name && record.type === type) records.delete(id)
  }

  #zone(name: string): FakeZone {
    const zone = this.#zones.find((one) => one.name === name)
    if (zone === undefined) throw new Error(`the fake has no zone ${name}`)
    return zone
  }

  #serve(request: FakeRequest): FakeAnswer {
    try {
      if (request.headers.authorization !== `Bearer ${this.token}`)
        throw new Rejection(403, 10000, 'Authentication error')
      const [, , zones, zoneId, kind, action] = request.path.replace('/client/v4', '/v4').split('/')
      if (zones !== 'zones') throw new Rejection(404, 7000, 'No route for that URI')
      if (zoneId === undefined) return this.#listZones(request)
      const zone = this.#zones.find(({ id }) => id === zoneId)
      if (zone === undefined || kind !== 'dns_records') throw new Rejection(404, 7003, 'Could not route to the zone')
      if (request.method === 'GET' && action === undefined) return this.#listRecords(zone, request)
      if (this.takesBatches && request.method === 'POST' && action === 'batch') return this.#batch(zone, request)
      if (action !== 'batch') return this.#single(zone, action, request)
      throw new Rejection(405, 7001, 'Method not allowed')
    } catch (error) {
      if (!(error instanceof Rejection)) throw error
      return {
        status: error.status,
        body: { success: false, errors: [{ code: error.code, message: error.message }], result: null },
      }
    }
  }

  #listZones(request: FakeRequest): FakeAnswer {
    const name = request.query.get('name')
    const found = this.#zones
      .filter((zone) => name === null || !this.filtersZones || zone.name === name)
      .map(({ id, name: zoneName, status, plan }) => ({ id, name: zoneName, status, plan: { legacy_id: plan } }))
    return this.#page(found, request, 50)
  }

  #listRecords(zone: FakeZone, request: FakeRequest): FakeAnswer {
    const name = request.query.get('name.exact')
    const found = [...zone.records.values()].filter((record) => name === null || record.name === name)
    return this.#page(found, request, this.largestPage)
  }

  #page(items: readonly unknown[], request: FakeRequest, cap: number): FakeAnswer {
    const size = Math.min(Number(request.query.get('per_page') ?? 100), cap)
    const number = Number(request.query.get('page') ?? 1)
    const result = items.slice((number - 1) * size, number * size)
    const info = {
      page: number,
      per_page: size,
      count: result.length,
      total_count: items.length,
      ...(this.countsPages ? { total_pages: Math.ceil(items.length / size) } : {}),
    }
    return { status: 200, body: { success: true, errors: [], result, result_info: info } }
  }

  #batch(zone: FakeZone, request: FakeRequest): FakeAnswer {
    const body = JSON.parse(request.body) as Partial<
      Record<'deletes' | 'patches' | 'puts' | 'posts', Partial<FakeRecord>[]>
    >
    const { deletes = [], patches = [], puts = [], posts = [] } = body
    const count = deletes.length + patches.length + puts.length + posts.length
    if (count === 0) throw new Rejection(400, 9207, 'the batch is empty')
    if (count > (zone.plan === 'free' ? 200 : 3500)) throw new Rejection(400, 81109, 'too many operations in the batch')
    // One transaction: everything happens to a copy, which replaces the zone only when all went well.
    const draft = new Map([...zone.records].map(([id, record]) => [id, { ...record }]))
    for (const { id = '' } of deletes) if (!draft.delete(id)) throw new Rejection(404, 81044, 'Record does not exist.')
    const patched = [...patches, ...puts].map((patch) => {
      const record = draft.get(patch.id ?? '')
      if (record === undefined) throw new Rejection(404, 81044, 'Record does not exist.')
      draft.delete(record.id)
      return this.#insert(draft, { ...record, ...patch })
    })
    const posted = posts.map((post) => this.#insert(draft, post))
    zone.records.clear()
    for (const [id, record] of draft) zone.records.set(id, record)
    return {
      status: 200,
      body: { success: true, errors: [], result: { deletes, patches: patched, puts: [], posts: posted } },
    }
  }

  #single({ records }: FakeZone, id: string | undefined, { method, body }: FakeRequest): FakeAnswer {
    const given = (body === '' ? {} : JSON.parse(body)) as Partial<FakeRecord>
    const before = records.get(id ?? '')
    if (method !== 'POST' && before === undefined) throw new Rejection(404, 81044, 'Record does not exist.')
    const others = new Map([...records].filter(([other]) => other !== id))
    const result = method === 'DELETE' ? { id } : this.#insert(others, { ...before, ...given })
    records.clear()
    for (const [other, record] of others) records.set(other, record)
    return { status: 200, body: { success: true, errors: [], result } }
  }

  #insert(records: Map<string, FakeRecord>, given: Partial<FakeRecord>): FakeRecord {
    const proxied = given.proxied ?? false
    const record: FakeRecord = {
      id: given.id ?? `rec${(this.#lastId += 1)}`,
      name: (given.name ?? '').toLowerCase(),
      type: given.type ?? '',
      content: given.content ?? '',
      ttl: proxied ? 1 : (given.ttl ?? 1),
      proxied,
      comment: given.comment === '' ? null : (given.comment ?? null),
    }
    refuseBadRecord(record, [...records.values()])
    records.set(record.id, record)
    return record
  }
}

function refuseBadRecord(record: FakeRecord, others: readonly FakeRecord[]): void {
  const { name, type, content, ttl, comment } = record
  if (type === 'A' && !/^\d+\.\d+\.\d+\.\d+$/.test(content))
    throw new Rejection(400, 9005, 'Content for A record must be a valid IPv4 address.')
  if (type === 'AAAA' && !content.includes(':'))
    throw new Rejection(400, 9006, 'Content for AAAA record must be a valid IPv6 address.')
  if (type === 'TXT' && !content.startsWith('"'))
    throw new Rejection(400, 9207, 'Content for TXT record must be quoted.')
  if (ttl !== 1 && (ttl < 60 || ttl > 86_400))
    throw new Rejection(400, 9021, 'TTL must be between 60 and 86400 seconds, or 1 for Automatic.')
  if ((comment?.length ?? 0) > 100) throw new Rejection(400, 9208, 'Comment exceeds 100 characters.')
  const here = others.filter((other) => other.name === name)
  if (here.some((other) => other.type === type && other.content === content))
    throw new Rejection(400, 81058, 'An identical record already exists.')
  if (type === 'CNAME' && here.length > 0)
    throw new Rejection(400, 81053, 'An A, AAAA, or CNAME record with that host already exists.')
  if (type !== 'CNAME' && here.some((other) => other.type === 'CNAME'))
    throw new Rejection(400, 81054, 'A CNAME record with that host already exists.')
}
