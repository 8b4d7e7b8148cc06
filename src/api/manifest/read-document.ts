// One document that is no manifest, such as a kubeconfig or a file of settings, read as a manifest would be. What it says of what cannot
// be read quotes no line, because such files may hold secrets.
import { composeDocument } from './compose-document.ts'
import { convertNode, type Converted } from './convert-node.ts'
import { decodeText } from './decode-text.ts'
import { LineIndex, type Position } from './position.ts'
import { DEFAULT_LIMITS } from './read-manifest.ts'
import { UnreadableDocument } from './unreadable.ts'

export type ReadDocument =
  | ({ readonly kind: 'read' } & Converted)
  | { readonly kind: 'unreadable'; readonly position: Position; readonly message: string }

const SECOND = 'a second document begins here: leave one of them'

export function readDocument(bytes: Uint8Array): ReadDocument {
  const decoded = decodeText(bytes)
  if (decoded.kind === 'invalid') return { ...decoded, kind: 'unreadable' }
  try {
    return { kind: 'read', ...convertNode(composeDocument(decoded.text, DEFAULT_LIMITS, SECOND)) }
  } catch (error) {
    if (!(error instanceof UnreadableDocument)) throw error
    const position = new LineIndex(decoded.text).positionOf(error.offset)
    return { kind: 'unreadable', position, message: error.message }
  }
}
