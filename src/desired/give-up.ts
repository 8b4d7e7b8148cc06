// What becomes of everything a record holds and does not update: cleared for a known reason, or held for want of one.
import type { DynamicDNSRecordSpec } from '../api/generated/dynamic-dns-record.ts'
import type { DynamicDNSRecord } from '../api/kinds.ts'
import type { Disposal, HoldIntent, Intent, UpdateIntent } from '../model/intent.ts'
import type { Fqdn } from '../model/name.ts'
import type { RecordKey, ResourceRef } from '../model/record-set.ts'
import type { ZoneRef } from '../model/zone.ts'
import { isSameZone } from './choose-zone.ts'
import type { EntryDecision } from './decide-entry.ts'
import { entryMatcher } from './expand-hostname.ts'
import type { Hold } from './hold.ts'
import { locatedKeyText, type LocatedSet, type Published } from './published.ts'
import { resourceRefOf } from './resource-ref.ts'
import type { SettledName } from './settle-names.ts'

export interface GivingUp {
  readonly record: DynamicDNSRecord
  readonly published: Published
  readonly names: ReadonlyMap<Fqdn, SettledName>
  /** Names that an entry gives and that cannot be, such as one that two members would have. */
  readonly refused: ReadonlyMap<string, Hold>
  readonly entries: readonly EntryDecision[]
  /** By the text of their place. */
  readonly updates: ReadonlyMap<string, UpdateIntent>
}

/** One intent for every set of the record without an update, and a hold for every key that cannot have one yet. */
export function giveUp(givingUp: GivingUp): readonly Intent[] {
  const { record, published, entries, updates } = givingUp
  const resource = resourceRefOf(record)
  const disposal = disposalOfKey(record.spec)
  const matchers = entries.map((decision) => ({ decision, couldGive: entryMatcher(decision.entry) }))
  const left = published.sets.filter(({ zone, key }) => !updates.has(locatedKeyText(zone, key)))
  const given = left.map((set): Intent => {
    const concerned = matchers.filter(({ couldGive }) => couldGive(set.key.name)).map(({ decision }) => decision)
    const hold = findHold(set, givingUp, concerned)
    return hold === undefined ? clearSet(set, disposal, resource) : holdSet(set, hold, resource)
  })
  return [...given, ...holdUnpublished(givingUp)]
}

/** Everything goes, whatever is known of targets, pools and providers. */
export function releaseEverything(record: DynamicDNSRecord, { sets }: Published): readonly Intent[] {
  const disposal = record.spec.deletionPolicy ?? 'DeleteUnlessAdopted'
  return sets.map((set) => clearSet(set, disposal, resourceRefOf(record)))
}

export function holdEverything(record: DynamicDNSRecord, { sets }: Published): readonly Intent[] {
  const hold: Hold = { reason: 'Suspended', message: 'nothing is changed, because spec.suspend is true' }
  return sets.map((set) => holdSet(set, hold, resourceRefOf(record)))
}

/**
 * | the name of the set                            | the set                                                   |
 * |------------------------------------------------|-----------------------------------------------------------|
 * | is refused, or its zone is not known           | held                                                      |
 * | would be that of two members                   | held                                                      |
 * | lives in another zone now, and is there        | cleared                                                   |
 * | lives in another zone now, and is not there    | held                                                      |
 * | comes, or once came, from an entry of the spec | held while the entry has nothing to publish in its stead  |
 * | otherwise                                      | cleared: hostname, family, target or member is gone       |
 */
function findHold(
  { key, zone }: LocatedSet,
  { names, refused, published }: GivingUp,
  concerned: readonly EntryDecision[],
): Hold | undefined {
  const refusal = refused.get(key.name)
  if (refusal !== undefined) return refusal
  const settled = names.get(key.name)
  if (settled?.outcome.kind === 'held') return settled.outcome
  if (settled?.zone !== undefined && !isSameZone(settled.zone, zone)) {
    return holdUntilMoved(key.name, settled.zone, published)
  }
  const holds = concerned.map(({ holds, holdOthers }) => holds.get(key.type) ?? holdOthers)
  return holds.find((hold) => hold !== undefined)
}

function holdUntilMoved(name: Fqdn, zone: ZoneRef, published: Published): Hold | undefined {
  if (published.atName(name).some((set) => isSameZone(set.zone, zone))) return undefined
  const message = `${name} stays until it is published in zone ${zone.zone} of DNSProvider ${zone.provider}`
  return { reason: 'Progressing', message }
}

/** Where nothing is there and nothing can be yet, a hold shows what is waited for. */
function holdUnpublished({ record, published, entries, updates }: GivingUp): readonly Intent[] {
  // Routed sets of a name and type count as one.
  const present = [...updates.values(), ...published.sets]
  const taken = new Set(present.map(({ zone, key }) => locatedKeyText(zone, { ...key, setId: '' })))
  const keys = entries.flatMap(({ layouts, holds }) =>
    layouts.flatMap(({ name, zone }) =>
      [...holds].map(([type, hold]) => ({ zone, key: { name, type, setId: '' }, hold })),
    ),
  )
  const holds = new Map<string, Intent>()
  for (const { zone, key, hold } of keys) {
    const text = locatedKeyText(zone, key)
    if (!taken.has(text)) holds.set(text, holdSet({ zone, key }, hold, resourceRefOf(record)))
  }
  return [...holds.values()]
}

function holdSet({ key, zone }: Place, { reason, message }: Hold, resource: ResourceRef): HoldIntent {
  return { kind: 'hold', key, zone, resource, reason, message }
}

function clearSet({ key, zone }: Place, disposal: Disposal, resource: ResourceRef): Intent {
  return { kind: 'clear', key, zone, resource, disposal }
}

interface Place {
  readonly key: RecordKey
  readonly zone: ZoneRef
}

/** For what leaves a record that lives on. */
function disposalOfKey({ syncPolicy, deletionPolicy }: DynamicDNSRecordSpec): Disposal {
  if (syncPolicy === 'UpsertOnly') return 'Refuse'
  return deletionPolicy === 'Delete' ? 'Delete' : 'DeleteUnlessAdopted'
}
