// Route 53's record sets and ours. A DELETE must repeat a set to the letter, so what is stored is kept beside what we make of it.
import type { ResourceRecordSet, RRType } from '@aws-sdk/client-route-53'
import { parseIpAddress } from '../../model/address.ts'
import { canonicalText } from '../../model/canonical-text.ts'
import { isWithin, parseStoredName, type Fqdn } from '../../model/name.ts'
import { compareText, keyText, type RecordKey, type RecordType } from '../../model/record-set.ts'
import type { ZoneCut } from '../../model/zone.ts'
import type { RawSet } from '../raw-zone.ts'
import { readCut } from '../zone-cuts.ts'
import { amazonZoneOf } from './alias-zones.ts'
import { formatRouting, parseRouting } from './route53-routing.ts'
import { decodeName, parseQuotedText, quoteText } from './route53-text.ts'

/** An alias has no TTL of its own: it answers with its target's, which for Amazon's endpoints is this. */
export const ALIAS_TTL = 60

const TYPES: ReadonlySet<string> = new Set(['A', 'AAAA', 'CNAME', 'TXT'])
/** One alias of ours is a set of each of these types, as far as its target has it. */
export type AliasType = 'A' | 'AAAA'
export const ALIAS_TYPES: readonly AliasType[] = ['A', 'AAAA']

/** What a set may have that we could not write again, and how to say so. */
const FOREIGN: readonly (readonly [keyof ResourceRecordSet, string])[] = [
  ['HealthCheckId', 'a health check'],
  ['TrafficPolicyInstanceId', 'a traffic policy'],
  ['Failover', 'failover routing'],
  ['MultiValueAnswer', 'multivalue answer routing'],
  ['GeoProximityLocation', 'geoproximity routing'],
  ['CidrRoutingConfig', 'IP-based routing'],
]

export interface HostedZoneRef {
  readonly name: Fqdn
  readonly id: string
  /** As it says of itself. In a private one an NS set need not hide what is below it. */
  readonly isPublic: boolean
}

export interface HeldSet {
  readonly set: RawSet
  /** As stored, to the letter. */
  readonly stored: readonly ResourceRecordSet[]
  /** What it has that we could not write again: such a set is shown, and never changed. */
  readonly foreign: string | undefined
}

export interface AliasTarget {
  readonly zoneId: string
  readonly types: readonly AliasType[]
  readonly evaluatesHealth: boolean
}

export function holdSets(stored: readonly ResourceRecordSet[], zone: HostedZoneRef): readonly HeldSet[] {
  const groups = new Map<string, { key: RecordKey; members: ResourceRecordSet[] }>()
  for (const one of stored) {
    const key = keyOf(one)
    if (key === undefined) continue
    const group = groups.get(keyText(key)) ?? { key, members: [] }
    group.members.push(one)
    groups.set(keyText(key), group)
  }
  return [...groups.values()].map(({ key, members }) => holdSet(key, members, zone))
}

export function parseCut(stored: ResourceRecordSet): readonly ZoneCut[] {
  const targets = stored.ResourceRecords?.map(({ Value = '' }) => decodeName(Value)) ?? []
  return readCut(parseStoredName(decodeName(stored.Name ?? '')), stored.Type ?? '', targets)
}

/** The hosted zone of an alias's target; undefined where only Amazon knows. */
export function aliasZoneOf(target: string, zone: HostedZoneRef): string | undefined {
  return isWithin(target, zone.name) ? zone.id : amazonZoneOf(target)
}

export function formatSet(set: RawSet, alias: AliasTarget | undefined): readonly ResourceRecordSet[] {
  const { name, type, setId } = set.key
  const address = { Name: `${name}.`, ...formatRouting(setId, set.routing) }
  if (type !== 'ALIAS') {
    const records = set.values.map((value) => ({ Value: formatValue(type, value) }))
    return [{ ...address, Type: type, TTL: set.ttl, ResourceRecords: records }]
  }
  if (alias === undefined) return []
  const target = {
    HostedZoneId: alias.zoneId,
    DNSName: `${set.values[0] ?? ''}.`,
    EvaluateTargetHealth: alias.evaluatesHealth,
  }
  return alias.types.map((aliasType) => ({ ...address, Type: aliasType, AliasTarget: target }))
}

function keyOf(stored: ResourceRecordSet): RecordKey | undefined {
  const name = parseStoredName(decodeName(stored.Name ?? ''))
  if (name === undefined || stored.Type === undefined || !TYPES.has(stored.Type)) return undefined
  const aliased = stored.AliasTarget !== undefined && isAliasType(stored.Type)
  return { name, type: aliased ? 'ALIAS' : (stored.Type as RecordType), setId: stored.SetIdentifier ?? '' }
}

function holdSet(key: RecordKey, stored: readonly ResourceRecordSet[], zone: HostedZoneRef): HeldSet {
  const values = [...new Set(stored.flatMap((one) => valuesOf(one)))].sort(compareText)
  const [first] = stored
  const foreign =
    stored.map((one) => foreignnessOf(one, zone)).find((found) => found !== undefined) ?? differenceOf(stored)
  return {
    set: {
      key,
      values,
      ttl: first?.TTL ?? ALIAS_TTL,
      routing: first && parseRouting(first),
      options: foreign === undefined ? undefined : { unmanaged: foreign },
      note: undefined,
    },
    stored,
    foreign,
  }
}

function valuesOf({ Type, AliasTarget, ResourceRecords }: ResourceRecordSet): readonly string[] {
  if (AliasTarget !== undefined) return [parseHost(AliasTarget.DNSName ?? '')]
  return (ResourceRecords ?? []).map(({ Value }) => parseValue(Type, Value ?? ''))
}

function foreignnessOf(stored: ResourceRecordSet, zone: HostedZoneRef): string | undefined {
  const found = FOREIGN.find(([field]) => stored[field] !== undefined)
  if (found !== undefined) return found[1]
  if (stored.SetIdentifier !== undefined && parseRouting(stored) === undefined)
    return 'a routing policy of another kind'
  if (stored.AliasTarget === undefined) return undefined
  const { DNSName, HostedZoneId } = stored.AliasTarget
  const known = isAliasType(stored.Type) && aliasZoneOf(parseHost(DNSName ?? ''), zone) === HostedZoneId
  return known ? undefined : 'an alias to a resource of another kind'
}

/** The address types of one alias are one set to us, so they must say the same. */
function differenceOf(stored: readonly ResourceRecordSet[]): string | undefined {
  const texts = stored.map(({ AliasTarget, ...rest }) =>
    canonicalText([valuesOf({ AliasTarget, ...rest }), parseRouting(rest)]),
  )
  return new Set(texts).size > 1 ? 'different aliases for A and AAAA' : undefined
}

function isAliasType(type: RRType | undefined): type is AliasType {
  return type === 'A' || type === 'AAAA'
}

function parseValue(type: RRType | undefined, value: string): string {
  if (type === 'TXT') return parseQuotedText(value)
  return type === 'CNAME' ? parseHost(value) : (parseIpAddress(value) ?? value)
}

function formatValue(type: RecordType, value: string): string {
  if (type === 'TXT') return quoteText(value)
  return type === 'CNAME' ? `${value}.` : value
}

function parseHost(text: string): string {
  return decodeName(text).toLowerCase().replace(/\.$/, '')
}
