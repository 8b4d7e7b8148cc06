// The text of one document to its syntax tree. Scalars stay as written: what they mean is `resolve-scalar.ts`'s business.
import { Composer, Lexer, Parser, type Document, type Node } from 'yaml'
import { UnreadableDocument } from './unreadable.ts'

export interface ComposeLimits {
  /** Levels of nesting. */
  readonly maxDepth: number
  /** Tokens per document; the syntax tree takes about 300 bytes for each. */
  readonly maxTokens: number
}

const OPTIONS = { schema: 'failsafe', uniqueKeys: false, resolveKnownTags: false } as const

/** A manifest is cut at each "---" before it comes here. */
const SECOND_OF_MANIFEST = 'kubectl ignores what follows "...": begin a new document with "---"'

/** Throws `UnreadableDocument`, and for a second document with the message given. Null for an empty document. */
export function composeDocument(text: string, limits: ComposeLimits, ofSecond = SECOND_OF_MANIFEST): Node | null {
  const [first, second] = compose(text, limits)
  const error = first?.errors[0] ?? second?.errors[0]
  if (error !== undefined) throw new UnreadableDocument(withoutSource(error.message), error.pos[0])
  if (second !== undefined) throw new UnreadableDocument(ofSecond, second.range[0])
  return first?.contents ?? null
}

/** Some messages quote the text at fault, which may be long, or part of a secret. */
function withoutSource(message: string): string {
  return message.replace(/: ".*$/s, '')
}

function compose(text: string, limits: ComposeLimits): readonly Document.Parsed[] {
  const parser = new Parser()
  const composer = new Composer(OPTIONS)
  const documents: Document.Parsed[] = []
  let tokens = 0
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) documents.push(...composer.next(token))
    tokens += 1
    // The composer and everything behind it descend recursively: refuse before they do.
    if (parser.stack.length > limits.maxDepth + 2) {
      throw new UnreadableDocument(`nested more than ${limits.maxDepth} levels deep`, parser.offset)
    }
    if (tokens > limits.maxTokens) {
      throw new UnreadableDocument(
        `the document has more than ${limits.maxTokens} tokens: split it into several`,
        parser.offset,
      )
    }
  }
  for (const token of parser.end()) documents.push(...composer.next(token))
  documents.push(...composer.end(true, text.length))
  return documents
}
