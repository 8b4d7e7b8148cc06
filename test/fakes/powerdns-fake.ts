// PowerDNS's HTTP API as seen on 4.7: PATCH is all or nothing, checked in payload order, with its 422 messages. The real server
// runs the same contract in `npm run test:real`; left out here: zone creation, DNSSEC, LUA records, search, metadata.
import { HttpFake, type FakeAnswer, type FakeRequest } from './http-fake.ts'

interface FakeSet {
  name: string
  type: string
  ttl: number
  records: readonly { content: string; disabled?: boolean }[]
  comments: readonly { content: string; account: string }[]
}

interface FakePatch extends Partial<FakeSet> {
  name: string
  type: string
  changetype: 'REPLACE' | 'DELETE'
}

class Unprocessable extends Error {}

export class PowerDnsFake {
  readonly http: HttpFake
  key = 'pdns-test-key'
  /** Some backends, such as LMDB until lately, refuse a list of comments, be it an empty one. */
  keepsComments = true
  serialPolicy = 'DEFAULT'
  /** By `DEFAULT` a serial is at least this: 2026112201, say. */
  firstSerialOfToday = 0
  #sets = new Map<string, FakeSet>()
  #serial = 1
  readonly #zone: string

  private constructor(http: HttpFake, zone: string) {
    this.http = http
    this.#zone = zone
  }

  static async start(zone: string): Promise<PowerDnsFake> {
    const http = await HttpFake.start((request) => fake.#serve(request))
    const fake = new PowerDnsFake(http, zone)
    return fake
  }

  get(name: string, type: string): FakeSet | undefined {
    return this.#sets.get(`${name}. ${type}`)
  }

  seed(name: string, type: string, contents: readonly string[], comments: FakeSet['comments'] = []): void {
    const records = contents.map((content) => ({ content, disabled: false }))
    this.#sets.set(`${name}. ${type}`, { name: `${name}.`, type, ttl: 300, records, comments })
    this.#serial = Math.max(this.#serial + 1, this.firstSerialOfToday)
  }

  switchOff(name: string, type: string): void {
    const set = this.get(name, type)
    if (set !== undefined) set.records = set.records.map(({ content }) => ({ content, disabled: true }))
    this.#serial = Math.max(this.#serial + 1, this.firstSerialOfToday)
  }

  removeByHand(name: string, type: string): void {
    this.#sets.delete(`${name}. ${type}`)
    this.#serial = Math.max(this.#serial + 1, this.firstSerialOfToday)
  }

  #serve(request: FakeRequest): FakeAnswer {
    if (request.headers['x-api-key'] !== this.key) return { status: 401, body: 'Unauthorized' }
    const [, zone] = /^\/api\/v1\/servers\/localhost\/zones(?:\/([^/]+))?$/.exec(request.path) ?? []
    const summary = { name: `${this.#zone}.`, soa_edit_api: this.serialPolicy, serial: this.#serial }
    if (zone === undefined) return { status: 200, body: [summary] }
    if (zone !== `${this.#zone}.`) return { status: 404, body: 'Not Found' }
    if (request.method === 'PATCH') return this.#patch(request)
    const name = request.query.get('rrset_name')
    const rrsets = [...this.#sets.values()].filter((set) => name === null || set.name === name)
    return { status: 200, body: request.query.get('rrsets') === 'false' ? summary : { ...summary, rrsets } }
  }

  #patch(request: FakeRequest): FakeAnswer {
    const { rrsets } = JSON.parse(request.body) as { rrsets: readonly FakePatch[] }
    const draft = new Map(this.#sets)
    try {
      const seen = new Set<string>()
      for (const patch of rrsets) {
        const text = `${patch.name} ${patch.type}`
        if (seen.has(text)) throw new Unprocessable(`Duplicate RRset ${patch.name} IN ${patch.type}`)
        seen.add(text)
        this.#patchOne(draft, patch)
      }
    } catch (error) {
      if (error instanceof Unprocessable) return { status: 422, body: { error: error.message } }
      throw error
    }
    this.#sets = draft
    this.#serial = Math.max(this.#serial + 1, this.firstSerialOfToday)
    return { status: 204 }
  }

  #patchOne(draft: Map<string, FakeSet>, { changetype, ...set }: FakePatch): void {
    const { name, type } = set
    if (!name.endsWith('.')) throw new Unprocessable(`DNS Name '${name}' is not canonical`)
    if (name !== `${this.#zone}.` && !name.endsWith(`.${this.#zone}.`))
      throw new Unprocessable(`RRset ${name} IN ${type}: Name is out of zone`)
    if (changetype === 'DELETE') {
      draft.delete(`${name} ${type}`)
      return
    }
    const isBeside = (other: FakeSet): boolean => other.name === name && other.type !== type
    const clash = type === 'CNAME' ? [...draft.values()].some(isBeside) : draft.has(`${name} CNAME`)
    if (clash) throw new Unprocessable(`RRset ${name} IN ${type}: Conflicts with pre-existing RRset`)
    for (const { content } of set.records ?? []) {
      const fits = type === 'A' ? /^\d+\.\d+\.\d+\.\d+$/.test(content) : type !== 'TXT' || content.startsWith('"')
      if (!fits) throw new Unprocessable(`Record ${name}/${type} '${content}': Not in expected format`)
    }
    if (set.comments !== undefined && !this.keepsComments)
      throw new Unprocessable('Hosting backend does not support editing comments.')
    draft.set(`${name} ${type}`, {
      name,
      type,
      ttl: set.ttl ?? 0,
      records: set.records ?? [],
      comments: set.comments ?? draft.get(`${name} ${type}`)?.comments ?? [],
    })
  }
}
