// Which records of the start nobody has looked at yet: until all have been, nobody knows what is wanted, and what no record claims cannot
// be told from what none has claimed so far.
import type { StoreReader } from '../../store/store.ts'
import { parseRef } from '../object-keys.ts'
import type { RecordBook } from './record-book.ts'
import { isLetGo } from './record-leave.ts'

export class FirstLooks {
  readonly #store: Pick<StoreReader, 'get'>
  readonly #book: Pick<RecordBook, 'get'>
  readonly #missing = new Set<string>()
  #hasBegun = false

  constructor(store: Pick<StoreReader, 'get'>, book: Pick<RecordBook, 'get'>) {
    this.#store = store
    this.#book = book
  }

  /** These are there at the start. */
  begin(refs: Iterable<string>): void {
    for (const ref of refs) this.#missing.add(ref)
    this.#hasBegun = true
  }

  get areDone(): boolean {
    return this.#hasBegun && this.#missing.size === 0
  }

  /** To be called after each reconcile of a record. Returns whether this was the last look that was missing. */
  note(ref: string): boolean {
    if (!this.#missing.has(ref) || this.#isUnderived(ref)) return false
    this.#missing.delete(ref)
    return this.#missing.size === 0
  }

  /** It is ours to derive, and that has not been possible so far. */
  #isUnderived(ref: string): boolean {
    const { metadata, resource } = this.#store.get('DynamicDNSRecord', parseRef(ref)) ?? {}
    const isOurs = resource !== undefined && metadata !== undefined && !isLetGo(metadata)
    return isOurs && this.#book.get(ref)?.isProbed !== true
  }
}
