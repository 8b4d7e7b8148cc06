// Manifests as kubectl reads them: the bytes of a file in, its objects out, each knowing where its fields stand.
import { composeDocument, type ComposeLimits } from './compose-document.ts'
import { convertNode } from './convert-node.ts'
import { decodeText } from './decode-text.ts'
import { describeDamage, type DescribeDamage } from './describe-damage.ts'
import { DocumentSource, listObjects, type ManifestObject } from './manifest-object.ts'
import type { Position } from './position.ts'
import { splitDocuments, type DocumentText } from './split-documents.ts'
import { UnreadableDocument } from './unreadable.ts'

export interface ManifestLimits extends ComposeLimits {
  readonly maxBytes: number
  readonly maxDocuments: number
}

export const DEFAULT_LIMITS: ManifestLimits = {
  maxBytes: 8 * 1024 * 1024,
  maxDocuments: 50_000,
  maxDepth: 200,
  maxTokens: 2_000_000,
}

/** Something that cannot be read at all, or is no object but was meant to be some. */
export interface ManifestProblem {
  readonly position: Position
  readonly message: string
}

export interface Manifest {
  readonly objects: readonly ManifestObject[]
  readonly problems: readonly ManifestProblem[]
  /** How many documents hold no Kubernetes object. */
  readonly otherDocuments: number
}

const START: Position = { line: 1, column: 1 }

export function readManifest(
  bytes: Uint8Array,
  limits: ManifestLimits = DEFAULT_LIMITS,
  describe: DescribeDamage = describeDamage,
): Manifest {
  if (bytes.length > limits.maxBytes) {
    return refuse(START, `the file is larger than ${limits.maxBytes / 1024 / 1024} MiB: split it`)
  }
  const decoded = decodeText(bytes)
  if (decoded.kind === 'invalid') return refuse(decoded.position, decoded.message)
  const split = splitDocuments(decoded.text)
  if (split.documents.length > limits.maxDocuments) {
    return refuse(START, `the file has more than ${limits.maxDocuments} documents: split it`)
  }
  const contents = split.documents.map((document) => readDocument(document, limits, describe))
  return {
    objects: contents.flatMap(({ objects }) => objects),
    problems: [...split.problems, ...contents.flatMap(({ problem }) => problem ?? [])],
    otherDocuments: contents.filter(({ isOther }) => isOther).length,
  }
}

function refuse(position: Position, message: string): Manifest {
  return { objects: [], problems: [{ position, message }], otherDocuments: 0 }
}

interface DocumentContent {
  readonly objects: readonly ManifestObject[]
  readonly problem?: ManifestProblem
  readonly isOther: boolean
}

function readDocument(document: DocumentText, limits: ManifestLimits, describe: DescribeDamage): DocumentContent {
  const source = new DocumentSource(document, (text) => composeDocument(text, limits))
  try {
    const { value, duplicates } = convertNode(composeDocument(document.text, limits))
    const { objects, damages } = listObjects(value, duplicates, source, describe)
    const [damage] = damages
    if (damage === undefined) return { objects, isOther: value !== null && objects.length === 0 }
    const { line, column } = source.locate(damage.path)
    const more = damages.length > 1 ? ` (and ${damages.length - 1} more in this document)` : ''
    return { objects, problem: { position: { line, column }, message: `${damage.message}${more}` }, isOther: false }
  } catch (error) {
    if (!(error instanceof UnreadableDocument)) throw error
    const message = `not readable as YAML: ${error.message}${hintAtTemplate(document.text)}`
    return { objects: [], problem: { position: source.positionOf(error.offset), message }, isOther: false }
  }
}

function hintAtTemplate(text: string): string {
  return text.includes('{{') ? ' (it looks like a Helm template: validate the output of "helm template" instead)' : ''
}
