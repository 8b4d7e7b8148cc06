// A raw zone in memory that keeps notes: for tests of what is kept beside the sets.
import type { Fqdn } from '../../src/model/name.ts'
import { keyText, type RecordType } from '../../src/model/record-set.ts'
import type { RawChange, RawOutcome, RawSet, RawUnit, RawZone } from '../../src/providers/raw-zone.ts'

export class MemoryRawZone implements RawZone {
  readonly zone = 'example.com' as Fqdn
  readonly comparesAndSwaps = false
  readonly probe = undefined
  readonly capabilities: RawZone['capabilities'] = {
    ...{ ownership: 'PerSet', routing: [], minTtl: 0, maxTtl: 86_400, maxValues: 100, apexAlias: undefined },
    wildcards: true,
  }
  readonly #sets = new Map<string, RawSet>()
  writes = 0
  readonly applied: (readonly RawChange[])[] = []

  get size(): number {
    return this.#sets.size
  }

  get(name: string, type: RecordType): RawSet | undefined {
    return this.#sets.get(`${name} ${type}`)
  }

  put(name: string, type: RecordType, values: readonly string[]): void {
    const key = { name: name as Fqdn, type, setId: '' }
    this.#sets.set(keyText(key), { key, values, ttl: 300, routing: undefined, options: undefined, note: undefined })
  }

  remove(name: string, type: RecordType): void {
    this.#sets.delete(`${name} ${type}`)
  }

  async *list(): AsyncGenerator<readonly RawSet[]> {
    yield await Promise.resolve([...this.#sets.values()])
  }

  reread(names: readonly Fqdn[]): Promise<readonly RawSet[]> {
    return Promise.resolve([...this.#sets.values()].filter(({ key }) => names.includes(key.name)))
  }

  batch(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
    return units.length === 0 ? [] : [units]
  }

  apply(changes: readonly RawChange[]): Promise<RawOutcome> {
    this.writes += 1
    this.applied.push(changes)
    for (const { key, next } of changes) {
      if (next === undefined) this.#sets.delete(keyText(key))
      else this.#sets.set(keyText(key), next)
    }
    return Promise.resolve({ kind: 'applied' })
  }

  normalise(set: RawSet): RawSet {
    return set
  }
}
