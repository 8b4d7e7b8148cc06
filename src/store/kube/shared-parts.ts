// Ten thousand records that follow the same nodes have the same addresses in their statuses, and much else alike. What is equal is kept once.

/** Enough for the pools of a big cluster. What comes beyond is kept as it comes. */
const MOST_PARTS = 512

export class SharedParts {
  readonly #known = new Map<string, unknown>()

  /** The part itself, or an equal one that was seen before. Parts are plain JSON that nobody changes. */
  share<Part>(part: Part): Part {
    const text = JSON.stringify(part)
    const known = this.#known.get(text)
    // Equal texts are equal parts, of the same type.
    if (known !== undefined) return known as Part
    // What is forgotten here lives on with whoever has it.
    if (this.#known.size >= MOST_PARTS) this.#known.clear()
    this.#known.set(text, part)
    return part
  }
}
