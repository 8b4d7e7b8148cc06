// A file to the texts of its documents, cut where kubectl cuts: at lines that begin with `---`, and between JSON values that
// follow one another.
import type { Position } from './position.ts'

export interface DocumentText {
  readonly text: string
  /** The line of the file on which the text begins, from 1. */
  readonly firstLine: number
}

export interface SplitProblem {
  readonly position: Position
  readonly message: string
}

export interface Split {
  readonly documents: readonly DocumentText[]
  readonly problems: readonly SplitProblem[]
}

/** The text has `\n` line breaks only. */
export function splitDocuments(text: string): Split {
  const { documents, end } = takeJsonValues(text)
  const rest = splitYaml(text, end)
  return { documents: [...documents, ...rest.documents], problems: rest.problems }
}

function splitYaml(text: string, from: number): Split {
  const documents: DocumentText[] = []
  const problems: SplitProblem[] = []
  const separator = /(?<=^|\n)---([^\n]*)(?:\n|$)/g
  separator.lastIndex = from
  let start = from
  let firstLine = countLines(text, 0, from) + 1
  const take = (end: number): void => {
    if (end > start) documents.push({ text: text.slice(start, end), firstLine })
  }
  for (let match = separator.exec(text); match !== null; match = separator.exec(text)) {
    take(match.index)
    firstLine += countLines(text, start, match.index)
    const tail = match[1]?.trim() ?? ''
    if (tail !== '' && !tail.startsWith('#')) {
      problems.push({
        position: { line: firstLine, column: 1 },
        message: 'kubectl allows only a comment behind "---": move the rest to the next line',
      })
    }
    firstLine += 1
    start = separator.lastIndex
  }
  take(text.length)
  return { documents, problems }
}

/** JSON values at the beginning, one behind the other as in a stream; where they end, the rest is YAML. */
function takeJsonValues(text: string): { documents: readonly DocumentText[]; end: number } {
  const documents: DocumentText[] = []
  let end = 0
  let firstLine = 1
  for (;;) {
    const start = skipSpace(text, end)
    if (text[start] !== '{') return { documents, end }
    const stop = endOfJsonObject(text, start)
    if (stop === undefined) return { documents, end }
    firstLine += countLines(text, end, start)
    documents.push({ text: text.slice(start, stop), firstLine })
    firstLine += countLines(text, start, stop)
    end = stop
  }
}

function skipSpace(text: string, from: number): number {
  const space = /\s*/y
  space.lastIndex = from
  return from + (space.exec(text)?.[0].length ?? 0)
}

/** Undefined for what only looks like JSON: a YAML flow mapping or a template. */
function endOfJsonObject(text: string, start: number): number | undefined {
  const piece = /"(?:[^"\\\n]|\\.)*"?|[{}]/g
  piece.lastIndex = start
  let depth = 0
  for (let match = piece.exec(text); match !== null; match = piece.exec(text)) {
    if (match[0] === '{') depth += 1
    else if (match[0] === '}') depth -= 1
    if (depth === 0) return isJson(text.slice(start, piece.lastIndex)) ? piece.lastIndex : undefined
  }
  return undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function countLines(text: string, from: number, to: number): number {
  // Only within the piece: looking further each time would make a long line of small values quadratic.
  const piece = text.slice(from, to)
  let count = 0
  for (let at = piece.indexOf('\n'); at !== -1; at = piece.indexOf('\n', at + 1)) count += 1
  return count
}
