// Joins record sets with the TXT records that say who owns them, and back. Names are generated from the sets that are there and
// looked up, never taken apart: `a-b.example.com` may be the marker of `b` or a name in its own right.
import type { Fqdn } from '../../model/name.ts'
import { keyText, type Owner, type RecordKey } from '../../model/record-set.ts'
import type { RawSet } from '../raw-zone.ts'
import { formatLabels, labelsFromOwner, ownerFromLabels, parseLabels, type Labels } from './txt-labels.ts'
import { mayNameMarker, txtNameOf, txtNamesToRead, wildcardBeside, type TxtNaming } from './txt-names.ts'

export const MARKER_TTL = 300

export interface RegistryOptions {
  readonly zone: Fqdn
  readonly naming: TxtNaming
}

export interface Marked {
  readonly set: RawSet
  readonly owner: Owner | undefined
  /** The TXT set that says so, exactly as it is stored. */
  readonly marker: RawSet | undefined
}

export class TxtRegistry {
  readonly #options: RegistryOptions

  constructor(options: RegistryOptions) {
    this.#options = options
  }

  /** Every set that is not itself a marker, with its owner. */
  join(sets: readonly RawSet[]): readonly Marked[] {
    const markers = new Map(
      sets.filter((set) => this.#labelsOf(set) !== undefined).map((set) => [keyText(set.key), set]),
    )
    const used = new Set<RawSet>()
    const marked = sets
      .filter((set) => !markers.has(keyText(set.key)))
      .map((set): Marked => {
        const marker = this.#markerKeys(set.key)
          .flatMap((key) => markers.get(keyText(key)) ?? [])
          .find((found) => !this.#isOfWildcard(found, set.key, sets))
        if (marker === undefined) return { set, owner: undefined, marker: undefined }
        used.add(marker)
        return { set, owner: this.ownerOf(marker), marker }
      })
    // A marker whose set is gone is shown as the plain TXT set it is: nobody's, and in nobody's way.
    const left = [...markers.values()].filter((marker) => !used.has(marker))
    return [...marked, ...left.map((set): Marked => ({ set, owner: undefined, marker: undefined }))]
  }

  /** The marker set for an owner; undefined when the name leaves no room for one. */
  markerFor(set: RawSet, owner: Owner): RawSet | undefined {
    const { zone, naming } = this.#options
    const name = txtNameOf(set.key.name, set.key.type, zone, naming)
    if (name === undefined) return undefined
    const values = [formatLabels(labelsFromOwner(owner))]
    const key: RecordKey = { name, type: 'TXT', setId: set.key.setId }
    return { key, values, ttl: MARKER_TTL, routing: set.routing, options: undefined, note: undefined }
  }

  /** Who a marker set speaks for; undefined for any other set. */
  ownerOf(marker: RawSet): Owner | undefined {
    const labels = this.#labelsOf(marker)
    return labels && ownerFromLabels(labels)
  }

  /** Where it stands, a set may be missing. A marker that was written with another naming may belong to a set that is there. */
  isNamed({ key }: RawSet): boolean {
    return mayNameMarker(key.name, this.#options.naming)
  }

  /** What tells who owns the key: where a mark for it may stand, and a wildcard whose mark that may be. */
  namesFor({ name, type }: RecordKey): readonly Fqdn[] {
    const { zone, naming } = this.#options
    const wildcard = wildcardBeside(name, naming)
    return [...txtNamesToRead(name, type, zone, naming), ...(wildcard === undefined ? [] : [wildcard])]
  }

  #markerKeys({ name, type, setId }: RecordKey): readonly RecordKey[] {
    const { zone, naming } = this.#options
    return txtNamesToRead(name, type, zone, naming).map((at) => ({ name: at, type: 'TXT', setId }))
  }

  /** At the name that a host shares with a wildcard Stoa marks the wildcard alone; other programs mark whichever is there. */
  #isOfWildcard(marker: RawSet, host: RecordKey, sets: readonly RawSet[]): boolean {
    const wildcard = wildcardBeside(host.name, this.#options.naming)
    if (wildcard === undefined) return false
    const isMarker = ({ name }: RecordKey): boolean => name === marker.key.name
    if (!this.#markerKeys({ ...host, name: wildcard }).some(isMarker)) return false
    const marked = sets.filter(({ key }) => key.name === wildcard && this.#markerKeys(key).some(isMarker))
    return marked.length > 0 || this.ownerOf(marker)?.uid !== undefined
  }

  /** The texts of others that stand in one set with a mark. */
  othersIn(marker: RawSet): readonly string[] {
    const speaking = this.#findMark(marker.values)
    return marker.values.filter((value) => value !== speaking)
  }

  #labelsOf({ key, values }: RawSet): Labels | undefined {
    const mark = key.type === 'TXT' ? this.#findMark(values) : undefined
    return mark === undefined ? undefined : this.#parse(mark)
  }

  #findMark(values: readonly string[]): string | undefined {
    return values.find((value) => this.#parse(value) !== undefined)
  }

  #parse(value: string): Labels | undefined {
    return parseLabels(value)
  }
}
