// Places in a file, as people and editors count them: lines and columns from 1.

export interface Position {
  readonly line: number
  readonly column: number
}

/** Turns offsets of one text into positions. The line starts are found once, so that thousands of lookups stay cheap. */
export class LineIndex {
  readonly #starts: readonly number[]
  readonly #firstLine: number

  constructor(text: string, firstLine = 1) {
    const starts = [0]
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
    this.#starts = starts
    this.#firstLine = firstLine
  }

  positionOf(offset: number): Position {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#starts[middle] ?? Infinity) <= offset) low = middle
      else high = middle - 1
    }
    return { line: this.#firstLine + low, column: offset - (this.#starts[low] ?? 0) + 1 }
  }
}
