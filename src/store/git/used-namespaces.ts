// The namespaces that objects of ours are in. Counted, because every look at a record asks, and there may be ten thousand of both.
import type { Commit } from './data-directory.ts'
import { entryKey, findEntry, isObjectEntry, listEntries, refOf, type Entry, type StoreState } from './state.ts'

export class UsedNamespaces {
  readonly #counts = new Map<string, number>()

  constructor(state: StoreState) {
    for (const entry of listEntries(state)) this.#count(entry, 1)
  }

  has(name: string): boolean {
    return this.#counts.has(name)
  }

  learn({ before, after, changes }: Commit): void {
    const refs = changes.flatMap(({ put = [], remove = [] }) => [...put.map(refOf), ...remove])
    const each = new Map(refs.map((ref) => [`${ref.kind} ${entryKey(ref)}`, ref]))
    for (const ref of each.values()) {
      this.#count(findEntry(after, ref), 1)
      this.#count(findEntry(before, ref), -1)
    }
  }

  #count(entry: Entry | undefined, step: 1 | -1): void {
    if (entry === undefined || !isObjectEntry(entry)) return
    const { namespace } = entry.metadata
    const count = (this.#counts.get(namespace) ?? 0) + step
    if (count === 0) this.#counts.delete(namespace)
    else this.#counts.set(namespace, count)
  }
}
