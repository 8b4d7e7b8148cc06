// Which sets of a zone hold values of ours, and for which resources they were written: asked of many resources, so it is kept and not
// looked up in the whole zone.
import { isOwnedBy } from '../model/owner.ts'
import { keyText, type OwnerId, type StoredSet } from '../model/record-set.ts'

const NOTHING: ReadonlyMap<string, StoredSet> = new Map()

export class HeldSets {
  readonly #ownerId: OwnerId
  readonly #byUid = new Map<string, Map<string, StoredSet>>()
  #size = 0

  constructor(ownerId: OwnerId) {
    this.#ownerId = ownerId
  }

  /** Record sets that hold a value of ours. */
  get size(): number {
    return this.#size
  }

  /** The sets that hold a value written for the resource. */
  of(uid: string): Iterable<StoredSet> {
    return (this.#byUid.get(uid) ?? NOTHING).values()
  }

  has(uid: string): boolean {
    return this.#byUid.has(uid)
  }

  add(set: StoredSet): void {
    if (!this.#isOurs(set)) return
    this.#size += 1
    for (const uid of this.#uidsOf(set)) {
      const sets = this.#byUid.get(uid) ?? new Map<string, StoredSet>()
      this.#byUid.set(uid, sets.set(keyText(set.key), set))
    }
  }

  /** As it was added. */
  remove(set: StoredSet): void {
    if (!this.#isOurs(set)) return
    this.#size -= 1
    for (const uid of this.#uidsOf(set)) {
      const sets = this.#byUid.get(uid)
      sets?.delete(keyText(set.key))
      if (sets?.size === 0) this.#byUid.delete(uid)
    }
  }

  #uidsOf({ values }: StoredSet): ReadonlySet<string> {
    const ours = values.filter((value) => isOwnedBy(value, this.#ownerId))
    return new Set(ours.flatMap(({ owner }) => owner?.uid ?? []))
  }

  #isOurs(set: StoredSet): boolean {
    return set.values.some((value) => isOwnedBy(value, this.#ownerId))
  }
}
