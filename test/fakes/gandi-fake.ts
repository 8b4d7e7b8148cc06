// Gandi LiveDNS v5 as documented, for domains and record sets: PUT replaces a set, POST refuses one that exists, TTL limits, host
// names with a trailing dot, quoted TXT, the error body, pages of lists. Left out: snapshots, keys, TSIG, whole-zone and whole-name writes.
import { HttpFake, type FakeAnswer, type FakeRequest } from './http-fake.ts'

interface FakeSet {
  rrset_name: string
  rrset_type: string
  rrset_ttl: number
  rrset_values: readonly string[]
}

export class GandiFake {
  readonly http: HttpFake
  token = 'gandi-test-token'
  /** How many sets come in one answer. */
  pageSize = 500
  /** What a server says that stands in for it and has no POST. */
  refusesPost: number | undefined
  readonly #zones: ReadonlyMap<string, Map<string, FakeSet>>

  private constructor(http: HttpFake, zones: readonly string[]) {
    this.http = http
    this.#zones = new Map(zones.map((name) => [name, new Map<string, FakeSet>()]))
  }

  static async start(...zones: readonly string[]): Promise<GandiFake> {
    const http = await HttpFake.start((request) => fake.#serve(request))
    const fake = new GandiFake(http, zones)
    return fake
  }

  values(zone: string, name: string, type: string): readonly string[] {
    return this.#zones.get(zone)?.get(`${name} ${type}`)?.rrset_values ?? []
  }

  seed(zone: string, name: string, type: string, values: readonly string[]): void {
    this.#zones
      .get(zone)
      ?.set(`${name} ${type}`, { rrset_name: name, rrset_type: type, rrset_ttl: 300, rrset_values: values })
  }

  removeByHand(zone: string, name: string, type: string): void {
    this.#zones.get(zone)?.delete(`${name} ${type}`)
  }

  #serve(request: FakeRequest): FakeAnswer {
    if (request.headers.authorization !== `Bearer ${this.token}`)
      return refuse(401, 'The server could not verify that you authorized')
    const [, , , domains, fqdn, records, name, type] = request.path.split('/').map(decodeURIComponent)
    if (domains !== 'domains') return refuse(404, 'not found')
    if (fqdn === undefined) return this.#listDomains(request)
    const sets = this.#zones.get(fqdn)
    if (sets === undefined || records !== 'records') return refuse(404, `domain '${fqdn}' not found on LiveDNS`)
    if (request.method === 'GET' && name === undefined) return page(request, [...sets.values()], this.pageSize)
    if (request.method === 'GET') return list(sets, name, type)
    if (request.method === 'POST' && this.refusesPost !== undefined) return refuse(this.refusesPost, 'no such method')
    if (request.headers['content-type'] !== 'application/json' && request.method !== 'DELETE')
      return refuse(415, 'expected JSON')
    return name === undefined || type === undefined ? refuse(405, 'not allowed') : write(sets, name, type, request)
  }

  #listDomains(request: FakeRequest): FakeAnswer {
    const domains = [...this.#zones.keys()].map((fqdn) => ({ fqdn }))
    return page(request, domains, 100)
  }
}

function page({ path, query }: FakeRequest, items: readonly unknown[], most: number): FakeAnswer {
  const size = Math.min(Number(query.get('per_page') ?? most), most)
  const number = Number(query.get('page') ?? 1)
  const pages = Math.max(1, Math.ceil(items.length / size))
  const linkTo = (to: number, rel: string): string =>
    `<https://api.gandi.net${path}?page=${to}&per_page=${size}>; rel="${rel}"`
  const link = number < pages ? { link: `${linkTo(number + 1, 'next')}, ${linkTo(pages, 'last')}` } : {}
  return {
    status: 200,
    body: items.slice((number - 1) * size, number * size),
    headers: { 'total-count': String(items.length), ...link },
  }
}

function list(sets: ReadonlyMap<string, FakeSet>, name: string | undefined, type: string | undefined): FakeAnswer {
  const found = [...sets.values()].filter(
    (set) => (name === undefined || set.rrset_name === name) && (type === undefined || set.rrset_type === type),
  )
  return name !== undefined && found.length === 0 ? refuse(404, 'no such record') : { status: 200, body: found }
}

function write(sets: Map<string, FakeSet>, name: string, type: string, request: FakeRequest): FakeAnswer {
  const text = `${name} ${type}`
  if (request.method === 'DELETE') return sets.delete(text) ? { status: 204 } : refuse(404, 'no such record')
  if (request.method === 'POST' && sets.has(text)) return refuse(409, 'A DNS record already exists')
  const body = JSON.parse(request.body) as { rrset_ttl?: number; rrset_values?: string[] }
  const set = {
    rrset_name: name,
    rrset_type: type,
    rrset_ttl: body.rrset_ttl ?? 10_800,
    rrset_values: body.rrset_values ?? [],
  }
  const problem = findProblem(set, [...sets.values()])
  if (problem !== undefined) return refuse(400, problem)
  sets.set(text, set)
  return { status: 201, body: { message: 'DNS Record Created' } }
}

function findProblem(set: FakeSet, others: readonly FakeSet[]): string | undefined {
  const { rrset_name: name, rrset_type: type, rrset_ttl: ttl, rrset_values: values } = set
  if (ttl < 300 || ttl > 2_592_000) return 'rrset_ttl: must be between 300 and 2592000'
  if (values.length === 0 || values.length > 100) return 'rrset_values: between 1 and 100 values'
  if (type === 'A' && !values.every((value) => /^\d+\.\d+\.\d+\.\d+$/.test(value)))
    return 'rrset_values: not an IPv4 address'
  if (type === 'TXT' && !values.every((value) => value.startsWith('"'))) return 'rrset_values: TXT must be quoted'
  if (type === 'CNAME' && values.length !== 1) return 'a CNAME has one value'
  if (type === 'CNAME' && name === '@') return 'no CNAME at the apex'
  const here = others.filter((other) => other.rrset_name === name && other.rrset_type !== type)
  if (type === 'CNAME' ? here.length > 0 : here.some((other) => other.rrset_type === 'CNAME'))
    return 'a CNAME stands alone'
  return undefined
}

function refuse(code: number, message: string): FakeAnswer {
  return { status: code, body: { code, message, object: 'HTTPError', cause: 'Refused' } }
}
