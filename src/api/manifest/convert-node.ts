// A syntax tree to the value Kubernetes would see: aliases expanded, merge keys applied in the order written, keys as strings.
import { isAlias, isNode, isScalar, isSeq, type Alias, type Node, type Scalar, type YAMLMap } from 'yaml'
import type { FieldPath } from '../problem.ts'
import { resolveScalar } from './resolve-scalar.ts'
import { UnreadableDocument } from './unreadable.ts'

export interface Converted {
  readonly value: unknown
  /**
   * Fields written twice: kubectl lets the last one win without a word; whoever shows findings should not. Of very many, only
   * the first are kept.
   */
  readonly duplicates: readonly FieldPath[]
}

/** Throws `UnreadableDocument`. */
export function convertNode(node: Node | null): Converted {
  const converter = new NodeConverter()
  return { value: converter.convert(node), duplicates: converter.duplicates }
}

export function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0
}

/** The text of a key as it stands in JSON. Undefined for keys that JSON cannot have. */
export function formatKey(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

export function convertScalar(node: Scalar): unknown {
  const resolution = resolveScalar(node.source ?? '', node.type === 'PLAIN', node.tag)
  if (resolution.kind === 'refused') throw new UnreadableDocument(resolution.message, offsetOf(node))
  return resolution.value
}

const MAX_DUPLICATES = 1000

class NodeConverter {
  readonly duplicates: FieldPath[] = []
  readonly #path: (string | number)[] = []
  readonly #anchors = new Map<string, Node>()
  readonly #expanding = new Set<Node>()
  #converted = 0
  #throughAliases = 0

  convert(node: unknown): unknown {
    if (!isNode(node)) return null
    this.#count(node)
    if (isAlias(node)) return this.#expand(node)
    if (node.anchor !== undefined && this.#expanding.size === 0) this.#anchors.set(node.anchor, node)
    if (isScalar(node)) return convertScalar(node)
    return isSeq(node) ? node.items.map((item, index) => this.#convertAt(index, item)) : this.#convertMap(node)
  }

  #convertAt(segment: string | number, node: unknown): unknown {
    this.#path.push(segment)
    const value = this.convert(node)
    this.#path.pop()
    return value
  }

  #convertMap(map: YAMLMap): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    const written = new Set<string>()
    for (const { key: keyNode, value } of map.items) {
      if (isMergeKey(keyNode)) {
        this.#merge(result, value)
        continue
      }
      const key = this.#convertKey(keyNode, map)
      if (written.has(key)) this.#noteDuplicate(key)
      written.add(key)
      setOwn(result, key, this.#convertAt(key, value))
    }
    return result
  }

  #noteDuplicate(key: string): void {
    // What an alias repeats has been noted where it is written.
    if (this.#expanding.size > 0 || this.duplicates.length >= MAX_DUPLICATES) return
    this.duplicates.push([...this.#path, key])
  }

  #convertKey(node: unknown, map: YAMLMap): string {
    const key = formatKey(this.convert(node))
    if (key !== undefined) return key
    throw new UnreadableDocument('a key must be text, not null, a map or a list', placeOf(node, map))
  }

  /** Of several maps the first wins; against the keys beside it, whoever comes later wins. */
  #merge(result: Record<string, unknown>, source: unknown): void {
    const maps = isSeq(source) ? source.items.toReversed() : [source]
    for (const map of maps) {
      const value = this.convert(map)
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new UnreadableDocument('the merge key << takes a map or a list of maps', isNode(map) ? offsetOf(map) : 0)
      }
      for (const [key, item] of Object.entries(value)) setOwn(result, key, item)
    }
  }

  #expand(alias: Alias): unknown {
    const target = this.#anchors.get(alias.source)
    if (target === undefined) {
      throw new UnreadableDocument(`the alias *${alias.source} has no anchor of that name before it`, offsetOf(alias))
    }
    if (this.#expanding.has(target)) {
      throw new UnreadableDocument(`the anchor &${alias.source} contains itself`, offsetOf(alias))
    }
    this.#expanding.add(target)
    const value = this.convert(target)
    this.#expanding.delete(target)
    return value
  }

  #count(node: Node): void {
    this.#converted += 1
    if (this.#expanding.size > 0) this.#throughAliases += 1
    if (this.#throughAliases <= 100 || this.#converted <= 1000) return
    if (this.#throughAliases / this.#converted > allowedAliasShare(this.#converted)) {
      throw new UnreadableDocument(
        'aliases blow this document up out of proportion: write the values out',
        offsetOf(node),
      )
    }
  }
}

/** goyaml's bound, so that the same documents pass: 99 % up to 400,000 nodes, then falling to 10 % at 4,000,000. */
function allowedAliasShare(nodes: number): number {
  const excess = Math.min(Math.max(nodes - 400_000, 0) / 3_600_000, 1)
  return 0.99 - 0.89 * excess
}

function isMergeKey(node: unknown): boolean {
  return isScalar(node) && node.source === '<<' && node.type === 'PLAIN' && node.tag === undefined
}

function placeOf(node: unknown, parent: Node): number {
  return offsetOf(isNode(node) ? node : parent)
}

/** Plain assignment would take the key `__proto__` for the prototype. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else target[key] = value
}
