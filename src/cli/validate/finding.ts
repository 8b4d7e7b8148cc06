// What `stoa validate` has to say, and in which order.

export type Severity = 'error' | 'warning'

export interface Finding {
  readonly severity: Severity
  /** As the caller wrote it. Absent when the finding is about everything given. */
  readonly file?: string
  readonly line?: number
  readonly column?: number
  readonly object?: ObjectName
  /** The field, such as `spec.targets[0].name`. */
  readonly field?: string
  readonly rule: string
  readonly message: string
}

export interface ObjectName {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

const ORDER: readonly ((finding: Finding) => string | number)[] = [
  ({ file = '' }) => file,
  ({ line = 0 }) => line,
  ({ column = 0 }) => column,
  ({ field = '' }) => field,
  ({ message }) => message,
]

export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted(compareFindings)
}

export function describeObject({ kind, namespace, name }: ObjectName): string {
  return `${kind} ${namespace}/${name}`
}

function compareFindings(a: Finding, b: Finding): number {
  for (const key of ORDER) {
    const [left, right] = [key(a), key(b)]
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}
