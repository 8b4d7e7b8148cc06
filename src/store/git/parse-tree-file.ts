// The bytes of one manifest file to what it says: our objects as the apiserver would take them, nodes and namespaces. The rest is not ours
// to read, Secrets above all.
import { isKindName } from '../../api/kinds.ts'
import { isOurs } from '../../api/manifest/is-ours.ts'
import type { ManifestObject } from '../../api/manifest/manifest-object.ts'
import { readManifest } from '../../api/manifest/read-manifest.ts'
import { parseNamespace, parseNode } from '../../api/node.ts'
import { parseObject } from '../../api/parse-object.ts'
import { formatPath, type FieldPath, type Problem } from '../../api/problem.ts'
import { readMetadata } from '../../api/read-metadata.ts'
import { canonicalText } from '../../model/canonical-text.ts'
import { shortHash } from '../../model/hash.ts'
import type { Finding, TreeFile, TreeItem } from './tree.ts'

/** More would bury the first ones in a hostile file. */
const MAX_FINDINGS = 20

interface Parsed {
  readonly item?: TreeItem
  readonly finding?: Finding
  /** It is ours, but cannot be told which object it is. */
  readonly hidden?: boolean
}

export function parseTreeFile(file: string, bytes: Uint8Array, defaultNamespace: string): TreeFile {
  const { objects, problems } = readManifest(bytes)
  const unreadable = problems.map(({ position, message }): Finding => ({
    severity: 'error',
    file,
    line: position.line,
    message,
  }))
  const parsed = objects.map((object) => parseItem(file, object, defaultNamespace))
  return {
    items: parsed.flatMap(({ item }) => item ?? []),
    findings: [...unreadable, ...parsed.toSorted(hiddenFirst).flatMap(({ finding }) => finding ?? [])].slice(
      0,
      MAX_FINDINGS,
    ),
    hidesObjects: problems.length > 0 || parsed.some(({ hidden }) => hidden === true),
  }
}

/** They are what holds the removal of everything else. */
function hiddenFirst(a: Parsed, b: Parsed): number {
  return Number(b.hidden === true) - Number(a.hidden === true)
}

function parseItem(file: string, object: ManifestObject, defaultNamespace: string): Parsed {
  const { apiVersion, kind } = object
  if (isOurs(object)) return parseOurs(file, object, defaultNamespace)
  if (apiVersion !== 'v1') return {}
  const place = { file, line: object.locate([]).line }
  if (kind === 'Node') {
    const node = parseNode(object.value)
    return node === undefined ? namelessNode(place) : { item: { kind, node, place } }
  }
  const namespace = kind === 'Namespace' ? parseNamespace(object.value) : undefined
  return namespace === undefined ? {} : { item: { kind: 'Namespace', ...namespace, place } }
}

function namelessNode(place: { readonly file: string; readonly line: number }): Parsed {
  return { finding: { severity: 'error', ...place, message: 'Node: metadata.name is required' }, hidden: true }
}

function parseOurs(file: string, object: ManifestObject, defaultNamespace: string): Parsed {
  const result = parseObject(object.value, { defaultNamespace })
  if (result.kind === 'invalid') return parseInvalid(file, object, result.problems, defaultNamespace)
  const { kind, metadata, spec } = result.object
  const place = { file, line: object.locate([]).line }
  const item = { kind, metadata, place, specHash: hashSpec(spec), content: { kind: 'valid', spec } } as const
  return { item, ...noteDuplicates(file, object) }
}

function parseInvalid(
  file: string,
  object: ManifestObject,
  problems: readonly Problem[],
  defaultNamespace: string,
): Parsed {
  const { kind = '(no kind)', name = '(no name)', value } = object
  const { path, message } = describeProblems(problems)
  const { line } = object.locate(path)
  const finding: Finding = { severity: 'error', file, line, message: `${kind} ${name}: ${message}` }
  if (!isKindName(kind) || problems.some((problem) => isIdentity(problem.path))) return { finding, hidden: true }
  const metadata = readMetadata(value['metadata'], defaultNamespace)
  const place = { file, line: object.locate([]).line }
  const content = { kind: 'invalid', problem: `${file}:${line}: ${message}` } as const
  return { item: { kind, metadata, place, specHash: hashSpec(value['spec']), content }, finding }
}

/** Whatever the order of its fields, and with the defaults, where it is valid: writing a default out changes nothing. */
function hashSpec(spec: unknown): string {
  return shortHash(canonicalText(spec ?? null))
}

function describeProblems(problems: readonly Problem[]): { readonly path: FieldPath; readonly message: string } {
  // A misspelt field is mostly why another one is said to be missing.
  const first = problems.find(({ rule }) => rule === 'unknown-field') ?? problems[0]
  if (first === undefined) return { path: [], message: 'is not valid' }
  const about = formatPath(first.path)
  // Messages of CEL rules begin with the field's name, because kubectl shows them without a path.
  const message = first.rule === 'cel' ? first.message : `${about} ${first.message}`.trim()
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  return { path: first.path, message: `${message}${more}` }
}

/** Which of them counts is said nowhere but in a parser, so the writer should know. */
function noteDuplicates(file: string, object: ManifestObject): { readonly finding?: Finding } {
  const [path] = object.duplicates
  if (path === undefined) return {}
  const message = `${object.kind} ${object.name}: ${formatPath(path)} is written twice, and the last one counts; remove one of the two`
  return { finding: { severity: 'warning', file, line: object.locate(path).line, message } }
}

/** What tells objects apart: with a fault there, any object that is missed may be this one. */
function isIdentity(path: FieldPath): boolean {
  const [first, second] = path
  if (first === 'apiVersion' || first === 'kind') return true
  return first === 'metadata' && (second === undefined || second === 'name' || second === 'namespace')
}
