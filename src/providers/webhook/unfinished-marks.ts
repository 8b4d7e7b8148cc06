// A webhook may carry out half of what it was asked to: a set is there, but the mark that says whose it is is not. Such a set would
// count as somebody else's for ever, so what this session tried to write is remembered until it is seen.
import { keyText, type RecordKey } from '../../model/record-set.ts'
import { addTried, wasTried, type TriedContents } from '../ownership/tried-contents.ts'
import { parseLabels } from '../ownership/txt-labels.ts'
import type { RawChange, RawSet, RawUnit } from '../raw-zone.ts'

/** How often an answer may be from before the write, until it counts as not done. */
const PATIENCE = 5

interface Attempt {
  readonly key: RecordKey
  readonly tried: TriedContents
  readonly mark: RawSet
  readonly absences: number
}

export class UnfinishedMarks {
  readonly #attempts = new Map<string, Attempt>()

  /** A set is about to be written with a mark that is not there yet, or was seen in an answer that may be from before it went. */
  attempt(unit: RawUnit): void {
    const set = unit.find((change) => !isNewMark(change))?.next
    const mark = unit.find(isNewMark)?.next ?? this.#markFor(set)
    if (mark === undefined || set === undefined) return
    const text = keyText(mark.key)
    const tried = addTried(this.#attempts.get(text)?.tried ?? [], [set])
    this.#attempts.set(text, { key: set.key, tried, mark, absences: 0 })
  }

  #markFor(set: RawSet | undefined): RawSet | undefined {
    if (set === undefined) return undefined
    return [...this.#attempts.values()].find(({ key }) => keyText(key) === keyText(set.key))?.mark
  }

  /**
   * What was read, and with it the marks that should be there. Such sets show as ours, so that they can be changed and deleted, but
   * as not quite what is wanted, so that the next plan writes them with their mark.
   */
  complete(sets: readonly RawSet[]): readonly RawSet[] {
    if (this.#attempts.size === 0) return sets
    const found = new Map(sets.map((set) => [keyText(set.key), set]))
    for (const [text, attempt] of this.#attempts) {
      const { key, tried, mark, absences } = attempt
      const stored = found.get(keyText(key))
      const isOther = stored !== undefined && !wasTried(tried, stored)
      const isWhole = stored !== undefined && found.has(text)
      if (isWhole || isOther || absences > PATIENCE) this.#attempts.delete(text)
      else if (stored === undefined) this.#attempts.set(text, { ...attempt, absences: absences + 1 })
      else {
        found.set(keyText(key), { ...stored, options: { mark: 'missing' } })
        found.set(text, { ...mark, note: 'missing' })
      }
    }
    return [...found.values()]
  }
}

function isNewMark({ key, previous, next }: RawChange): boolean {
  const isMark = key.type === 'TXT' && parseLabels(next?.values[0] ?? '') !== undefined
  return isMark && (previous === undefined || previous.note !== undefined)
}
