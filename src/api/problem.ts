// What is wrong with an object, and where.

export type FieldPath = readonly (string | number)[]

export interface Problem {
  readonly path: FieldPath
  readonly message: string
  /** Which of the apiserver's checks refuses it. */
  readonly rule: 'metadata' | 'unknown-field' | 'schema' | 'duplicate' | 'cel'
}

/** `spec.targets[0].name`; keys that are no plain words stand in brackets, as in `labels[a.b/c]`. */
export function formatPath(path: FieldPath): string {
  return path.map(formatStep).join('').replace(/^\./, '')
}

function formatStep(step: string | number): string {
  return typeof step === 'string' && /^[\w$-]+$/.test(step) ? `.${step}` : `[${step}]`
}
