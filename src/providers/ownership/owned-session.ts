// Makes a ZoneSession of a raw zone by keeping a mark beside each set: in the provider's own note, or as a TXT record.
import { TerminalError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import { keyText, NO_VALUES, type Owner, type OwnerId, type RecordKey, type StoredSet } from '../../model/record-set.ts'
import type { ZoneCut } from '../../model/zone.ts'
import type { Change, DeleteChange } from '../../plan/plan.ts'
import type { ChangeOutcome, Obstacle, ZoneSession } from '../provider.ts'
import type { RawOutcome, RawSet, RawUnit, RawZone } from '../raw-zone.ts'
import { findObstacles } from './find-obstacles.ts'
import { LoneMarks } from './lone-marks.ts'
import { deriveUnit, ownerAfter, toRaw, type UnitContext } from './marked-units.ts'
import { parseNativeMarker } from './native-marker.ts'
import type { Marked, TxtRegistry } from './txt-registry.ts'

export interface NoteOptions {
  /** Reads the TXT marks of others beside our notes, so that what they own is not taken for nobody's. */
  readonly reads: TxtRegistry
  /** Goes on with TXT where the zone holds TXT marks of this owner already: a registry is never changed behind anyone's back. */
  readonly staysWithTxtOf: OwnerId | undefined
}

/** Where TXT marks are read or written: under which id they are ours. */
export interface TxtOptions {
  readonly ownerId: OwnerId
  /** Undefined: owners are kept in the provider's notes. */
  readonly registry: TxtRegistry | undefined
  readonly notes?: NoteOptions
}

/** Without TXT there are only the provider's notes. */
export function createOwnedSession(raw: RawZone, txt?: TxtOptions): ZoneSession {
  return new OwnedSession(raw, txt)
}

class OwnedSession implements ZoneSession {
  readonly #raw: RawZone
  readonly #ownerId: OwnerId | undefined
  readonly #notes: NoteOptions | undefined
  #registry: TxtRegistry | undefined
  /** The stored form of what we last saw at each key: providers with compare-and-swap want it back to the letter. */
  #seen = new Map<string, Marked>()
  readonly #lone: LoneMarks

  constructor(raw: RawZone, txt: TxtOptions | undefined) {
    this.#raw = raw
    this.#ownerId = txt?.ownerId
    this.#registry = txt?.registry
    this.#notes = txt?.notes
    this.#lone = new LoneMarks((set) => {
      const owner = this.#reads?.ownerOf(set)
      const isOurs = owner !== undefined && owner.id === this.#ownerId && owner.uid !== undefined
      return isOurs && this.#reads?.isNamed(set) === true
    })
  }

  get #reads(): TxtRegistry | undefined {
    return this.#registry ?? this.#notes?.reads
  }

  get #context(): UnitContext {
    // Few changes ask, so the marks are put in order only when one does.
    let marked: ReadonlyMap<Fqdn, RecordKey> | undefined
    return {
      seen: (key) => this.#seen.get(keyText(key)),
      markedAt: (name) => (marked ??= markedSets(this.#seen.values())).get(name),
      othersAt: (name) => this.#raw.othersAt?.(name) ?? [],
      normalise: (set) => this.#raw.normalise(set),
      registry: this.#registry,
    }
  }

  get zone(): Fqdn {
    return this.#raw.zone
  }

  get capabilities(): ZoneSession['capabilities'] {
    return this.#raw.capabilities
  }

  cutAbove(key: RecordKey): ZoneCut | undefined {
    return this.#raw.cutAbove?.(key)
  }

  get comparesAndSwaps(): boolean {
    return this.#raw.comparesAndSwaps
  }

  get probe(): ZoneSession['probe'] {
    return this.#raw.probe
  }

  async *list(signal: AbortSignal): AsyncGenerator<readonly StoredSet[]> {
    const sets: RawSet[] = []
    for await (const page of this.#raw.list(signal)) sets.push(...page)
    this.#chooseRegistry(sets)
    const marked = this.#join(sets)
    this.#seen = new Map(marked.map((one) => [keyText(one.set.key), one]))
    this.#lone.review(this.#seen)
    yield marked.map(this.#toStored)
  }

  async reread(names: readonly Fqdn[], signal: AbortSignal): Promise<readonly StoredSet[]> {
    const asked = new Set(names)
    const before = [...this.#seen.values()].filter(({ set }) => asked.has(set.key.name))
    const knownMarks = before.map(({ marker }) => marker?.key.name).filter((name) => name !== undefined)
    const read = new Set([...names, ...knownMarks, ...this.#lone.triedAt(asked)])
    const sets = [...(await this.#raw.reread([...read], signal))]
    // A set without a mark that we know of may have got one since: taken for nobody's, it could be taken over.
    const marks = this.#join(sets).flatMap(({ set, owner }) =>
      owner === undefined && asked.has(set.key.name) ? this.#markNamesOf(set.key) : [],
    )
    const unread = [...new Set(marks)].filter((name) => !read.has(name))
    if (unread.length > 0) sets.push(...(await this.#raw.reread(unread, signal)))
    for (const name of unread) read.add(name)
    // Beyond the asked names only marks were looked for.
    const concerns = ({ key }: RawSet): boolean => asked.has(key.name) || (key.type === 'TXT' && read.has(key.name))
    const found = this.#join(sets).filter(({ set }) => concerns(set))
    for (const [text, { set }] of this.#seen) if (concerns(set)) this.#seen.delete(text)
    for (const one of found) this.#seen.set(keyText(one.set.key), one)
    this.#lone.review(this.#seen, read)
    return found.filter(({ set }) => asked.has(set.key.name)).map(this.#toStored)
  }

  normalise(set: StoredSet): StoredSet {
    const owner = set.values[0]?.owner
    const { key, ttl, routing, options, values } = this.#raw.normalise(toRaw(set))
    return { key, ttl, routing, options, values: values.map((value) => ({ value, owner })) }
  }

  batch(changes: readonly Change[]): readonly (readonly Change[])[] {
    const context = this.#context
    const byUnit = new Map(changes.map((change) => [deriveUnit(change, context), change]))
    return this.#raw
      .batch([...byUnit.keys()])
      .map((group) => group.map((unit) => byUnit.get(unit)).filter((change) => change !== undefined))
  }

  obstacles(changes: readonly Change[]): ReadonlyMap<Change, Obstacle> {
    const context = this.#context
    return findObstacles(new Map(changes.map((change) => [change, deriveUnit(change, context)])), context)
  }

  async apply(batch: readonly Change[], signal: AbortSignal): Promise<readonly ChangeOutcome[]> {
    const context = this.#context
    const units = new Map(batch.map((change) => [change, deriveUnit(change, context)]))
    const obstacles = findObstacles(units, context)
    const free = batch.filter((change) => !obstacles.has(change))
    for (const change of free) this.#expect(change)
    const parts = free.map((change) => units.get(change) ?? []).filter((unit) => unit.length > 0)
    const outcome =
      parts.length === 0 ? ({ kind: 'applied' } as const) : await this.#raw.apply(parts.flat(), signal, parts)
    return batch.map((change) => {
      const obstacle = obstacles.get(change)
      if (obstacle !== undefined) {
        const error = new TerminalError(obstacle.reason, obstacle.message)
        return { kind: 'failed', change, error, scope: 'Change' }
      }
      const unit = units.get(change) ?? []
      return this.#outcomeOf(change, unit, outcome.kind === 'several' ? outcome.of(unit) : outcome)
    })
  }

  strayMarks(pending: readonly RecordKey[]): readonly DeleteChange[] {
    const ofPending = new Set(pending.flatMap((key) => this.#markNamesOf(key)))
    // A text of somebody else beside the mark would go with it.
    const strays = this.#lone.except(ofPending).filter(({ values }) => values.length === 1)
    return strays.map((set) => {
      const { uid = '', resource: name = '' } = this.#reads?.ownerOf(set) ?? {}
      const previous = this.#toStored({ set, owner: undefined, marker: undefined })
      return { kind: 'delete', key: set.key, resource: { uid, namespace: '', name }, previous }
    })
  }

  #markNamesOf(key: RecordKey): readonly Fqdn[] {
    return this.#reads?.namesFor(key) ?? []
  }

  /** What is known of the mark beside the set, before it is written or goes. */
  #expect(change: Change): void {
    const seen = this.#seen.get(keyText(change.key))
    const owner = ownerAfter(change)
    if (seen?.marker !== undefined) {
      if (change.kind === 'delete') this.#lone.leave(seen.marker.key, seen.set)
      else this.#lone.forget(seen.marker.key)
    } else if (change.kind !== 'delete' && owner !== undefined) {
      const next = this.#raw.normalise(toRaw(change.next))
      const marker = this.#registry?.markerFor(next, owner)
      if (marker !== undefined) this.#lone.tryFor(marker.key, seen === undefined ? [next] : [next, seen.set])
    }
  }

  /** A set that somebody made without values is no less theirs; to one of ours values may come back. */
  readonly #toStored = ({ set, owner }: Marked): StoredSet => {
    const { key, ttl, routing, options } = set
    const isEmpty = set.values.length === 0 && owner?.id !== this.#ownerId
    const values = isEmpty ? [NO_VALUES] : set.values
    return { key, ttl, routing, options, values: values.map((value) => ({ value, owner })) }
  }

  #join(sets: readonly RawSet[]): readonly Marked[] {
    const reads = this.#reads
    if (reads === undefined) return sets.map(fromNote)
    const joined = this.#lone.disown(reads.join(sets))
    if (this.#registry !== undefined) return joined
    return joined.map((marked) => {
      const noted = fromNote(marked.set)
      return noted.owner === undefined ? marked : noted
    })
  }

  #chooseRegistry(sets: readonly RawSet[]): void {
    const { reads, staysWithTxtOf } = this.#notes ?? {}
    if (reads === undefined || staysWithTxtOf === undefined) return
    if (sets.some((set) => reads.ownerOf(set)?.id === staysWithTxtOf)) this.#registry = reads
  }

  #outcomeOf(change: Change, unit: RawUnit, outcome: RawOutcome): ChangeOutcome {
    switch (outcome.kind) {
      case 'applied':
        return { kind: 'applied', change, stored: this.#remember(change, unit, outcome.stored) }
      case 'failed': {
        const { culprit, errorOf } = outcome
        const error = errorOf?.(unit) ?? outcome.error
        const guilty = culprit !== undefined && unit.some(({ key }) => keyText(key) === keyText(culprit))
        return { kind: 'failed', change, error, scope: guilty ? 'Change' : 'Batch' }
      }
      case 'outdated':
      case 'unconfirmed':
        return { ...outcome, change }
    }
  }

  /** What the zone now holds at the key: as it was read again, else as it was asked for. */
  #remember(change: Change, unit: RawUnit, stored: Lookup = () => undefined): StoredSet | undefined {
    const text = keyText(change.key)
    const seen = this.#seen.get(text)
    if (change.kind === 'delete') {
      this.#seen.delete(text)
      this.#lone.forget(seen?.marker?.key ?? change.key)
      return undefined
    }
    const written = (at: RecordKey): RawSet | undefined =>
      stored(at) ?? unit.find(({ key }) => keyText(key) === keyText(at))?.next
    const set = written(change.key) ?? seen?.set ?? toRaw(change.next)
    const marked = this.#markWith(set, ownerAfter(change), (at) => written(at) ?? seen?.marker)
    // A mark that was left over by itself now belongs to its set again.
    if (marked.marker !== undefined) {
      this.#seen.delete(keyText(marked.marker.key))
      this.#lone.forget(marked.marker.key)
    }
    this.#seen.set(text, marked)
    return this.#toStored(marked)
  }

  /** The mark stands as it was written, or stood before, with what others have put beside it. */
  #markWith(set: RawSet, owner: Owner | undefined, lookup: Lookup): Marked {
    if (this.#registry === undefined) return fromNote(set)
    const mark = owner && this.#registry.markerFor(set, owner)
    return { set, owner, marker: mark && (lookup(mark.key) ?? mark) }
  }
}

function markedSets(seen: Iterable<Marked>): ReadonlyMap<Fqdn, RecordKey> {
  return new Map([...seen].flatMap(({ set, marker }) => (marker === undefined ? [] : [[marker.key.name, set.key]])))
}

type Lookup = (key: RecordKey) => RawSet | undefined

function fromNote(set: RawSet): Marked {
  return { set, owner: set.note === undefined ? undefined : parseNativeMarker(set.note), marker: undefined }
}
