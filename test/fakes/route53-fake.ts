// Route 53's API 2013-04-01, as documented, for hosted zones and record sets: batches are all or nothing, a DELETE must match to the
// letter and a CREATE must find nothing, 1000 records and 32,000 characters a batch, 300 sets a page, throttling, one change at a time.
// Left out: signatures (only the access key is looked at), UPSERT, health checks and traffic policies as things of their own,
// whether an alias into another hosted zone exists, GetChange, delegation sets, tags.
import { HttpFake, type FakeAnswer, type FakeRequest } from './http-fake.ts'
import {
  carryOut,
  compareSets,
  escapeName,
  fakeSet,
  field,
  identityOf,
  parseChanges,
  placeOf,
  type FakeSet,
} from './route53-rules.ts'
import { encode, parseXml, tag } from './xml.ts'

export interface FakeHostedZone {
  readonly id: string
  readonly name: string
  readonly isPrivate: boolean
}

const PAGE = 300

export class Route53Fake {
  readonly http: HttpFake
  accessKey = 'AKIAROUTE53TEST'
  /** What is left in the account's bucket. */
  callsLeft = Number.POSITIVE_INFINITY
  /** So many change requests come too early after the one before. */
  busyFor = 0
  /** A role the access key may assume, as the token service at the same address says. */
  role: { readonly arn: string; readonly accessKey: string } | undefined
  /** Whether a refused batch is answered with a list of messages, or with one. */
  listsProblems = false
  readonly #zones: FakeHostedZone[] = []
  readonly #sets = new Map<string, Map<string, FakeSet>>()

  private constructor(http: HttpFake) {
    this.http = http
  }

  static async start(...zones: readonly FakeHostedZone[]): Promise<Route53Fake> {
    const http = await HttpFake.start((request) => fake.#serve(request))
    const fake = new Route53Fake(http)
    for (const zone of zones) fake.addZone(zone)
    return fake
  }

  addZone(zone: FakeHostedZone): void {
    this.#zones.push(zone)
    this.#zones.sort((a, b) => (reversed(a.name) < reversed(b.name) ? -1 : 1))
    this.#sets.set(zone.id, new Map())
    this.put(zone.id, { Name: zone.name, Type: 'NS', TTL: '172800' }, ['ns-1.awsdns-00.com.'])
    this.put(zone.id, { Name: zone.name, Type: 'SOA', TTL: '900' }, [
      'ns-1.awsdns-00.com. a.amazon.com. 1 7200 900 1209600 86400',
    ])
  }

  /** As if by hand. Fields are elements by their path: `AliasTarget.DNSName`. */
  put(zoneId: string, fields: Readonly<Record<string, string>>, values: readonly string[] = []): void {
    const set = fakeSet(fields, values)
    this.#setsOf(zoneId).set(identityOf(set), set)
  }

  removeByHand(zoneId: string, name: string, type: string): void {
    for (const set of this.find(zoneId, name, type)) this.#setsOf(zoneId).delete(identityOf(set))
  }

  find(zoneId: string, name: string, type: string): readonly FakeSet[] {
    return [...this.#setsOf(zoneId).values()].filter(
      (set) => field(set, 'Name') === escapeName(name) && field(set, 'Type') === type,
    )
  }

  #setsOf(zoneId: string): Map<string, FakeSet> {
    const sets = this.#sets.get(zoneId)
    if (sets === undefined) throw new Error(`the fake has no zone ${zoneId}`)
    return sets
  }

  #serve(request: FakeRequest): FakeAnswer {
    const [, key] = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(request.headers.authorization ?? '') ?? []
    if (key === undefined) return refuse(403, 'MissingAuthenticationToken', 'Missing Authentication Token')
    if (request.query.get('Action') === 'AssumeRole') return this.#assumeRole(request, key)
    if (key !== (this.role?.accessKey ?? this.accessKey))
      return refuse(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.')
    this.callsLeft -= 1
    if (this.callsLeft < 0) return refuse(400, 'Throttling', 'Rate exceeded')
    const [, version, kind, id, part] = request.path.split('/')
    if (version !== '2013-04-01') return refuse(404, 'UnknownOperationException', '')
    if (kind === 'hostedzonesbyname') return this.#findZones(request)
    if (kind !== 'hostedzone') return refuse(404, 'UnknownOperationException', '')
    if (id === undefined || id === '') return this.#listZones(request)
    const zone = this.#zones.find((one) => one.id === id)
    if (zone === undefined) return refuse(404, 'NoSuchHostedZone', `No hosted zone found with ID: ${id}`)
    if (part === undefined) return answer('GetHostedZoneResponse', formatZone(zone))
    return request.method === 'POST' ? this.#change(zone, request) : this.#listSets(zone, request)
  }

  #assumeRole({ query }: FakeRequest, key: string): FakeAnswer {
    if (key !== this.accessKey || query.get('RoleArn') !== this.role?.arn)
      return refuse(403, 'AccessDenied', 'User is not authorized to perform: sts:AssumeRole')
    const credentials = tag(
      'Credentials',
      tag('AccessKeyId', this.role.accessKey),
      tag('SecretAccessKey', 'role-secret'),
      tag('SessionToken', 'role-session'),
      tag('Expiration', new Date(Date.now() + 3_600_000).toISOString()),
    )
    return answer('AssumeRoleResponse', tag('AssumeRoleResult', credentials))
  }

  #listZones(request: FakeRequest): FakeAnswer {
    const from = Math.max(
      0,
      this.#zones.findIndex(({ id }) => id === request.query.get('marker')),
    )
    const page = this.#zones.slice(from, from + 100)
    const next = this.#zones[from + 100]
    return answer(
      'ListHostedZonesResponse',
      tag('HostedZones', ...page.map(formatZone)),
      tag('IsTruncated', String(next !== undefined)),
      ...(next === undefined ? [] : [tag('NextMarker', next.id)]),
      tag('MaxItems', '100'),
    )
  }

  #findZones(request: FakeRequest): FakeAnswer {
    const from = reversed((request.query.get('dnsname') ?? '').replace(/\.$/, ''))
    const page = this.#zones.filter(({ name }) => reversed(name) >= from).slice(0, 100)
    return answer(
      'ListHostedZonesByNameResponse',
      tag('HostedZones', ...page.map(formatZone)),
      tag('IsTruncated', 'false'),
      tag('MaxItems', '100'),
    )
  }

  #listSets({ id }: FakeHostedZone, { query }: FakeRequest): FakeAnswer {
    if (query.has('identifier') && !query.has('type'))
      return refuse(400, 'InvalidInput', 'The identifier requires the type')
    const size = Math.min(Number(query.get('maxitems') ?? PAGE), PAGE)
    const fields = {
      Name: query.get('name') ?? '',
      Type: query.get('type') ?? '',
      SetIdentifier: query.get('identifier') ?? '',
    }
    const start = query.has('name') ? placeOf(fakeSet(fields)) : ''
    const sets = [...this.#setsOf(id).values()].sort(compareSets).filter((set) => placeOf(set) >= start)
    const next = sets[size]
    return answer(
      'ListResourceRecordSetsResponse',
      tag('ResourceRecordSets', ...sets.slice(0, size).map(formatSet)),
      tag('IsTruncated', String(next !== undefined)),
      ...(next === undefined ? [] : formatNext(next)),
      tag('MaxItems', String(size)),
    )
  }

  #refuseBatch(problems: readonly string[]): FakeAnswer {
    return this.listsProblems ? refuseInList(problems) : refuse(400, 'InvalidChangeBatch', `[${problems.join(', ')}]`)
  }

  #change(zone: FakeHostedZone, request: FakeRequest): FakeAnswer {
    if (this.busyFor > 0) {
      this.busyFor -= 1
      const message = 'The request was rejected because Route 53 was still processing a prior request.'
      return refuse(400, 'PriorRequestNotComplete', message)
    }
    const draft = new Map(this.#setsOf(zone.id))
    const problems = carryOut(draft, parseChanges(parseXml(request.body)), zone)
    if (problems.length > 0) return this.#refuseBatch(problems)
    this.#sets.set(zone.id, draft)
    const info = tag('Id', '/change/C1') + tag('Status', 'PENDING') + tag('SubmittedAt', '2026-01-01T00:00:00Z')
    return answer('ChangeResourceRecordSetsResponse', tag('ChangeInfo', info))
  }
}

/** The form in the documentation of the API; reports show both. */
function refuseInList(problems: readonly string[]): FakeAnswer {
  const messages = problems.map((problem) => tag('Message', encode(problem)))
  return xml(400, tag('InvalidChangeBatch', tag('Messages', ...messages)))
}

export function refuse(status: number, code: string, message: string): FakeAnswer {
  const error = tag('Error', tag('Type', 'Sender'), tag('Code', code), tag('Message', encode(message)))
  return xml(status, tag('ErrorResponse', error, tag('RequestId', 'b25f48e8-84fd-11e6-80d9-574e0c4664cb')))
}

function answer(name: string, ...content: readonly string[]): FakeAnswer {
  return xml(200, tag(name, ...content))
}

function xml(status: number, body: string): FakeAnswer {
  return { status, body: `<?xml version="1.0"?>\n${body}`, headers: { 'content-type': 'text/xml' } }
}

function formatZone({ id, name, isPrivate }: FakeHostedZone): string {
  const config = tag('Config', tag('PrivateZone', String(isPrivate)))
  return tag('HostedZone', tag('Id', `/hostedzone/${id}`), tag('Name', `${name}.`), tag('CallerReference', id), config)
}

function formatSet(set: FakeSet): string {
  const records = set.values.map((value) => tag('ResourceRecord', tag('Value', encode(value))))
  const fields = [...set.fields].filter(([path]) => !path.includes('.')).map(([path, text]) => tag(path, encode(text)))
  return tag(
    'ResourceRecordSet',
    ...fields,
    ...['GeoLocation', 'GeoProximityLocation', 'CidrRoutingConfig', 'AliasTarget'].map((name) =>
      formatNested(set, name),
    ),
    ...(records.length === 0 ? [] : [tag('ResourceRecords', ...records)]),
  )
}

function formatNested(set: FakeSet, name: string): string {
  const own = [...set.fields].filter(([path]) => path.startsWith(`${name}.`))
  return own.length === 0 ? '' : tag(name, ...own.map(([path, text]) => tag(path.slice(name.length + 1), encode(text))))
}

function formatNext(next: FakeSet): readonly string[] {
  const id = next.fields.get('SetIdentifier')
  return [
    tag('NextRecordName', encode(field(next, 'Name'))),
    tag('NextRecordType', field(next, 'Type')),
    ...(id === undefined ? [] : [tag('NextRecordIdentifier', encode(id))]),
  ]
}

function reversed(name: string): string {
  return name.split('.').reverse().join('\u0001')
}
