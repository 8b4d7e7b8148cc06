// Azure DNS by way of Azure Resource Manager as documented (API 2018-05-01), for zones and record sets: ETags, pages of at most 100
// with absolute links, limits of values and TTL, the two shapes of error bodies, remaining-calls headers and 429 with Retry-After.
// Left out: tags, private zones' links, PATCH, name filters, roles beyond one token, and the other record types' own checks. Not
// confirmed by the vendor's documentation: 20 values in a set, 4,096 characters in a TXT value, 409 for a CNAME beside others.
import { HttpFake, type FakeAnswer, type FakeRequest } from './http-fake.ts'

export interface FakeAzureProperties {
  TTL?: number
  ARecords?: readonly { ipv4Address: string }[]
  AAAARecords?: readonly { ipv6Address: string }[]
  CNAMERecord?: { cname: string }
  NSRecords?: readonly { nsdname: string }[]
  TXTRecords?: readonly { value: readonly string[] }[]
  metadata?: Readonly<Record<string, string>>
  targetResource?: { id?: string }
}

interface FakeSet {
  readonly name: string
  readonly type: string
  readonly etag: string
  readonly properties: FakeAzureProperties
}

interface FakeZone {
  readonly name: string
  readonly zoneType: 'Public' | 'Private'
  readonly sets: Map<string, FakeSet>
}

class Rejection extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export class AzureFake {
  readonly http: HttpFake
  token = 'azure-test-token'
  readonly subscriptionID = '00000000-1111-2222-3333-444444444444'
  readonly resourceGroup = 'dns-zones'
  /** Calls left before 429. */
  readonly left = { reads: 10_000, writes: 10_000, deletes: 10_000 }
  readonly #zones: FakeZone[] = []
  #lastEtag = 0

  private constructor(http: HttpFake) {
    this.http = http
  }

  static async start(...zones: readonly string[]): Promise<AzureFake> {
    const http = await HttpFake.start((request) => fake.#serve(request))
    const fake = new AzureFake(http)
    for (const zone of zones) fake.addZone(zone)
    return fake
  }

  addZone(name: string, zoneType: FakeZone['zoneType'] = 'Public'): void {
    const zone: FakeZone = { name, zoneType, sets: new Map() }
    this.#zones.push(zone)
    this.#store(zone, '@', 'SOA', { TTL: 3600 })
    this.#store(zone, '@', 'NS', { TTL: 172_800 })
  }

  get(name: string, type: string): FakeSet | undefined {
    const zone = this.#zoneOf(name)
    return zone.sets.get(`${relative(name, zone.name)} ${type}`)
  }

  values(name: string, type: string): readonly string[] {
    const { ARecords = [], AAAARecords = [], CNAMERecord } = this.get(name, type)?.properties ?? {}
    const addresses = [
      ...ARecords.map(({ ipv4Address }) => ipv4Address),
      ...AAAARecords.map(({ ipv6Address }) => ipv6Address),
    ]
    return CNAMERecord === undefined ? addresses : [CNAMERecord.cname]
  }

  /** As if somebody had made it in the portal. */
  seed(name: string, type: string, properties: FakeAzureProperties): void {
    const zone = this.#zoneOf(name)
    this.#store(zone, relative(name, zone.name), type, { TTL: 300, ...properties })
  }

  removeByHand(name: string, type: string): void {
    const zone = this.#zoneOf(name)
    zone.sets.delete(`${relative(name, zone.name)} ${type}`)
  }

  #zoneOf(name: string): FakeZone {
    const zone = this.#zones.find((one) => name === one.name || name.endsWith(`.${one.name}`))
    if (zone === undefined) throw new Error(`the fake has no zone for ${name}`)
    return zone
  }

  #store(zone: FakeZone, name: string, type: string, properties: FakeAzureProperties): FakeSet {
    const set: FakeSet = {
      name,
      type: `Microsoft.Network/dnszones/${type}`,
      etag: `etag-${(this.#lastEtag += 1)}`,
      properties: { targetResource: {}, ...properties },
    }
    zone.sets.set(`${name} ${type}`, set)
    return set
  }

  #serve(request: FakeRequest): FakeAnswer {
    const kind = request.method === 'GET' ? 'reads' : request.method === 'DELETE' ? 'deletes' : 'writes'
    if (this.left[kind] <= 0) return throttle()
    this.left[kind] -= 1
    const headers = {
      [`x-ms-ratelimit-remaining-subscription-${kind}`]: String(this.left[kind]),
      [`x-ms-ratelimit-remaining-subscription-global-${kind}`]: String(this.left[kind] + 5_000),
    }
    try {
      return { ...this.#answer(request), headers }
    } catch (error) {
      if (!(error instanceof Rejection)) throw error
      return { ...refuse(error.status, error.code, error.message), headers }
    }
  }

  #answer(request: FakeRequest): FakeAnswer {
    if (request.headers.authorization !== `Bearer ${this.token}`)
      throw new Rejection(401, 'InvalidAuthenticationToken', 'The access token is invalid.')
    if (request.query.get('api-version') !== '2018-05-01')
      throw new Rejection(400, 'MissingApiVersionParameter', 'The api-version query parameter is required.')
    const [, , subscription, , group, , , , zoneName, type, name] = request.path.split('/').map(decodeURIComponent)
    if (subscription !== this.subscriptionID)
      throw new Rejection(404, 'SubscriptionNotFound', 'The subscription could not be found.')
    if (group !== this.resourceGroup)
      throw new Rejection(404, 'ResourceGroupNotFound', 'The resource group could not be found.')
    if (zoneName === undefined) return this.#page(this.#zones.map(describeZone), request)
    const zone = this.#zones.find((one) => one.name === zoneName)
    if (zone === undefined) {
      const code = type === undefined ? 'ResourceNotFound' : 'ParentResourceNotFound'
      throw new Rejection(404, code, `The zone ${zoneName} was not found.`)
    }
    if (type === undefined) return { status: 200, body: describeZone(zone) }
    if (type === 'recordsets') return this.#page([...zone.sets.values()], request)
    if (name === undefined) throw new Rejection(405, 'MethodNotAllowed', 'left out of the fake')
    return this.#serveSet(zone, { name, type }, request)
  }

  #page(items: readonly unknown[], request: FakeRequest): FakeAnswer {
    const size = Math.min(Number(request.query.get('$top') ?? 100), 100)
    const from = Number(request.query.get('$skipToken') ?? 0)
    const next = `http://management.invalid${request.path}?api-version=2018-05-01&$top=${size}&$skipToken=${from + size}`
    const value = items.slice(from, from + size)
    return { status: 200, body: { value, ...(from + size < items.length ? { nextLink: next } : {}) } }
  }

  #serveSet(zone: FakeZone, { name, type }: Pick<FakeSet, 'name' | 'type'>, request: FakeRequest): FakeAnswer {
    const stored = zone.sets.get(`${name} ${type}`)
    if (request.method === 'GET') {
      if (stored === undefined) throw new Rejection(404, 'NotFound', `The resource record '${name}' does not exist.`)
      return { status: 200, body: stored }
    }
    if (request.method === 'DELETE' && stored === undefined) return { status: 204 }
    refuseUnlessMatching(stored, request)
    if (request.method === 'DELETE') {
      zone.sets.delete(`${name} ${type}`)
      return { status: 200 }
    }
    if (request.method !== 'PUT' || request.headers['content-type'] !== 'application/json')
      throw new Rejection(405, 'MethodNotAllowed', 'left out of the fake')
    const { properties } = JSON.parse(request.body) as { properties: FakeAzureProperties }
    refuseBadSet(type, properties)
    refuseBesideCname(zone, name, type)
    return { status: stored === undefined ? 201 : 200, body: this.#store(zone, name, type, properties) }
  }
}

function describeZone({ name, zoneType }: FakeZone): object {
  return { name, type: 'Microsoft.Network/dnszones', properties: { zoneType, maxNumberOfRecordsPerRecordSet: 20 } }
}

function refuseUnlessMatching(stored: FakeSet | undefined, { headers }: FakeRequest): void {
  const taken = headers['if-none-match'] === '*' && stored !== undefined
  const changed = headers['if-match'] !== undefined && headers['if-match'] !== stored?.etag
  if (taken || changed) throw new Rejection(412, 'PreconditionFailed', 'The condition set in the request was not met.')
}

function refuseBadSet(type: string, properties: FakeAzureProperties): void {
  const bad = (message: string): Rejection => new Rejection(400, 'BadRequest', message)
  const { TTL = 0, ARecords = [], AAAARecords = [], TXTRecords = [], CNAMERecord } = properties
  if (!Number.isInteger(TTL) || TTL < 1 || TTL > 2_147_483_647) throw bad("The value of 'TTL' is out of range.")
  const count = ARecords.length + AAAARecords.length + TXTRecords.length + (CNAMERecord === undefined ? 0 : 1)
  if (count === 0 || count > 20) throw bad('A record set holds between 1 and 20 records.')
  const wrong = ARecords.find(({ ipv4Address }) => !/^\d+\.\d+\.\d+\.\d+$/.test(ipv4Address))
  if (wrong !== undefined) throw bad(`The IPv4 address '${wrong.ipv4Address}' is invalid.`)
  if (AAAARecords.some(({ ipv6Address }) => !ipv6Address.includes(':'))) throw bad('The IPv6 address is invalid.')
  const texts = TXTRecords.map(({ value }) => value)
  if (texts.flat().some((text) => Buffer.byteLength(text) > 255)) throw bad('A TXT string is longer than 255.')
  if (texts.some((value) => value.join('').length > 4096)) throw bad('A TXT record is longer than 4096.')
  if ((type === 'CNAME') !== (CNAMERecord !== undefined)) throw bad('The records do not fit the type.')
}

function refuseBesideCname({ sets }: FakeZone, name: string, type: string): void {
  const others = [...sets.keys()].filter((text) => text.startsWith(`${name} `) && text !== `${name} ${type}`)
  if (type === 'CNAME' ? others.length === 0 : !others.includes(`${name} CNAME`)) return
  const message = 'The CNAME record could not be created because another record with the same name already exists.'
  throw new Rejection(409, 'Conflict', message)
}

function relative(name: string, zone: string): string {
  return name === zone ? '@' : name.slice(0, -(zone.length + 1))
}

/** Azure DNS answers with the bare error; what stands before it wraps it. */
export function refuse(status: number, code: string, message: string): FakeAnswer {
  const wrapped = status === 401 || status === 403 || status === 429 || /Group|Subscription|Resource/.test(code)
  const error = { code, message }
  return { status, body: wrapped ? { error } : error }
}

export function throttle(seconds = 17): FakeAnswer {
  const message = "Number of requests exceeded the limit of '500' for time interval '00:05:00'."
  return { ...refuse(429, 'ResourceRequestsThrottled', message), headers: { 'retry-after': String(seconds) } }
}
