// The objects in one document, and the way back from a field to its place in the file.
import type { Node } from 'yaml'
import { isObject } from '../is-object.ts'
import type { FieldPath } from '../problem.ts'
import { locateField } from './locate-field.ts'
import { LineIndex, type Position } from './position.ts'
import type { DocumentText } from './split-documents.ts'

export interface ManifestObject {
  readonly value: Readonly<Record<string, unknown>>
  readonly apiVersion: string
  readonly kind: string | undefined
  readonly name: string | undefined
  readonly namespace: string | undefined
  /** Fields written twice. kubectl lets that pass, and the last one counts. */
  readonly duplicates: readonly FieldPath[]
  locate(path: FieldPath): FieldLocation
}

export interface FieldLocation extends Position {
  /** The value as written, when it stands there without quotes: `y` for true. */
  readonly plainText?: string
}

/** A document's text, parsed again only when somebody asks for places: most documents have nothing to point at. */
export class DocumentSource {
  readonly #document: DocumentText
  readonly #compose: (text: string) => Node | null
  #root: Node | null | undefined
  #lines: LineIndex | undefined

  constructor(document: DocumentText, compose: (text: string) => Node | null) {
    this.#document = document
    this.#compose = compose
  }

  positionOf(offset: number): Position {
    this.#lines ??= new LineIndex(this.#document.text, this.#document.firstLine)
    return this.#lines.positionOf(offset)
  }

  locate(path: FieldPath): FieldLocation {
    if (this.#root === undefined) this.#root = this.#compose(this.#document.text)
    const { offset, plainText } = this.#root === null ? { offset: 0 } : locateField(this.#root, path)
    return { ...this.positionOf(offset), ...(plainText === undefined ? {} : { plainText }) }
  }
}

/** Lists are taken apart, also lists in lists. A value without apiVersion is no Kubernetes object and yields nothing. */
export function listObjects(
  value: unknown,
  duplicates: readonly FieldPath[],
  source: DocumentSource,
): readonly ManifestObject[] {
  return [...walkObjects(value, [])].map(({ value, prefix }) => ({
    value,
    apiVersion: text(value.apiVersion) ?? '',
    kind: text(value.kind),
    name: text(field(value.metadata, 'name')),
    namespace: text(field(value.metadata, 'namespace')),
    duplicates: duplicates.filter((path) => startsWith(path, prefix)).map((path) => path.slice(prefix.length)),
    locate: (path) => source.locate([...prefix, ...path]),
  }))
}

interface FoundObject {
  readonly value: Readonly<Record<string, unknown>>
  readonly prefix: FieldPath
}

function* walkObjects(value: unknown, prefix: FieldPath): Generator<FoundObject> {
  if (!isObject(value) || typeof value.apiVersion !== 'string') return
  if (text(value.kind)?.endsWith('List') !== true || !Array.isArray(value.items)) {
    yield { value, prefix }
    return
  }
  for (const [index, item] of value.items.entries()) yield* walkObjects(item, [...prefix, 'items', index])
}

function startsWith(path: FieldPath, prefix: FieldPath): boolean {
  return prefix.every((segment, index) => path[index] === segment)
}

function field(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
