// The objects in one document, and the way back from a field to its place in the file.
import type { Node } from 'yaml'
import { isObject } from '../is-object.ts'
import type { FieldPath } from '../problem.ts'
import { describeDamage, describeDamagedItem, isFilled, type DescribeDamage } from './describe-damage.ts'
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

/** What is no object, but was meant to be some. */
export interface Damage {
  readonly path: FieldPath
  readonly message: string
}

export interface ListedObjects {
  readonly objects: readonly ManifestObject[]
  readonly damages: readonly Damage[]
}

/** Lists are taken apart, also lists in lists. A value without apiVersion is no Kubernetes object and yields nothing, unless it is damaged. */
export function listObjects(
  value: unknown,
  duplicates: readonly FieldPath[],
  source: DocumentSource,
  describe: DescribeDamage,
): ListedObjects {
  const damages: Damage[] = []
  const found = [...walkObjects(value, [], (path, message) => void damages.push({ path, message }), describe)]
  const objects = found.map(({ value, prefix }) => ({
    value,
    apiVersion: text(value.apiVersion) ?? '',
    kind: text(value.kind),
    name: text(field(value.metadata, 'name')),
    namespace: text(field(value.metadata, 'namespace')),
    duplicates: duplicates.filter((path) => startsWith(path, prefix)).map((path) => path.slice(prefix.length)),
    locate: (path: FieldPath) => source.locate([...prefix, ...path]),
  }))
  return { objects, damages }
}

interface FoundObject {
  readonly value: Readonly<Record<string, unknown>>
  readonly prefix: FieldPath
}

type NoteDamage = (path: FieldPath, message: string) => void

function* walkObjects(
  value: unknown,
  prefix: FieldPath,
  note: NoteDamage,
  describe: DescribeDamage = describeDamage,
): Generator<FoundObject> {
  const damage = describe(value)
  if (damage !== undefined) note(prefix, damage)
  if (damage !== undefined || !isObject(value) || !isFilled(value.apiVersion)) return
  const list = readList(value, value.apiVersion)
  if (list === undefined) yield { value, prefix }
  for (const [index, item] of (list?.items ?? []).entries()) {
    yield* walkObjects(item, [...prefix, 'items', index], note, list?.describeItem)
  }
}

interface List {
  readonly items: readonly unknown[]
  readonly describeItem: DescribeDamage
}

function readList({ kind, items }: FoundObject['value'], apiVersion: string): List | undefined {
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return undefined
  const itemKind = kind.slice(0, -'List'.length)
  return {
    items: items.map((item: unknown) => fillIn(item, apiVersion, itemKind)),
    describeItem: itemKind === '' && apiVersion === 'v1' ? describeDamagedItem : describeDamage,
  }
}

/** As kubectl does: items of a `ThingList` need not say what they are, as the apiserver's own do not. */
function fillIn(item: unknown, apiVersion: string, kind: string): unknown {
  if (kind === '' || !isObject(item) || (isFilled(item.apiVersion) && isFilled(item.kind))) return item
  return { ...item, apiVersion, kind }
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
