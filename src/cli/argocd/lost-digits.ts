// Integers that are printed as others than were written: in JavaScript a number has 53 bits, in Kubernetes an integer has 64.
import type { ManifestObject } from '../../api/manifest/manifest-object.ts'
import type { FieldPath } from '../../api/problem.ts'

export interface LostDigits {
  readonly path: FieldPath
  readonly printed: string
}

export function findLostDigits(object: ManifestObject): LostDigits | undefined {
  for (const { path, value } of largeNumbers(object.value, [])) {
    if (!isWrittenSo(object.locate(path).plainText, value)) return { path, printed: JSON.stringify(value) }
  }
  return undefined
}

function* largeNumbers(value: unknown, path: FieldPath): Generator<{ path: FieldPath; value: number }> {
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) yield { path, value }
  if (typeof value !== 'object' || value === null) return
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  for (const [key, item] of entries) yield* largeNumbers(item, [...path, key])
}

/** What is no plain decimal, such as 1e30, is a float, which loses nothing. Behind an alias nobody knows. */
function isWrittenSo(written: string | undefined, value: number): boolean {
  if (written === undefined) return false
  const digits = written.replaceAll('_', '').replace(/^\+/, '')
  if (/^-?0[xXoObB]?[0-9a-fA-F]+$/.test(digits)) return false
  return !/^-?\d+$/.test(digits) || JSON.stringify(value) === digits
}
