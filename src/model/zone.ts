import type { Fqdn } from './name.ts'
import { compareKeys, type RecordKey, type Routing, type StoredSet } from './record-set.ts'

/** A zone at a provider: what one worker serves and one plan is about. */
export interface ZoneRef {
  /** `namespace/name` of the DNSProvider. */
  readonly provider: string
  readonly zone: Fqdn
}

export function zoneText({ provider, zone }: ZoneRef): string {
  return `${provider} ${zone}`
}

/** What a provider can do in its zones, as far as decisions depend on it. */
export interface ZoneCapabilities {
  /** Whether each value of a set can have an owner of its own, or only the set as a whole. */
  readonly ownership: 'PerValue' | 'PerSet'
  readonly routing: readonly Routing['policy'][]
  readonly minTtl: number
  readonly maxTtl: number
  readonly maxValues: number
  /** How a name can follow another at the apex; undefined where it cannot. */
  readonly apexAlias: 'ALIAS' | 'CNAME' | undefined
  readonly wildcards: boolean
}

/** Where a zone ends although its records go on: servers hand what is below, and with NS the name itself, to others, and never show what is there. */
export interface ZoneCut {
  readonly name: Fqdn
  readonly type: 'NS' | 'DNAME'
  /** Names, in lower case and without the dot. */
  readonly targets: readonly string[]
}

/** What is known of a zone's content. Lookups only, so that planning a few keys costs the same in any zone. */
export interface ZoneView {
  get(key: RecordKey): StoredSet | undefined
  atName(name: Fqdn): readonly StoredSet[]
}

/** A zone's content in memory. `set` and `delete` keep it true after a write, without listing again. */
export class ZoneTable implements ZoneView {
  /** A name has one set, or two: lists, because a map takes more room than what it holds. */
  readonly #byName = new Map<Fqdn, readonly StoredSet[]>()
  #size = 0

  constructor(sets: Iterable<StoredSet> = []) {
    for (const set of sets) this.set(set)
  }

  get size(): number {
    return this.#size
  }

  get(key: RecordKey): StoredSet | undefined {
    return this.#setsAt(key.name).find((set) => isSameKey(set.key, key))
  }

  atName(name: Fqdn): readonly StoredSet[] {
    return this.#setsAt(name).toSorted((a, b) => compareKeys(a.key, b.key))
  }

  *all(): Generator<StoredSet> {
    for (const sets of this.#byName.values()) yield* sets
  }

  set(set: StoredSet): void {
    this.#replace(set.key, [set])
  }

  delete(key: RecordKey): void {
    this.#replace(key, NONE)
  }

  #replace(key: RecordKey, by: readonly StoredSet[]): void {
    const before = this.#setsAt(key.name)
    const after = before.filter((set) => !isSameKey(set.key, key)).concat(by)
    if (after.length === 0) this.#byName.delete(key.name)
    else this.#byName.set(key.name, after)
    this.#size += after.length - before.length
  }

  #setsAt(name: Fqdn): readonly StoredSet[] {
    return this.#byName.get(name) ?? NONE
  }
}

const NONE: readonly StoredSet[] = []

function isSameKey(a: RecordKey, b: RecordKey): boolean {
  return a.name === b.name && a.type === b.type && a.setId === b.setId
}
