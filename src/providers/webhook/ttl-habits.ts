// What becomes of TTLs behind a webhook: some providers keep none, some have a floor. Nothing in the protocol says so, so it is learnt
// from what is read back; without it, each look would find a difference that no write can end.
import { keyText, type RecordKey } from '../../model/record-set.ts'
import { MARKER_TTL } from '../ownership/txt-registry.ts'
import { parseLabels } from '../ownership/txt-labels.ts'
import type { RawSet } from '../raw-zone.ts'

interface Lesson {
  readonly asked: number
  readonly stored: number
}

export class TtlHabits {
  readonly #learnt = new Map<string, Lesson>()
  #present: ReadonlyMap<string, number> = new Map()
  #common: number | undefined

  /** A set was written, and read back. */
  learn(key: RecordKey, asked: number, stored: number): void {
    if (asked === stored) this.#learnt.delete(keyText(key))
    else this.#learnt.set(keyText(key), { asked, stored })
  }

  /** Whatever was just read: a lesson that no longer holds was somebody's edit, or an answer from before the write. */
  review(sets: readonly RawSet[]): void {
    this.#present = new Map(sets.map(({ key, ttl }) => [keyText(key), ttl]))
    for (const [text, { stored }] of this.#learnt) if (this.#present.get(text) !== stored) this.#learnt.delete(text)
    this.#common = commonHabit(sets)
  }

  /** The TTL that a set will read back with. */
  expect(key: RecordKey, ttl: number): number {
    const lesson = this.#learnt.get(keyText(key))
    if (lesson?.asked === ttl) return lesson.stored
    const common = this.#common
    const isCommon = common !== undefined && this.#present.get(keyText(key)) === common && becomes(ttl, common)
    return isCommon ? common : ttl
  }

  /** The TTL to ask for, of a set that shall read back with this one. */
  ask(key: RecordKey, ttl: number): number {
    const lesson = this.#learnt.get(keyText(key))
    return lesson?.stored === ttl ? lesson.asked : ttl
  }
}

/**
 * After a restart nothing is learnt yet, but our own marks are all written with one TTL. When every one of them reads back with the
 * same other one, that is how this provider is.
 */
function commonHabit(sets: readonly RawSet[]): number | undefined {
  const ttls = new Set(sets.filter(isOurMark).map(({ ttl }) => ttl))
  const [only] = ttls
  return ttls.size === 1 && only !== MARKER_TTL ? only : undefined
}

function isOurMark({ key, values: [text = ''] }: RawSet): boolean {
  return key.type === 'TXT' && parseLabels(text)?.['stoa-uid'] !== undefined
}

/** 0 is no TTL at all, more than was asked for is a floor, less is a ceiling. */
function becomes(asked: number, stored: number): boolean {
  if (stored === 0) return true
  return stored > MARKER_TTL ? asked <= stored : asked >= stored
}
