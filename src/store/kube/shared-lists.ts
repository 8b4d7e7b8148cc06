// Ten thousand records that follow the same nodes list the same addresses in their statuses. Each list is kept once.

/** Enough for the pools of a big cluster. Lists beyond are kept as they come. */
const MOST_LISTS = 256

export class SharedLists {
  readonly #known = new Map<string, readonly string[]>()

  /** The list itself, or an equal one that was seen before. */
  share(list: readonly string[]): readonly string[] {
    const text = JSON.stringify(list)
    const known = this.#known.get(text)
    if (known !== undefined) return known
    // What is forgotten here lives on with whoever has it.
    if (this.#known.size >= MOST_LISTS) this.#known.clear()
    this.#known.set(text, list)
    return list
  }
}
