// Two objects that want the same thing: the same object twice, one name in two records.
import type { AddressFamily } from '../../model/address.ts'
import { compareText } from '../../model/record-set.ts'
import type { DynamicDNSRecord, StoaObject } from '../kinds.ts'
import { chooseProvider, type ProviderChoice } from './choose-provider.ts'
import { addTo, describe, nameOf, type CrossFinding, type Relations } from './relations.ts'

export function checkSameObjects({ objects }: Relations): readonly CrossFinding[] {
  const seen = new Map<string, StoaObject>()
  return objects.flatMap((object) => {
    const name = describe(object)
    const first = seen.get(name)
    if (first === undefined) {
      seen.set(name, object)
      return []
    }
    const message = `${name} is given twice, and the last one applied would win; remove one`
    return [{ object, severity: 'error', path: ['metadata', 'name'], rule: 'same-object', message, first }]
  })
}

interface Claim {
  readonly record: DynamicDNSRecord
  /** Where in spec.hostnames it is. */
  readonly index: number
}

export function checkNameClaims(relations: Relations): readonly CrossFinding[] {
  const claims = new Map<string, Claim[]>()
  for (const record of sortByName(relations.objects.filter((object) => object.kind === 'DynamicDNSRecord'))) {
    for (const [index, hostname] of record.spec.hostnames.entries()) {
      for (const key of listKeys(record, hostname, relations)) addTo(claims, key, { record, index })
    }
  }
  // Several names of one entry may meet several of another: that is said once.
  const findings = [...claims.values()].flatMap(settleClaims)
  return [...new Map(findings.map((finding) => [textOf(finding), finding])).values()]
}

function textOf({ object, path, message }: CrossFinding): string {
  return `${nameOf(object)} ${path.join('.')} ${message}`
}

/** One text per name that an entry stands for and where it would live. Equal texts are the same name in the same place. */
function listKeys(record: DynamicDNSRecord, hostname: string, relations: Relations): readonly string[] {
  const place = describePlace(chooseProvider(record, hostname, relations))
  const names = expandRegions(record, hostname)
  // Names of members are not known here: they are surely the same only where the pools are.
  const pools = hostname.includes('{member}') ? listPools(record) : ['']
  return names.flatMap((name) => pools.map((pool) => `${place} ${name} ${pool}`))
}

function describePlace(choice: ProviderChoice): string {
  switch (choice.kind) {
    case 'chosen':
      return nameOf(choice.provider)
    case 'ambiguous':
      return choice.providers.map(nameOf).join(' or ')
    case 'absent':
      return choice.name
    default:
      return ''
  }
}

function expandRegions({ spec }: DynamicDNSRecord, hostname: string): readonly string[] {
  if (!hostname.includes('{region}')) return [hostname]
  const regions = new Set(spec.targets.flatMap(({ region }) => region ?? []))
  return [...regions].map((region) => hostname.replaceAll('{region}', region))
}

function listPools({ metadata, spec }: DynamicDNSRecord): readonly string[] {
  const pools = spec.targets.flatMap(({ nodePool }) => nodePool ?? [])
  return [...new Set(pools.map(({ namespace, name }) => `${namespace ?? metadata.namespace}/${name}`))]
}

/** The first record by name has it; every later one is told with whom it conflicts. */
function settleClaims(claims: readonly Claim[]): readonly CrossFinding[] {
  return claims.flatMap(({ record, index }, position) => {
    const rival = claims.find(
      (claim, at) => at < position && nameOf(claim.record) !== nameOf(record) && collide(claim.record, record),
    )
    if (rival === undefined) return []
    const path = ['spec', 'hostnames', index]
    const message = `${describe(rival.record)} claims ${String(record.spec.hostnames[index])} too; remove it from one of the two`
    return [{ object: record, severity: 'error', path, rule: 'claimed-twice', message }]
  })
}

type ClaimedType = AddressFamily | 'CNAME'

/** A CNAME tolerates nothing beside itself; addresses collide within a family. */
function collide(a: DynamicDNSRecord, b: DynamicDNSRecord): boolean {
  const [ofA, ofB] = [listTypes(a), listTypes(b)]
  return ofA.includes('CNAME') || ofB.includes('CNAME') || ofA.some((type) => ofB.includes(type))
}

function listTypes({ spec }: DynamicDNSRecord): readonly ClaimedType[] {
  const names = spec.targets.some(({ hostname }) => hostname !== undefined)
  const addresses = spec.targets.some(({ hostname }) => hostname === undefined)
  return [...(names ? (['CNAME'] as const) : []), ...(addresses ? spec.addressFamilies : [])]
}

function sortByName<Kind extends StoaObject>(objects: readonly Kind[]): readonly Kind[] {
  return objects.toSorted((a, b) => compareText(nameOf(a), nameOf(b)))
}
