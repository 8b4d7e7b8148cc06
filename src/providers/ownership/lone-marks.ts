// Marks of our own that speak of nothing, because their set was taken away by hand or a call of two was lost. Whatever comes to the
// place of such a set is somebody else's, and would pass for ours.
import type { Fqdn } from '../../model/name.ts'
import { keyText, type RecordKey } from '../../model/record-set.ts'
import type { RawSet } from '../raw-zone.ts'
import { addTried, wasTried, type TriedContents } from './tried-contents.ts'
import type { Marked } from './txt-registry.ts'

/** How often in a row the whole zone may be read without a set that may come yet: a look at it is a minute or more from the next. */
const PATIENCE = 5

/** A set that we tried to write and have not seen beside its mark: it may come yet, even if an answer does not show it. Or one that goes. */
interface Trial {
  readonly mark: RecordKey
  readonly set: RecordKey
  readonly tried: TriedContents
  /** It was there, and is to go: what does not come back need not be waited for. */
  readonly isLeaving: boolean
  /** The mark as it was last seen without it. */
  readonly left: RawSet | undefined
  readonly absences: number
}

/** By the text of their keys. */
type Seen = ReadonlyMap<string, Marked>

export class LoneMarks {
  /** Marks that an external-dns with our owner id has made, which name no uid, are left to it. */
  readonly #isOurs: (set: RawSet) => boolean
  readonly #alone = new Map<string, RawSet>()
  readonly #trials = new Map<string, Trial>()

  constructor(isOurs: (set: RawSet) => boolean) {
    this.#isOurs = isOurs
  }

  /** What was joined, except that a set which came to a mark that stood alone is nobody's, unless it is what we tried to write. */
  disown(marked: readonly Marked[]): readonly Marked[] {
    if (this.#alone.size + this.#trials.size === 0) return marked
    return marked.flatMap((one) => {
      const { set, marker } = one
      if (marker === undefined || !this.#isForeign(set, marker)) return [one]
      return [set, marker].map((plain) => ({ set: plain, owner: undefined, marker: undefined }))
    })
  }

  #isForeign(set: RawSet, marker: RawSet): boolean {
    const text = keyText(marker.key)
    const trial = this.#trials.get(text)
    return this.#alone.has(text) || (trial !== undefined && !wasTried(trial.tried, set))
  }

  /** All of the zone was read or, with `names`, some of it; `seen` is what is now known of all. */
  review(seen: Seen, names?: ReadonlySet<Fqdn>): void {
    const isRead = ({ name }: RecordKey): boolean => names?.has(name) ?? true
    for (const [text, { key }] of this.#alone) if (isRead(key)) this.#alone.delete(text)
    const markers = [...seen.values()].flatMap(({ marker }) => (marker === undefined ? [] : [keyText(marker.key)]))
    for (const text of markers) this.#trials.delete(text)
    const used = new Set(markers)
    for (const [text, { set, owner }] of seen) {
      if (owner !== undefined || used.has(text) || !isRead(set.key) || !this.#isOurs(set)) continue
      const trial = this.#trials.get(text)
      if (trial !== undefined && !trial.isLeaving && !seen.has(keyText(trial.set))) continue
      this.#trials.delete(text)
      this.#alone.set(text, set)
    }
    this.#reviewTrials(seen, names)
  }

  /** Those that are left have not been seen beside their sets. */
  #reviewTrials(seen: Seen, names: ReadonlySet<Fqdn> | undefined): void {
    for (const [text, trial] of this.#trials) {
      if (names?.has(trial.mark.name) === false) continue
      const found = seen.get(text)?.set
      const left = found !== undefined && this.#isOurs(found) ? found : undefined
      this.#trials.set(text, { ...trial, left, absences: trial.absences + Number(names === undefined) })
    }
  }

  /** One of these contents is about to stand beside a mark, where none has been seen. */
  tryFor(mark: RecordKey, sets: readonly [RawSet, ...RawSet[]]): void {
    this.#begin(mark, sets, false)
  }

  /** The set goes before its mark does: what comes to its place in between is somebody else's, unless it is still that set. */
  leave(mark: RecordKey, set: RawSet): void {
    this.#begin(mark, [set], true)
  }

  #begin(mark: RecordKey, sets: readonly [RawSet, ...RawSet[]], isLeaving: boolean): void {
    const text = keyText(mark)
    const tried = addTried(this.#trials.get(text)?.tried ?? [], sets)
    this.#alone.delete(text)
    this.#trials.set(text, { mark, set: sets[0].key, tried, isLeaving, left: undefined, absences: 0 })
  }

  /** The mark has its set, or is gone. */
  forget(mark: RecordKey): void {
    this.#trials.delete(keyText(mark))
    this.#alone.delete(keyText(mark))
  }

  /** Where marks may have come with writes whose end is open. */
  triedAt(names: ReadonlySet<Fqdn>): readonly Fqdn[] {
    return [...this.#trials.values()].filter(({ set }) => names.has(set.name)).map(({ mark }) => mark.name)
  }

  /** All of them but those with these names. What may still come, and does, finds its mark for as long as that is there. */
  except(names: ReadonlySet<Fqdn>): readonly RawSet[] {
    const late = [...this.#trials.values()].flatMap(({ left, absences }) => (absences >= PATIENCE ? (left ?? []) : []))
    return [...this.#alone.values(), ...late].filter(({ key }) => !names.has(key.name))
  }
}
