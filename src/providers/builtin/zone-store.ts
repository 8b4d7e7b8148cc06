// The zone that Stoa's own name server answers from, and all it sees of it: record sets in memory, changed as a whole or not at all,
// kept on disk by whoever hands in a persistence.
import { isWithin, type Fqdn } from '../../model/name.ts'
import { compareKeys, keyText, type RecordKey, type RecordType } from '../../model/record-set.ts'
import type { RawChange, RawSet } from '../raw-zone.ts'

export interface ZoneSnapshot {
  readonly serial: number
  readonly sets: readonly RawSet[]
}

export interface ZonePersistence {
  /** Undefined when nothing was ever saved. Rejects when what was saved cannot be read: then the zone is unknown, not empty. */
  load(zone: Fqdn): Promise<ZoneSnapshot | undefined>
  /** Resolves once the snapshot would survive a power cut. */
  save(zone: Fqdn, snapshot: ZoneSnapshot): Promise<void>
}

export interface ZoneStoreOptions {
  readonly zone: Fqdn
  /**
   * What the serial starts from when nothing was saved. Secondaries ignore a serial that is not newer than theirs, and they may have
   * one from before what was saved got lost: the time of day is newer.
   */
  readonly firstSerial: number
  readonly persistence?: ZonePersistence
}

export type CommitResult =
  | { readonly kind: 'committed' }
  /** A set is not what the change was made from, or would stand beside one that excludes it; nothing was done. */
  | { readonly kind: 'outdated'; readonly key: RecordKey }

export class ZoneStore {
  readonly zone: Fqdn
  readonly #persistence: ZonePersistence | undefined
  #serial = 0
  #isWhole = false
  #sets: ReadonlyMap<string, RawSet> = new Map()
  #byName: ReadonlyMap<string, readonly RawSet[]> = new Map()
  readonly #listeners = new Set<() => void>()
  /** Commits wait for one another, since each is decided on what the one before it left. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor({ zone, firstSerial, persistence }: ZoneStoreOptions) {
    this.zone = zone
    this.#persistence = persistence
    this.#replace(firstSerial % 2 ** 32, new Map())
  }

  static async open(options: ZoneStoreOptions): Promise<ZoneStore> {
    const store = new ZoneStore(options)
    const saved = await options.persistence?.load(options.zone)
    if (saved !== undefined) {
      store.#replace(saved.serial, new Map(saved.sets.map((set) => [keyText(set.key), set])))
      store.#isWhole = true
    }
    return store
  }

  /** Moves with every change, and never back: the serial of the SOA record (RFC 1982). */
  get serial(): number {
    return this.#serial
  }

  /** The whole zone as of now. Later changes do not show in what was returned. */
  all(): readonly RawSet[] {
    return [...this.#sets.values()]
  }

  /** The sets at exactly this name: none where only names below it have any, undefined where there is no such name at all. */
  lookup(name: Fqdn): readonly RawSet[] | undefined {
    return this.#byName.get(name)
  }

  /** Called after each change, and once it is whole; must not throw. Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** A zone that was saved is whole; one that begins with nothing becomes so when everything that belongs into it was put there. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  markWhole(): void {
    if (this.#isWhole) return
    this.#isWhole = true
    this.#tell()
  }

  /** All of the changes, or none: each only if its set is still what `previous` says. Rejects when they cannot be saved. */
  commit(changes: readonly RawChange[]): Promise<CommitResult> {
    const committed = this.#last.then(() => this.#commit(changes))
    this.#last = committed.catch(() => undefined)
    return committed
  }

  async #commit(changes: readonly RawChange[]): Promise<CommitResult> {
    const draft = new Map(this.#sets)
    for (const { key, previous, next } of changes) {
      const text = keyText(key)
      if (!sameSet(draft.get(text), previous)) return { kind: 'outdated', key }
      if (next === undefined) draft.delete(text)
      else draft.set(text, next)
    }
    const lonely = changes.find(({ key, next }) => next !== undefined && hasClash(draft, key))
    if (lonely !== undefined) return { kind: 'outdated', key: lonely.key }
    // Zero is a serial like any other, but some secondaries take it for none.
    const serial = (this.#serial + 1) % 2 ** 32 || 1
    await this.#persistence?.save(this.zone, { serial, sets: [...draft.values()] })
    this.#replace(serial, draft)
    this.#tell()
    return { kind: 'committed' }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }

  #replace(serial: number, sets: ReadonlyMap<string, RawSet>): void {
    this.#serial = serial
    this.#sets = sets
    this.#byName = groupByName(this.zone, sets.values())
  }
}

/** Names above a set exist too, though they hold nothing: a server must not deny them. */
function groupByName(zone: Fqdn, sets: Iterable<RawSet>): ReadonlyMap<string, readonly RawSet[]> {
  const byName = new Map<string, RawSet[]>([[zone, []]])
  for (const set of [...sets].sort((a, b) => compareKeys(a.key, b.key))) {
    const { name } = set.key
    const here = byName.get(name)
    if (here === undefined) byName.set(name, [set])
    else here.push(set)
    for (let above = parentOf(name); isWithin(above, zone) && !byName.has(above); above = parentOf(above))
      byName.set(above, [])
  }
  return byName
}

function parentOf(name: Fqdn): Fqdn {
  // What follows the first dot of a name is a name.
  return name.slice(name.indexOf('.') + 1) as Fqdn
}

/** A CNAME stands alone at its name. */
function hasClash(sets: ReadonlyMap<string, RawSet>, key: RecordKey): boolean {
  const others: readonly RecordType[] = key.type === 'CNAME' ? ['A', 'AAAA', 'TXT'] : ['CNAME']
  return others.some((type) => sets.has(keyText({ ...key, type })))
}

function sameSet(a: RawSet | undefined, b: RawSet | undefined): boolean {
  return textOf(a) === textOf(b)
}

function textOf(set: RawSet | undefined): string {
  return set === undefined ? '' : JSON.stringify([set.values, set.ttl, set.note])
}
