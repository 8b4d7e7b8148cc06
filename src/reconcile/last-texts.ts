/** The last text of each key, to tell whether the next is another. */
export class LastTexts {
  readonly #texts = new Map<string, string>()

  /** Takes the text in; undefined where there is none any more. */
  isOther(key: string, text: string | undefined): boolean {
    if (text === this.#texts.get(key)) return false
    if (text === undefined) this.#texts.delete(key)
    else this.#texts.set(key, text)
    return true
  }
}
