import type { Fqdn } from './name.ts'
import { compareKeys, keyText, type RecordKey, type Routing, type StoredSet } from './record-set.ts'

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

/** What is known of a zone's content. Lookups only, so that planning a few keys costs the same in any zone. */
export interface ZoneView {
  get(key: RecordKey): StoredSet | undefined
  atName(name: Fqdn): readonly StoredSet[]
}

/** A zone's content in memory. `set` and `delete` keep it true after a write, without listing again. */
export class ZoneTable implements ZoneView {
  readonly #byName = new Map<Fqdn, Map<string, StoredSet>>()
  #size = 0

  constructor(sets: Iterable<StoredSet> = []) {
    for (const set of sets) this.set(set)
  }

  get size(): number {
    return this.#size
  }

  get(key: RecordKey): StoredSet | undefined {
    return this.#byName.get(key.name)?.get(keyText(key))
  }

  atName(name: Fqdn): readonly StoredSet[] {
    return [...(this.#byName.get(name)?.values() ?? [])].sort((a, b) => compareKeys(a.key, b.key))
  }

  *all(): Generator<StoredSet> {
    for (const sets of this.#byName.values()) yield* sets.values()
  }

  set(set: StoredSet): void {
    const name = set.key.name
    const sets = this.#byName.get(name) ?? new Map<string, StoredSet>()
    const before = sets.size
    sets.set(keyText(set.key), set)
    this.#size += sets.size - before
    this.#byName.set(name, sets)
  }

  delete(key: RecordKey): void {
    const sets = this.#byName.get(key.name)
    if (sets?.delete(keyText(key)) !== true) return
    this.#size -= 1
    if (sets.size === 0) this.#byName.delete(key.name)
  }
}
