// Google Cloud DNS's API v1 as documented, for managed zones, record sets and changes: atomic changes whose deletions must match and
// whose additions must be new, quotas of the project, pages, the error body. Left out: pending changes, DNSSEC, the checks of routing
// policies, forwarding and peering, rates by the minute, and access rights beyond one token. How many sets stand on a page, and which
// status a quota of one change gives, is not documented: 500 and 403 are assumed.
import { HttpFake, type FakeAnswer, type FakeRequest } from './http-fake.ts'

export interface FakeGoogleSet {
  name: string
  type: string
  ttl: number
  rrdatas?: readonly string[]
  routingPolicy?: object
}

interface FakeManagedZone {
  readonly name: string
  readonly dnsName: string
  readonly visibility: 'public' | 'private'
  readonly sets: Map<string, FakeGoogleSet>
}

interface FakeChange {
  readonly additions?: readonly FakeGoogleSet[]
  readonly deletions?: readonly FakeGoogleSet[]
}

class Rejection extends Error {
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

export class GoogleFake {
  readonly http: HttpFake
  readonly project = 'test-project'
  token = 'google-test-token'
  pageSize = 500
  /** How a set is stored that is written: to the letter, unless told otherwise. */
  stores = (set: FakeGoogleSet): FakeGoogleSet => set
  /** How a refusal names the set at fault: by its number in the request, as in older reports, or by name and type, as in newer ones. */
  namesSets = true
  /** Whether the credentials may read the project itself. */
  mayReadProject = true
  quota = {
    rrsetAdditionsPerChange: 1000,
    rrsetDeletionsPerChange: 1000,
    totalRrdataSizePerChange: 100_000,
    resourceRecordsPerRrset: 100,
    rrsetsPerManagedZone: 10_000,
  }
  readonly #zones: FakeManagedZone[] = []
  #changes = 0

  private constructor(http: HttpFake) {
    this.http = http
  }

  static async start(...dnsNames: readonly string[]): Promise<GoogleFake> {
    const http = await HttpFake.start((request) => fake.#serve(request))
    const fake = new GoogleFake(http)
    for (const dnsName of dnsNames) fake.addZone(dnsName)
    return fake
  }

  addZone(dnsName: string, visibility: 'public' | 'private' = 'public'): void {
    const name = `zone-${this.#zones.length}`
    const zone: FakeManagedZone = { name, dnsName: `${dnsName}.`, visibility, sets: new Map() }
    put(zone.sets, { name: zone.dnsName, type: 'SOA', ttl: 21_600, rrdatas: ['ns.example. admin.example. 1 2 3 4 5'] })
    put(zone.sets, { name: zone.dnsName, type: 'NS', ttl: 21_600, rrdatas: ['ns-cloud-a1.googledomains.com.'] })
    this.#zones.push(zone)
  }

  get(name: string, type: string): FakeGoogleSet | undefined {
    return this.#zoneOf(name).sets.get(`${name}. ${type}`)
  }

  /** As if somebody had made it in the console. */
  seed(name: string, type: string, rrdatas: readonly string[], more: Partial<FakeGoogleSet> = {}): void {
    put(this.#zoneOf(name).sets, { name: `${name}.`, type, ttl: 300, rrdatas, ...more })
  }

  removeByHand(name: string, type: string): void {
    this.#zoneOf(name).sets.delete(`${name}. ${type}`)
  }

  #zoneOf(name: string): FakeManagedZone {
    const zone = this.#zones.find(({ dnsName }) => isWithin(`${name}.`, dnsName))
    if (zone === undefined) throw new Error(`the fake has no zone for ${name}`)
    return zone
  }

  #serve(request: FakeRequest): FakeAnswer {
    try {
      if (request.headers.authorization !== `Bearer ${this.token}`)
        throw new Rejection(401, 'authError', 'Request had invalid authentication credentials.')
      const [, , , projects, project, kind, name, below] = request.path.split('/')
      if (projects !== 'projects' || project !== this.project)
        throw new Rejection(404, 'notFound', "The 'parameters.project' resource named 'unknown' does not exist.")
      if (kind === undefined) return this.#readProject()
      if (kind !== 'managedZones') throw new Rejection(404, 'notFound', 'Not Found')
      if (name === undefined) return this.#listZones(request)
      const zone = this.#zones.find((one) => one.name === name)
      if (zone === undefined)
        throw new Rejection(404, 'notFound', `The 'parameters.managedZone' resource named '${name}' does not exist.`)
      if (below === 'rrsets' && request.method === 'GET') return this.#listSets(zone, request)
      if (below === 'changes' && request.method === 'POST') return this.#change(zone, request)
      throw new Rejection(404, 'notFound', 'Not Found')
    } catch (error) {
      if (!(error instanceof Rejection)) throw error
      return refuse(error.status, error.reason, error.message)
    }
  }

  #readProject(): FakeAnswer {
    if (!this.mayReadProject) throw new Rejection(403, 'forbidden', 'Forbidden')
    return { status: 200, body: { kind: 'dns#project', id: this.project, quota: { kind: 'dns#quota', ...this.quota } } }
  }

  #listZones(request: FakeRequest): FakeAnswer {
    const asked = request.query.get('dnsName')
    const found = this.#zones
      .filter(({ dnsName }) => asked === null || dnsName === asked)
      .map(({ name, dnsName, visibility }) => ({ kind: 'dns#managedZone', name, dnsName, visibility }))
    return this.#page('managedZones', found, request)
  }

  #listSets({ sets }: FakeManagedZone, request: FakeRequest): FakeAnswer {
    const name = request.query.get('name')
    const found = [...sets.values()].filter((set) => name === null || set.name === name)
    return this.#page(
      'rrsets',
      found.map((set) => ({ kind: 'dns#resourceRecordSet', ...set, signatureRrdatas: [] })),
      request,
    )
  }

  #page(field: string, items: readonly unknown[], request: FakeRequest): FakeAnswer {
    const from = Number(request.query.get('pageToken') ?? 0)
    const to = from + this.pageSize
    const next = to < items.length ? { nextPageToken: String(to) } : {}
    const page = items.slice(from, to)
    return { status: 200, body: { kind: 'dns#list', ...(page.length === 0 ? {} : { [field]: page }), ...next } }
  }

  #change(zone: FakeManagedZone, request: FakeRequest): FakeAnswer {
    if (request.headers['content-type'] !== 'application/json') throw new Rejection(400, 'parseError', 'Parse Error')
    const { additions = [], deletions = [] } = JSON.parse(request.body) as FakeChange
    if (additions.length + deletions.length === 0) throw new Rejection(400, 'required', "Required: 'entity.change'")
    this.#refuseTooMuch(additions, deletions)
    const at = (side: keyof FakeChange, index: number, { name, type }: FakeGoogleSet): string =>
      `entity.change.${side}${this.namesSets ? `[${name}][${type}]` : `[${index}]`}`
    for (const [index, set] of additions.entries()) this.#refuseBadSet(set, zone, at('additions', index, set))
    const draft = new Map(zone.sets)
    for (const [index, set] of deletions.entries()) removeExactly(draft, set, at('deletions', index, set))
    const stored = additions.map((set) => this.stores(set))
    for (const [index, set] of stored.entries()) addNew(draft, set, at('additions', index, set))
    for (const [index, set] of additions.entries()) refuseBesideCname(draft, set, at('additions', index, set))
    if (draft.size > Math.max(zone.sets.size, this.quota.rrsetsPerManagedZone))
      throw new Rejection(403, 'quotaExceeded', "The value for quota 'entity.quota.rrsetsPerManagedZone' exceeds.")
    zone.sets.clear()
    for (const [text, set] of draft) zone.sets.set(text, set)
    const body = {
      kind: 'dns#change',
      id: String((this.#changes += 1)),
      status: 'pending',
      additions: stored,
      deletions,
    }
    return { status: 200, body }
  }

  #refuseTooMuch(additions: readonly FakeGoogleSet[], deletions: readonly FakeGoogleSet[]): void {
    const data = [...additions, ...deletions].flatMap(({ rrdatas = [] }) => rrdatas)
    const size = data.reduce((sum, value) => sum + Buffer.byteLength(value), 0)
    const exceeded =
      additions.length > this.quota.rrsetAdditionsPerChange ||
      deletions.length > this.quota.rrsetDeletionsPerChange ||
      size > this.quota.totalRrdataSizePerChange
    if (exceeded) throw new Rejection(403, 'quotaExceeded', "The change exceeds the quota for 'entity.change'.")
  }

  #refuseBadSet({ name, type, ttl, rrdatas = [] }: FakeGoogleSet, zone: FakeManagedZone, at: string): void {
    const invalid = (field: string, value: string): Rejection =>
      new Rejection(400, 'invalid', `Invalid value for '${at}.${field}': '${value}'`)
    if (!isWithin(name, zone.dnsName)) throw invalid('name', name)
    if (!Number.isInteger(ttl) || ttl < 0) throw invalid('ttl', String(ttl))
    if (rrdatas.length === 0) throw new Rejection(400, 'required', `Required: '${at}.rrdata'`)
    if (rrdatas.length > this.quota.resourceRecordsPerRrset)
      throw new Rejection(403, 'quotaExceeded', `The value for quota 'entity.quota.resourceRecordsPerRrset' exceeds.`)
    if (type === 'CNAME' && (rrdatas.length > 1 || name === zone.dnsName)) throw invalid('type', type)
    const bad = rrdatas.findIndex((value) => !fits(type, value))
    if (bad >= 0) throw invalid(`rrdata[${bad}]`, rrdatas[bad] ?? '')
  }
}

function fits(type: string, value: string): boolean {
  if (type === 'A') return /^\d+\.\d+\.\d+\.\d+$/.test(value)
  if (type === 'AAAA') return value.includes(':')
  if (type === 'CNAME') return /^[^\s"]+\.$/.test(value)
  return type !== 'TXT' || /^"(?:[^"\\]|\\.){0,1020}"(?: "(?:[^"\\]|\\.){0,1020}")*$/.test(value)
}

function removeExactly(draft: Map<string, FakeGoogleSet>, set: FakeGoogleSet, at: string): void {
  const stored = draft.get(keyOf(set))
  if (stored === undefined)
    throw new Rejection(404, 'notFound', `The '${at}' resource named '${set.name} (${set.type})' does not exist.`)
  const exactly = (one: FakeGoogleSet): string => JSON.stringify([one.ttl, one.rrdatas, one.routingPolicy])
  if (exactly(stored) !== exactly(set)) throw new Rejection(412, 'conditionNotMet', `Precondition not met for '${at}'`)
  draft.delete(keyOf(set))
}

function addNew(draft: Map<string, FakeGoogleSet>, set: FakeGoogleSet, at: string): void {
  if (draft.has(keyOf(set)))
    throw new Rejection(409, 'alreadyExists', `The resource '${at}' named '${set.name} (${set.type})' already exists`)
  put(draft, set)
}

function refuseBesideCname(draft: ReadonlyMap<string, FakeGoogleSet>, set: FakeGoogleSet, at: string): void {
  const types = [...draft.values()].filter(({ name }) => name === set.name).map(({ type }) => type)
  if (types.includes('CNAME') && types.length > 1) {
    const text = `The resource record set '${at}' is invalid because a CNAME stands alone at '${set.name}'.`
    throw new Rejection(400, 'cnameResourceRecordSetConflict', text)
  }
}

function put(sets: Map<string, FakeGoogleSet>, set: FakeGoogleSet): void {
  sets.set(keyOf(set), set)
}

function keyOf({ name, type }: FakeGoogleSet): string {
  return `${name} ${type}`
}

function isWithin(name: string, dnsName: string): boolean {
  return name === dnsName || name.endsWith(`.${dnsName}`)
}

export function refuse(code: number, reason: string, message: string): FakeAnswer {
  return { status: code, body: { error: { code, message, errors: [{ message, domain: 'global', reason }] } } }
}
