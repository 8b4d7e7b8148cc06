// What Route 53 refuses in a batch of changes, in its own words as far as they are known from reports.
import { findAll, type XmlElement } from './xml.ts'

/** A set as stored: every element of it by its path, and its values. */
export interface FakeSet {
  readonly fields: ReadonlyMap<string, string>
  readonly values: readonly string[]
}

export interface FakeChange {
  readonly action: string
  readonly set: FakeSet
}

/** Not tried against the service, and in words of ours. */
const MOST_VALUES = 400
const MOST_RECORDS = 1000
const MOST_CHARACTERS = 32_000
const MOST_MEMBERS = 100
const ROUTINGS = [
  'Weight',
  'Region',
  'GeoLocation',
  'Failover',
  'MultiValueAnswer',
  'GeoProximityLocation',
  'CidrRoutingConfig',
]

export function parseChanges(root: XmlElement): readonly FakeChange[] {
  return findAll(root, 'ChangeResourceRecordSetsRequest', 'ChangeBatch', 'Changes', 'Change').map((change) => ({
    action: findAll(change, 'Action')[0]?.text ?? '',
    set: parseSet(findAll(change, 'ResourceRecordSet')[0]),
  }))
}

export function fakeSet(fields: Readonly<Record<string, string>>, values: readonly string[] = []): FakeSet {
  const name = escapeName(fields['Name'] ?? '')
  return { fields: new Map(Object.entries({ ...fields, Name: name })), values }
}

export function field(set: FakeSet, name: string): string {
  return set.fields.get(name) ?? ''
}

export function identityOf(set: FakeSet): string {
  return `${field(set, 'Name')} ${field(set, 'Type')} ${field(set, 'SetIdentifier')}`
}

/** Order of the API: by the labels from the right, then type, then set identifier. */
export function compareSets(a: FakeSet, b: FakeSet): number {
  const [first, second] = [a, b].map(placeOf)
  return (first ?? '') < (second ?? '') ? -1 : (first ?? '') > (second ?? '') ? 1 : 0
}

export function placeOf(set: FakeSet): string {
  const labels = field(set, 'Name').split('.').reverse()
  return [labels.join('\u0001'), field(set, 'Type'), field(set, 'SetIdentifier')].join('\u0000')
}

/** Mutates the draft; gives back what is wrong, and then nothing of the draft may be kept. */
export function carryOut(
  draft: Map<string, FakeSet>,
  changes: readonly FakeChange[],
  zone: { name: string; id: string },
): readonly string[] {
  const records = changes.reduce((sum, { set }) => sum + set.values.length, 0)
  const characters = changes.reduce((sum, { set }) => sum + set.values.join('').length, 0)
  if (records > MOST_RECORDS) return ['Number of records limit of 1000 exceeded.']
  if (characters > MOST_CHARACTERS) return ['Number of characters limit of 32000 exceeded.']
  return changes.flatMap((change) => carryOutOne(draft, change, zone) ?? [])
}

function carryOutOne(
  draft: Map<string, FakeSet>,
  { action, set }: FakeChange,
  zone: { name: string; id: string },
): string | undefined {
  const identity = identityOf(set)
  const present = draft.get(identity)
  if (action === 'DELETE') {
    if (present === undefined) return `Tried to delete resource record set ${describe(set)} but it was not found`
    if (!isSame(present, set))
      return `Tried to delete resource record set ${describe(set)} but the values provided do not match the current values`
    draft.delete(identity)
    return undefined
  }
  if (action !== 'CREATE') return `Invalid action ${action}`
  if (present !== undefined) return `Tried to create resource record set ${describe(set)} but it already exists`
  const problem =
    findShapeProblem(set, zone.name) ??
    findValueProblem(set) ??
    findAliasProblem(draft, set, zone) ??
    findNeighbourProblem(draft, set, zone.name)
  if (problem === undefined) draft.set(identity, set)
  return problem
}

function findShapeProblem(set: FakeSet, zone: string): string | undefined {
  const name = field(set, 'Name')
  if (name !== `${zone}.` && !name.endsWith(`.${zone}.`))
    return `RRSet with DNS name ${name} is not permitted in zone ${zone}.`
  const kinds = routingsOf(set)
  const isRouted = set.fields.has('SetIdentifier')
  if (isRouted ? kinds.length !== 1 : kinds.length > 0)
    return `Invalid request: SetIdentifier needs exactly one kind of routing`
  if (Number(field(set, 'Weight') || 0) > 255) return 'Invalid request: Weight must be between 0 and 255'
  const isAlias = set.fields.has('AliasTarget.DNSName')
  if (isAlias === set.fields.has('TTL'))
    return 'Invalid request: Expected exactly one of AliasTarget and TTL with ResourceRecords'
  if (isAlias !== (set.values.length === 0))
    return 'Invalid request: Expected exactly one of AliasTarget and ResourceRecords'
  return undefined
}

function findValueProblem(set: FakeSet): string | undefined {
  const type = field(set, 'Type')
  if (type === 'CNAME' && set.values.length > 1) return 'Invalid Resource Record: FATAL problem: MultipleCNAME'
  if (new Set(set.values).size < set.values.length) return 'Invalid Resource Record: FATAL problem: DuplicateValue'
  if (set.values.length > MOST_VALUES) return 'Invalid request: more than 400 values in a resource record set'
  for (const value of set.values) {
    if (value.length > 4000) return 'Invalid request: Value is longer than 4000 characters'
    if (type === 'A' && !/^\d+(?:\.\d+){3}$/.test(value))
      return `Invalid Resource Record: FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '${value}'`
    if (type === 'AAAA' && !/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(value))
      return `Invalid Resource Record: FATAL problem: AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address) encountered with '${value}'`
    if (type === 'TXT' && !isText(value))
      return `Invalid Resource Record: FATAL problem: InvalidCharacterString encountered with '${value}'`
  }
  return undefined
}

/** Quoted strings of at most 255 bytes, in printable ASCII, with octal escapes. */
function isText(value: string): boolean {
  const string = /"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\[0-3][0-7]{2}|\\")*)"/g
  if (value.replace(string, '').trim() !== '') return false
  return [...value.matchAll(string)].every(([, inner = '']) => inner.replace(/\\(?:[0-7]{3}|")/g, '.').length <= 255)
}

function findAliasProblem(
  draft: ReadonlyMap<string, FakeSet>,
  set: FakeSet,
  zone: { name: string; id: string },
): string | undefined {
  if (!set.fields.has('AliasTarget.DNSName')) return undefined
  const target = field(set, 'AliasTarget.DNSName')
  const type = field(set, 'Type')
  const where = `${target}, type ${type} in zone ${field(set, 'AliasTarget.HostedZoneId')}`
  if (field(set, 'AliasTarget.HostedZoneId') !== zone.id) {
    return target.endsWith(`.${zone.name}.`)
      ? `Tried to create an alias that targets ${where}, but the alias target name does not lie within the target zone`
      : undefined
  }
  const found = [...draft.values()].some(
    (other) => field(other, 'Name') === escapeName(target) && field(other, 'Type') === type,
  )
  return found ? undefined : `Tried to create an alias that targets ${where}, but that target was not found`
}

function findNeighbourProblem(draft: ReadonlyMap<string, FakeSet>, set: FakeSet, zone: string): string | undefined {
  const [name, type] = [field(set, 'Name'), field(set, 'Type')]
  if (type === 'CNAME' && name === `${zone}.`)
    return `RRSet of type CNAME with DNS name ${name} is not permitted at apex in zone ${zone}.`
  const here = [...draft.values()].filter((other) => field(other, 'Name') === name)
  const others = here.filter((other) => field(other, 'Type') !== type)
  if (type === 'CNAME' ? others.length > 0 : others.some((other) => field(other, 'Type') === 'CNAME'))
    return `RRSet of type ${type} with DNS name ${name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone}.`
  const members = here.filter((other) => field(other, 'Type') === type)
  if (members.some((other) => routingsOf(other).join() !== routingsOf(set).join()))
    return `RRSet with DNS name ${name}, type ${type}, SetIdentifier ${field(set, 'SetIdentifier')} cannot be created as other RRSets exist with the same name and type.`
  if (members.some((other) => routingsOf(set).length > 0 && routingTextOf(other) === routingTextOf(set)))
    return `RRSet with DNS name ${name}, type ${type} repeats the routing of another`
  return members.length >= MOST_MEMBERS ? `Number of members limit of ${MOST_MEMBERS} exceeded.` : undefined
}

/** Two members may weigh the same, but not answer the same region or place. */
function routingTextOf(set: FakeSet): string {
  const parts = [...set.fields].filter(([path]) => path === 'Region' || path.startsWith('GeoLocation'))
  return parts.length === 0 ? identityOf(set) : JSON.stringify(parts)
}

function routingsOf(set: FakeSet): readonly string[] {
  return ROUTINGS.filter((kind) => [...set.fields.keys()].some((path) => path === kind || path.startsWith(`${kind}.`)))
}

function isSame(a: FakeSet, b: FakeSet): boolean {
  const text = ({ fields, values }: FakeSet): string => JSON.stringify([[...fields].sort(), [...values].sort()])
  return text(a) === text(b)
}

function describe(set: FakeSet): string {
  const id = set.fields.get('SetIdentifier')
  return `[name='${field(set, 'Name')}', type='${field(set, 'Type')}'${id === undefined ? '' : `, set-identifier='${id}'`}]`
}

function parseSet(element: XmlElement | undefined): FakeSet {
  const fields: Record<string, string> = {}
  const visit = (one: XmlElement, path: string): void => {
    if (one.name === 'ResourceRecords') return
    if (one.children.length === 0) fields[path] = one.text
    for (const child of one.children) visit(child, `${path}.${child.name}`)
  }
  for (const child of element?.children ?? []) visit(child, child.name)
  const values =
    element === undefined ? [] : findAll(element, 'ResourceRecords', 'ResourceRecord', 'Value').map(({ text }) => text)
  return fakeSet(fields, values)
}

/** As names come back: lower case, with a dot, an asterisk and anything unusual in octal. */
export function escapeName(name: string): string {
  const text = name.toLowerCase().replace(/\.?$/, '.')
  return text.replace(/[^a-z0-9._\\-]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
}
