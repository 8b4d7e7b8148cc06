// A world that is nothing but manifests: what a tree wants is derived as in an engine, planned against what the tree before it came to, and
// taken as done. So the plan for a second tree is what changes between the two. Pure.
import type { DynamicDNSRecord, DNSProvider } from '../../api/kinds.ts'
import { groupBy } from '../../apply/group-by.ts'
import { ClaimTable } from '../../desired/claim-table.ts'
import { contributeTarget, type Sources } from '../../desired/contribute-target.ts'
import { targetKey, type TargetContent } from '../../desired/contribution.ts'
import type { Derivation, RecordMemory } from '../../desired/derivation.ts'
import { deriveIntents } from '../../desired/derive-intents.ts'
import { mayLieWithin } from '../../desired/expand-hostname.ts'
import type { ProviderIndex } from '../../desired/provider-index.ts'
import type { PublishedSet, ReadZone } from '../../desired/published.ts'
import { resourceRefOf } from '../../desired/resource-ref.ts'
import type { Labels } from '../../api/label-selector.ts'
import type { Refusal } from '../../model/intent.ts'
import { compareText, type OwnerId, type RecordKey } from '../../model/record-set.ts'
import { ZoneTable, zoneText, type ZoneCapabilities, type ZoneRef } from '../../model/zone.ts'
import { applyChanges } from '../../plan/apply-in-memory.ts'
import { calculatePlan } from '../../plan/calculate-plan.ts'
import { judgeSafety } from '../../plan/judge-safety.ts'
import type { Plan } from '../../plan/plan.ts'
import { describeDerivation } from './describe-derivation.ts'
import { presumeCapabilities } from './presume-capabilities.ts'

/** What one tree says, ready to be derived. */
export interface WrittenWorld {
  readonly records: readonly DynamicDNSRecord[]
  readonly providers: ReadonlyMap<string, DNSProvider>
  readonly index: ProviderIndex
  readonly sources: Sources
  readonly labelsOf: (namespace: string) => Labels | undefined
  readonly now: number
}

export interface WorldPlan {
  /** By zone. */
  readonly plans: readonly Plan[]
  /** Of names that have no zone. */
  readonly refusals: readonly Refusal[]
  readonly warnings: readonly string[]
}

interface Remembered {
  readonly memory: RecordMemory
  readonly last: ReadonlyMap<string, TargetContent>
}

interface KnownZone {
  readonly zone: ZoneRef
  readonly capabilities: ZoneCapabilities
  readonly table: ZoneTable
}

const OWNER = 'plan' as OwnerId
const STEP = 100

export class TreeWorld {
  readonly #claims = new ClaimTable()
  readonly #zones = new Map<string, KnownZone>()
  readonly #remembered = new Map<string, Remembered>();

  /** Yields how many records have been derived, now and then; returns what it takes to come from the tree before to this one. */
  *follow(world: WrittenWorld): Generator<number, WorldPlan> {
    const held = this.#listHeld()
    const refusals: Refusal[] = []
    const warnings: string[] = []
    for (const [index, record] of world.records.entries()) {
      const derivation = this.#derive(record, world, held.get(record.metadata.uid) ?? [])
      refusals.push(...derivation.refusals)
      warnings.push(...describeDerivation(derivation))
      if (index % STEP === STEP - 1) yield index + 1
    }
    const settled = [...this.#zones.values()]
      .sort((a, b) => compareText(zoneText(a.zone), zoneText(b.zone)))
      .map((known) => this.#planZone(known, world))
    return {
      plans: settled.map(({ plan }) => plan),
      refusals,
      warnings: [...warnings, ...settled.flatMap(({ warning }) => warning ?? [])],
    }
  }

  #derive(record: DynamicDNSRecord, world: WrittenWorld, held: readonly HeldSets[]): Derivation {
    const { metadata, spec } = record
    const { namespace, uid } = metadata
    const { now } = world
    const { memory, last } = this.#remembered.get(uid) ?? NOTHING
    const namespaceLabels = world.labelsOf(namespace)
    const contributions = spec.targets.map((target) => {
      const key = targetKey(target, namespace)
      const context = { target, key, namespace, namespaceLabels, families: spec.addressFamilies, health: undefined }
      return contributeTarget({ ...context, last: last.get(key), now }, world.sources).contribution
    })
    const { index: providers } = world
    const zones = this.#readZones(record, held, providers)
    const input = { record, contributions, providers, namespaceLabels, zones, memory, approvedMoves: [], now }
    const derivation = deriveIntents(input)
    this.#claims.replace(resourceRefOf(record), Date.parse(metadata.creationTimestamp), derivation.intents)
    const known = contributions.flatMap((one) => (one.kind === 'known' ? [[one.target, one.content] as const] : []))
    const targets = new Set(derivation.targets.map(({ name }) => name))
    this.#remembered.set(uid, {
      memory: { zones: derivation.zones, failover: undefined, targets },
      last: new Map([...last, ...known]),
    })
    return derivation
  }

  /** Every zone its names may live in or do, as if just read. */
  #readZones({ spec }: DynamicDNSRecord, held: readonly HeldSets[], { byZone }: ProviderIndex): readonly ReadZone[] {
    const zones = new Map<string, KnownZone>()
    for (const [zone, providers] of byZone) {
      if (!spec.hostnames.some((hostname) => mayLieWithin(hostname, zone))) continue
      for (const { ref, type } of providers) {
        const known = this.#know({ provider: ref, zone }, type)
        zones.set(zoneText(known.zone), known)
      }
    }
    for (const { known } of held) zones.set(zoneText(known.zone), known)
    return [...zones].map(([text, { zone, capabilities }]) => {
      const sets = held.find(({ known }) => zoneText(known.zone) === text)?.sets ?? []
      return { zone, capabilities, published: sets }
    })
  }

  #know(zone: ZoneRef, type: string): KnownZone {
    const text = zoneText(zone)
    const known = this.#zones.get(text) ?? { zone, capabilities: presumeCapabilities(type), table: new ZoneTable() }
    this.#zones.set(text, known)
    return known
  }

  /** What each resource has, by uid. */
  #listHeld(): ReadonlyMap<string, readonly HeldSets[]> {
    const held = new Map<string, HeldSets[]>()
    for (const known of this.#zones.values()) {
      for (const { key, values } of known.table.all()) {
        const byOwner = groupBy(values, ({ owner }) => owner?.uid ?? '')
        for (const [uid, own] of byOwner) addHeld(held, uid, known, { key, values: own.map(({ value }) => value) })
      }
    }
    return held
  }

  #planZone({ zone, capabilities, table }: KnownZone, world: WrittenWorld): { plan: Plan; warning?: string } {
    const holderOf = (key: RecordKey): string | undefined => table.get(key)?.values[0]?.owner?.uid
    const { intents, refusals } = this.#claims.settle(zone, undefined, holderOf)
    const plan = calculatePlan({ zone, intents, observed: table, ownerId: OWNER, capabilities })
    const owned = table.size
    const guard = world.providers.get(zone.provider)?.spec.guard
    const unbraked = { history: [], approvedHashes: [], unfinished: [] }
    const safety = { zone: zone.zone, ownerId: OWNER, changes: plan.changes, owned, ...unbraked }
    const verdict = guard && judgeSafety({ ...safety, guard, now: world.now })
    applyChanges(table, plan.changes)
    const united = { ...plan, refusals: [...refusals, ...plan.refusals] }
    return verdict?.verdict === 'held'
      ? { plan: united, warning: describeGuard(zone, verdict.message) }
      : { plan: united }
  }
}

interface HeldSets {
  readonly known: KnownZone
  readonly sets: PublishedSet[]
}

const NOTHING: Remembered = {
  memory: { zones: [], failover: undefined, targets: undefined },
  last: new Map(),
}

function addHeld(held: Map<string, HeldSets[]>, uid: string, known: KnownZone, set: PublishedSet): void {
  const zones = held.get(uid) ?? []
  held.set(uid, zones)
  const same = zones.find((other) => other.known === known)
  if (same === undefined) zones.push({ known, sets: [set] })
  else same.sets.push(set)
}

/** Without the hash: at the provider it will be another. */
function describeGuard({ provider }: ZoneRef, message: string): string {
  const [what = message] = message.split(': to go on')
  return `the guard of DNSProvider ${provider} will ask first: ${what}`
}
