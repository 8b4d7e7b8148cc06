// From what was chosen to one intent per key: values united, cut to what a set may hold, TTL within the provider's bounds.
import type { DynamicDNSRecordSpec } from '../api/generated/dynamic-dns-record.ts'
import type { DesiredValue, UpdateIntent } from '../model/intent.ts'
import type { DynamicDNSRecord } from '../api/kinds.ts'
import { compareText, describeKey, describeResource, type RecordKey } from '../model/record-set.ts'
import { formatCount } from '../model/text.ts'
import { resourceRefOf } from './resource-ref.ts'
import { lacksPolicy, type SetPlace } from './routing-sets.ts'
import { trimValues } from './trim-values.ts'

/** What one target gives to one set. */
export interface ChosenSet {
  readonly place: SetPlace
  readonly target: string
  /** Each once, and at least one. */
  readonly values: readonly string[]
}

export interface KeyNote {
  readonly key: RecordKey
  readonly message: string
}

/** A set that could not take all that is fit. */
export interface CutSet {
  readonly key: RecordKey
  readonly published: number
  readonly available: number
}

export interface Updates {
  /** By the text of their place. */
  readonly byPlace: ReadonlyMap<string, UpdateIntent>
  /** Nothing is wrong with these keys, but a person should know. */
  readonly notes: readonly KeyNote[]
  readonly cuts: readonly CutSet[]
}

export function buildUpdates(chosen: Iterable<ChosenSet>, record: DynamicDNSRecord): Updates {
  const { spec } = record
  const resource = resourceRefOf(record)
  const byPlace = new Map<string, UpdateIntent>()
  const notes: KeyNote[] = []
  const cuts: CutSet[] = []
  for (const { place, available, targetOf } of uniteSets(chosen)) {
    const { text, key, zone, routing, options } = place
    const { minTtl, maxTtl, maxValues } = zone.capabilities
    const kept = trimValues(available, Math.min(spec.maxAddresses, maxValues), describeResource(resource))
    const values = kept.map((value): DesiredValue => ({ value, target: targetOf(value) }))
    const ttl = Math.min(Math.max(spec.ttlSeconds, minTtl), maxTtl)
    byPlace.set(text, {
      kind: 'update',
      key,
      zone: zone.zone,
      resource,
      values,
      ttl,
      routing,
      options,
      adopt: isAdopting(record),
    })
    if (values.length < available.length) cuts.push({ key, published: values.length, available: available.length })
    notes.push(...describePlace(place, spec, { values, available, ttl }).map((message) => ({ key, message })))
  }
  return { byPlace, notes, cuts }
}

/**
 * What is there when a generation is first seen may be taken over, and that is over as soon as the generation was carried out in full:
 * what appears by hand after that is somebody's. Status says so across a restart.
 */
function isAdopting({ spec, metadata, status }: DynamicDNSRecord): boolean {
  return spec.adopt && status?.plan?.approvedGeneration !== metadata.generation
}

interface UnitedSet {
  readonly place: SetPlace
  readonly available: readonly string[]
  /** Who gives the value. */
  readonly targetOf: (value: string) => string
}

function uniteSets(chosen: Iterable<ChosenSet>): readonly UnitedSet[] {
  const byPlace = new Map<string, [ChosenSet, ...ChosenSet[]]>()
  for (const set of chosen) {
    const { text } = set.place
    const others = byPlace.get(text)
    if (others === undefined) byPlace.set(text, [set])
    else others.push(set)
  }
  return [...byPlace.values()].map(uniteParts)
}

/** Of several targets that give a value, the first by name stands for it, in whatever order they come. */
function uniteParts([first, ...others]: readonly [ChosenSet, ...ChosenSet[]]): UnitedSet {
  const { place } = first
  // The list of addresses of a pool is everybody's, and is handed on as it is.
  if (others.length === 0) return { place, available: first.values, targetOf: () => first.target }
  const targets = new Map<string, string>()
  const lastByName = [first, ...others].sort((a, b) => compareText(b.target, a.target))
  for (const { target, values } of lastByName) for (const value of values) targets.set(value, target)
  // Each of the values is a key of the map.
  return { place, available: [...targets.keys()], targetOf: (value) => String(targets.get(value)) }
}

interface BuiltSet {
  readonly values: readonly DesiredValue[]
  readonly available: readonly string[]
  readonly ttl: number
}

function describePlace(
  { key, zone }: SetPlace,
  { ttlSeconds, routing }: DynamicDNSRecordSpec,
  { values, available, ttl }: BuiltSet,
): readonly string[] {
  const notes: string[] = []
  const { provider } = zone.zone
  if (values.length < available.length) {
    notes.push(`${describeKey(key)} has ${formatCount(values.length)} of ${formatCount(available.length)} addresses`)
  }
  if (ttl !== ttlSeconds) notes.push(`DNSProvider ${provider} does not take a TTL of ${ttlSeconds}; it is ${ttl}`)
  if (lacksPolicy({ routing, zone })) {
    notes.push(
      `DNSProvider ${provider} does not know routing.policy ${routing.policy}; all targets are published together`,
    )
  }
  return notes
}
