// What a resource holds at the providers already: the ground that floors, moves and clears stand on.
import type { Fqdn } from '../model/name.ts'
import { keyText, type RecordKey, type RecordType } from '../model/record-set.ts'
import { zoneText, type ZoneCapabilities, type ZoneRef } from '../model/zone.ts'

/** Those values of a stored set that are marked for the resource. */
export interface PublishedSet {
  readonly key: RecordKey
  readonly values: readonly string[]
}

/** A zone that has been read, and what the resource holds there. A zone that is not among them is unknown, not empty. */
export interface ReadZone {
  readonly zone: ZoneRef
  readonly capabilities: ZoneCapabilities
  readonly published: readonly PublishedSet[]
}

export interface LocatedSet extends PublishedSet {
  readonly zone: ZoneRef
}

/** Look-ups over everything one resource holds. */
export class Published {
  readonly sets: readonly LocatedSet[]
  readonly #zones: ReadonlyMap<string, ReadZone>
  readonly #byName = new Map<Fqdn, LocatedSet[]>()

  constructor(zones: readonly ReadZone[]) {
    this.#zones = new Map(zones.map((read) => [zoneText(read.zone), read]))
    this.sets = zones.flatMap(({ zone, published }) => published.map(({ key, values }) => ({ key, values, zone })))
    for (const set of this.sets) this.#byName.set(set.key.name, [...this.atName(set.key.name), set])
  }

  zone(zone: ZoneRef): ReadZone | undefined {
    return this.#zones.get(zoneText(zone))
  }

  atName(name: Fqdn): readonly LocatedSet[] {
    return this.#byName.get(name) ?? []
  }

  /** In whichever set of the name and type: a change of routing policy makes no address new. */
  hasValue(name: Fqdn, type: RecordType, value: string): boolean {
    return this.atName(name).some((set) => set.key.type === type && set.values.includes(value))
  }
}

/** One text per key of all zones. */
export function locatedKeyText(zone: ZoneRef, key: RecordKey): string {
  return `${zoneText(zone)} ${keyText(key)}`
}
