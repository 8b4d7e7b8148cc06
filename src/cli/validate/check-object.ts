// One object of a manifest to its findings: what the apiserver would refuse, and keys that are written twice.
import type { StoaObject } from '../../api/kinds.ts'
import type { ManifestObject } from '../../api/manifest/manifest-object.ts'
import { parseObject } from '../../api/parse-object.ts'
import { formatPath, type FieldPath } from '../../api/problem.ts'
import type { Finding, ObjectName } from './finding.ts'

/** An object and where it was found. */
export interface ObjectSource {
  readonly file: string
  readonly object: ManifestObject
  readonly name: ObjectName
}

export interface CheckedObject {
  readonly findings: readonly Finding[]
  /** Absent when the apiserver would refuse it. */
  readonly parsed?: StoaObject
}

/** More would bury the first ones, and looking up their places would take long in a hostile file. */
const MAX_FINDINGS = 100

export function createSource(file: string, object: ManifestObject, defaultNamespace: string): ObjectSource {
  const { kind = '(no kind)', namespace, name = '(no name)' } = object
  return {
    file,
    object,
    name: { kind, namespace: namespace === undefined || namespace === '' ? defaultNamespace : namespace, name },
  }
}

export function checkObject(source: ObjectSource, defaultNamespace: string): CheckedObject {
  const { duplicates, value } = source.object
  const result = parseObject(value, { defaultNamespace })
  const problems = [
    ...duplicates.map((path) => ({ path, rule: 'duplicate-key', message: 'is written twice; remove one of the two' })),
    ...(result.kind === 'invalid' ? result.problems : []),
  ]
  const findings = problems
    .slice(0, MAX_FINDINGS)
    .map((problem) => createFinding(source, { severity: 'error', ...problem }))
  const more = problems.length - findings.length
  if (more > 0) {
    const message = `has ${more} more problems; those above come first`
    findings.push(createFinding(source, { severity: 'error', path: [], rule: 'too-many', message }))
  }
  return { findings, ...(result.kind === 'ok' && { parsed: result.object }) }
}

export interface Remark {
  readonly severity: Finding['severity']
  readonly path: FieldPath
  readonly rule: string
  readonly message: string
}

export function createFinding({ file, object, name }: ObjectSource, remark: Remark): Finding {
  const { path, message, ...rest } = remark
  const { line, column, plainText } = object.locate(path)
  const field = formatPath(path)
  return {
    ...rest,
    file,
    line,
    column,
    object: name,
    ...(field !== '' && { field }),
    message: `${message}${explainReading(valueAt(object.value, path), plainText)}`,
  }
}

/** Whoever writes `y` or `017` does not expect true or 15. */
function explainReading(value: unknown, plainText: string | undefined): string {
  if (plainText === undefined || (typeof value !== 'boolean' && typeof value !== 'number')) return ''
  return plainText === String(value) ? '' : ` (YAML reads ${plainText} as ${value})`
}

function valueAt(value: unknown, path: FieldPath): unknown {
  // Arrays are objects here, too: an index is as good a key as any.
  return path.reduce(
    (at: unknown, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined),
    value,
  )
}
