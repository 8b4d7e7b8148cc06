// All records: derives what each wants, hands it to the zones, and knows who has to be looked at again.
import type { DynamicDNSRecord } from '../../api/kinds.ts'
import type { ZoneReport } from '../../apply/zone-pass.ts'
import type { ClaimTable, TouchedName } from '../../desired/claim-table.ts'
import { contributeTarget } from '../../desired/contribute-target.ts'
import { targetKey } from '../../desired/contribution.ts'
import { deriveIntents } from '../../desired/derive-intents.ts'
import { earliest } from '../../desired/instant.ts'
import { resourceRefOf } from '../../desired/resource-ref.ts'
import type { Fqdn } from '../../model/name.ts'
import { keyText } from '../../model/record-set.ts'
import { zoneText, type ZoneRef } from '../../model/zone.ts'
import { describeChange } from '../../plan/describe-change.ts'
import { Dependents } from '../dependents.ts'
import { objectText, refText } from '../object-keys.ts'
import type { ProviderBoard } from '../provider/provider-board.ts'
import { Slices } from '../slices.ts'
import type { Boards } from './boards.ts'
import { approvalsOf, RecordGates } from './record-gates.ts'
import { mayLeave } from './record-health.ts'
import { mayLiveIn, rankProvider } from './record-places.ts'
import { listReferences, openSources } from './record-sources.ts'
import { isOtherVersion, RecordState, withEntry } from './record-state.ts'
import { mayRestOnOthers } from './removal-witnesses.ts'
import { UndecidedTakers } from './undecided-takers.ts'
import { WantedValues } from './wanted-values.ts'

export interface RecordBookPorts extends Boards {
  readonly claims: ClaimTable
  readonly providers: () => ProviderBoard
  /** Approvals that were written on DNSProviders: they let a move between two of them go. */
  readonly approvedMoves: () => readonly string[]
}

const SLICE_MS = 10

export class RecordBook {
  readonly dependents = new Dependents()
  readonly #ports: RecordBookPorts
  readonly #states = new Map<string, RecordState>()
  readonly #byUid = new Map<string, RecordState>()
  readonly #moving = new Set<RecordState>()
  readonly #wanted = new WantedValues()
  /** By uid: those of the start that nobody has derived yet. */
  readonly #expected = new Set<string>()
  readonly gates: RecordGates
  readonly takers: UndecidedTakers

  constructor(ports: RecordBookPorts) {
    this.#ports = ports
    this.gates = new RecordGates(
      ports.claims,
      (uid) => this.#byUid.get(uid),
      (state) => this.#touch(listPlaces(state)),
    )
    this.takers = new UndecidedTakers({
      store: ports.store,
      claims: ports.claims,
      findDesk: (zone) => ports.providers().desk(zone),
      derivationOf: ({ metadata }) => this.#byUid.get(metadata.uid)?.derivation,
    })
  }

  get(ref: string): RecordState | undefined {
    return this.#states.get(ref)
  }

  byUid(uid: string): RecordState | undefined {
    return this.#byUid.get(uid)
  }

  states(): Iterable<RecordState> {
    return this.#states.values()
  }

  /** Those that may be in DNS with what their spec no longer names. `now` is the monotonic clock's. */
  moving(now: number): readonly RecordState[] {
    for (const state of this.#moving) if (!state.isMoving(now)) this.#moving.delete(state)
    return [...this.#moving]
  }

  /** How many records have something at the provider, or are meant to. */
  countUsers(provider: string): number {
    const uses = ({ derivation }: RecordState): boolean =>
      derivation?.zones.some((zone) => zone.provider === provider) === true
    return [...this.#states.values()].filter(uses).length
  }

  /** Those that wanted one of these values when they were last derived. */
  wanting(values: ReadonlySet<string>): ReadonlySet<string> {
    return this.#wanted.of(values)
  }

  /** It is gone for good: what it wanted is nobody's wish any more. */
  forget(ref: string): void {
    const state = this.#states.get(ref)
    this.dependents.set(ref, [])
    this.#touch(this.takers.settle(ref, undefined))
    if (state === undefined) return
    this.#states.delete(ref)
    this.#byUid.delete(state.uid)
    this.#moving.delete(state)
    this.#wanted.replace(ref, state.derivation?.intents ?? [], [])
    this.gates.forget(state)
    this.#ports.pools.forgetRecord(ref)
    this.#ports.health.want(objectText('DynamicDNSRecord', ref), undefined, [])
    this.#touch(this.#ports.claims.replace(resourceRefOf(state.resource), createdAtOf(state.resource), []))
  }

  /**
   * Derives what the record wants now. While its own health check has not had its say after a start, what is published stays as it is,
   * apart from what leaves for another reason. Undefined where there is no such.
   */
  derive(resource: DynamicDNSRecord): RecordState | undefined {
    const ref = refText(resource.metadata)
    const now = this.#ports.clock.now()
    const state = this.#stateOf(ref, resource, now)
    const isOther = isOtherVersion(state.resource, resource)
    if (isOther || state.derivation === undefined) this.#refer(state, resource)
    state.resource = resource
    const known = { given: () => state.given, isProbed: state.isProbed }
    const { sources, health, isPresumed, nextChangeAt } = openSources(resource, this.#ports, known)
    const isFirst = state.derivation === undefined
    if (isPresumed && isFirst && !mayLeave(resource, this.#ports, state.given)) return undefined

    const { metadata, spec } = resource
    const { namespace } = metadata
    const namespaceLabels = this.#ports.store.namespaceLabels(namespace)
    const contributed = spec.targets.map((target) => {
      const key = targetKey(target, namespace)
      const families = spec.addressFamilies
      return contributeTarget(
        { target, key, namespace, namespaceLabels, families, health, last: state.lastOf(key), now },
        sources,
      )
    })
    const contributions = contributed.map(({ contribution }) => contribution)
    const providers = this.#ports.providers()
    const derivation = deriveIntents({
      ...{ record: resource, contributions, namespaceLabels, memory: state.memory, now },
      providers: providers.index,
      zones: providers.readZones(
        state.uid,
        (zone) => mayLiveIn(resource, state, zone),
        (provider) => rankProvider(this.#ports.store, state, provider),
      ),
      approvedMoves: [...this.#ports.approvedMoves(), ...approvalsOf(resource).approve],
    })
    this.#wanted.replace(ref, state.derivation?.intents ?? [], derivation.intents)
    state.remember(contributions, derivation)
    state.isProbed = !isPresumed
    const timers = [...contributed.map((one) => one.nextChangeAt), nextChangeAt(), derivation.nextChangeAt]
    const changesAt = earliest(timers)
    state.nextChangeAt = changesAt && this.#ports.clock.monotonicNow() + changesAt - now
    this.#hand(state, isOther)
    return state
  }

  /** Looks again at every record that may have something in a zone that was read for the first time, or that turns out to have. */
  async rederive(zone: ZoneRef, stopping: AbortSignal): Promise<void> {
    const desk = this.#ports.providers().desk(zone)
    const holds = (uid: string): boolean => (desk?.readFor(uid)?.published.length ?? 0) > 0
    const slices = new Slices(SLICE_MS)
    for (const { derivation, resource, uid } of [...this.#states.values()]) {
      stopping.throwIfAborted()
      if (derivation === undefined) continue
      if (!derivation.zones.some((other) => zoneText(other) === zoneText(zone)) && !holds(uid)) continue
      this.derive(resource)
      if (slices.isOver) await slices.next()
    }
  }

  /** Takes in what a pass did for its records. */
  learn(report: ZoneReport): void {
    for (const { change, kind } of report.outcomes) {
      if (kind !== 'applied') continue
      const { key, resource } = change
      const state = this.#byUid.get(resource.uid)
      if (state !== undefined) state.applied = withEntry(state.applied, keyText(key), describeChange(change))
    }
    this.gates.learn(report)
  }

  /** It was there at the start, and has yet to be derived: what it may have published of what it refers to is unknown until then. */
  expect(resource: DynamicDNSRecord): void {
    this.#expected.add(resource.metadata.uid)
    this.dependents.set(refText(resource.metadata), listReferences(resource))
  }

  /** To what the spec names, and for a while to what it named before. */
  #refer(state: RecordState, resource: DynamicDNSRecord): void {
    this.dependents.set(state.ref, listReferences(resource))
    const before = state.derivation === undefined ? undefined : state.resource
    if (!mayRestOnOthers(resource, before)) return
    state.movingUntil = Infinity
    this.#moving.add(state)
  }

  #stateOf(ref: string, resource: DynamicDNSRecord, now: number): RecordState {
    const known = this.#states.get(ref)
    if (known?.uid === resource.metadata.uid) return known
    // Deleted and made again under the same name: another resource.
    if (known !== undefined) this.forget(ref)
    const isNew = !this.#expected.delete(resource.metadata.uid) && resource.status?.zones === undefined
    const state = new RecordState(ref, resource, isNew, now)
    this.#states.set(ref, state)
    this.#byUid.set(state.uid, state)
    this.takers.expect(ref)
    return state
  }

  /** Names are looked at where what is wanted of them changed; all of the record's where a person has said something. */
  #hand(state: RecordState, isOther: boolean): void {
    const { resource, derivation } = state
    if (derivation === undefined) return
    const touched = this.#ports.claims.replace(resourceRefOf(resource), createdAtOf(resource), derivation.intents)
    this.#touch([...touched, ...(isOther ? listPlaces(state) : []), ...this.takers.settle(state.ref, derivation)])
    // A zone that nobody has asked about yet is opened by asking for its desk.
    for (const zone of derivation.zones) this.#ports.providers().desk(zone)
  }

  #touch(touched: readonly TouchedName[]): void {
    const byZone = new Map<string, { readonly zone: ZoneRef; readonly names: Set<Fqdn> }>()
    for (const { zone, name } of touched) {
      const entry = byZone.get(zoneText(zone)) ?? { zone, names: new Set() }
      entry.names.add(name)
      byZone.set(zoneText(zone), entry)
    }
    for (const { zone, names } of byZone.values()) this.#ports.providers().desk(zone)?.touch(names)
  }
}

function listPlaces({ derivation }: RecordState): readonly TouchedName[] {
  return derivation?.intents.map(({ zone, key: { name } }) => ({ zone, name })) ?? []
}

function createdAtOf({ metadata }: DynamicDNSRecord): number {
  return Date.parse(metadata.creationTimestamp)
}
