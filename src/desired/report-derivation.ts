// What a derivation says beside its intents: to status, to the derivation after it, and to plan modes.
import type { IpAddress } from '../model/address.ts'
import type { Intent, Refusal } from '../model/intent.ts'
import type { Fqdn } from '../model/name.ts'
import { compareKeys, compareText } from '../model/record-set.ts'
import { zoneText, type ZoneRef } from '../model/zone.ts'
import type { Updates } from './build-updates.ts'
import { describeTarget } from './contribution-status.ts'
import { isSameZone } from './choose-zone.ts'
import type { Contribution, TargetContent } from './contribution.ts'
import type { EntryDecision } from './decide-entry.ts'
import type { Derivation, DeriveInput, ReportedMove, WaitingName } from './derivation.ts'
import { describeFooting, describeSource } from './describe-footing.ts'
import type { Expansion } from './expand-hostname.ts'
import { isServed } from './place-name.ts'
import { locatedKeyText, type Published } from './published.ts'
import { resourceRefOf } from './resource-ref.ts'
import type { Selection } from './select-targets.ts'
import type { SettledName } from './settle-names.ts'
import { describeDoubt, type Source } from './sources.ts'

export interface DerivationParts {
  readonly input: DeriveInput
  readonly published: Published
  readonly sources: readonly Source[]
  readonly selection: Selection
  readonly expansions: readonly Expansion[]
  readonly names: ReadonlyMap<Fqdn, SettledName>
  readonly entries: readonly EntryDecision[]
  readonly updates: Updates
  /** The intents for all other keys. */
  readonly rest: readonly Intent[]
}

export function reportDerivation(parts: DerivationParts): Derivation {
  const { input, sources, selection, entries, updates, rest } = parts
  const { addressFamilies } = input.record.spec
  const doubtful = sources.filter((source) => source.doubtful.some((family) => addressFamilies.includes(family)))
  const isUntouched = judgeUntouched(parts)
  return {
    intents: sortIntents([...updates.byPlace.values(), ...rest]),
    refusals: listRefusals(parts),
    waiting: listWaiting(parts),
    notes: updates.notes.toSorted((a, b) => compareKeys(a.key, b.key)),
    cuts: updates.cuts.toSorted((a, b) => compareKeys(a.key, b.key)),
    shortfalls: entries.flatMap((entry) => entry.shortfalls),
    zones: listZones(parts),
    moves: listMoves(parts),
    targets: sources.map((source) =>
      describeTarget(
        toRemember(source, input, isUntouched),
        describeSource(source.spec, input.record.metadata.namespace),
      ),
    ),
    unknownTargets: doubtful.map(describeDoubt),
    // Before anything has been read, a choice says nothing about what is published.
    failover: input.zones.length === 0 ? input.memory.failover : selection.memory,
    failoverMessage: selection.message,
    footing: describeFooting(input.record, parts),
    nextChangeAt: selection.nextChangeAt,
  }
}

/** For a record of which nothing may change, or everything goes: what its targets give does not matter. */
export function reportStandstill(
  { contributions, memory }: DeriveInput,
  published: Published,
  intents: readonly Intent[],
): Derivation {
  return {
    intents: sortIntents(intents),
    refusals: [],
    waiting: [],
    notes: [],
    cuts: [],
    shortfalls: [],
    zones: uniteZones([...memory.zones, ...published.sets.map(({ zone }) => zone)]),
    moves: [],
    targets: contributions.map((contribution) => describeTarget(contribution)),
    unknownTargets: [],
    failover: memory.failover,
    failoverMessage: undefined,
    footing: { targets: new Map(), origins: new Map(), knownOrigins: new Set() },
    nextChangeAt: undefined,
  }
}

function sortIntents(intents: readonly Intent[]): readonly Intent[] {
  if (intents.length < 2) return intents
  return intents
    .map((intent) => ({ intent, text: locatedKeyText(intent.zone, intent.key) }))
    .sort((a, b) => compareText(a.text, b.text))
    .map(({ intent }) => intent)
}

function listRefusals({ input, expansions, names }: DerivationParts): readonly Refusal[] {
  const ofNames = [...names.values()].flatMap(({ name, refusals }) => refusals.map((refusal) => ({ name, ...refusal })))
  const all = [...expansions.flatMap(({ refusals }) => refusals), ...ofNames]
  if (all.length === 0) return []
  const byText = new Map(all.map(({ name, reason, message }) => [`${name} ${message}`, { name, reason, message }]))
  const resource = resourceRefOf(input.record)
  return [...byText]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, { name, reason, message }]): Refusal => ({ resource, name, key: undefined, reason, message }))
}

/** What is published already has a hold that says so, and what is refused a refusal. */
function listWaiting({ published, names }: DerivationParts): readonly WaitingName[] {
  return [...names.values()]
    .flatMap(({ name, outcome, refusals }): readonly WaitingName[] => {
      if (outcome.kind === 'laidOut' || refusals.length > 0 || published.atName(name).length > 0) return []
      return [{ name, reason: outcome.reason, message: outcome.message }]
    })
    .sort((a, b) => compareText(a.name, b.name))
}

function listMoves({ names }: DerivationParts): readonly ReportedMove[] {
  const moves = new Map<string, ReportedMove>()
  for (const { name, move } of names.values()) {
    if (move === undefined) continue
    const { kind, of } = move
    const others = moves.get(of.hash)?.names ?? []
    moves.set(of.hash, { ...of, kind, names: [...others, name].sort(compareText) })
  }
  return [...moves.values()].sort((a, b) => compareText(a.hash, b.hash))
}

/** Where names live or are meant to, where anything is published, and where something may be that has not been read. */
function listZones({ input, published, names }: DerivationParts): readonly ZoneRef[] {
  const settled = [...names.values()]
  const intended = settled.flatMap(({ zone }) => zone ?? [])
  const left = settled.flatMap(({ move }) => move?.of.from ?? [])
  const unread = input.memory.zones.filter((pin) => {
    return published.zone(pin) === undefined && isServed(pin, input.providers) !== false
  })
  return uniteZones([...intended, ...left, ...unread, ...published.sets.map(({ zone }) => zone)])
}

/** Nearly always they are one. */
function uniteZones([first, ...others]: readonly ZoneRef[]): readonly ZoneRef[] {
  if (first === undefined) return []
  const zones = [first, ...others.filter((zone) => !isSameZone(zone, first))]
  if (zones.length === 1) return zones
  const byText = new Map(zones.map((zone) => [zoneText(zone), zone]))
  return [...byText].sort(([a], [b]) => compareText(a, b)).map(([, zone]) => zone)
}

/** Whether the record certainly holds nothing: every zone where it might has been read. */
function judgeUntouched({ input, published, names }: DerivationParts): boolean {
  if (published.sets.length > 0) return false
  const intended = [...names.values()].flatMap(({ zone }) => zone ?? [])
  const pinned = input.memory.zones.filter((pin) => isServed(pin, input.providers) !== false)
  return input.zones.length > 0 && [...intended, ...pinned].every((zone) => published.zone(zone) !== undefined)
}

/**
 * An unknown target that has certainly given nothing yet: status remembers that, so that what others give is never taken for its own.
 * What is recalled of one that is partly known must be remembered from now on.
 */
function toRemember(
  { target, contribution, content, recalled }: Source,
  { memory: { targets } }: DeriveInput,
  isUntouched: boolean,
): Contribution {
  if (contribution.kind === 'known') return { ...contribution, content: addRecalled(contribution.content, recalled) }
  const isNew = isUntouched || targets?.has(target) === false
  return content === undefined && isNew ? { ...contribution, last: NOTHING } : contribution
}

const NOTHING: TargetContent = { kind: 'members', source: 'wan', members: [] }

function addRecalled(content: TargetContent, recalled: ReadonlySet<string>): TargetContent {
  if (content.kind === 'hostname' || recalled.size === 0) return content
  // What is recalled of a family is addresses.
  const addresses = [...recalled] as IpAddress[]
  const member = { name: 'recalled', addresses, standing: 'active', region: undefined } as const
  return { ...content, members: [...content.members, member] }
}
