// What a derivation says that no plan of a zone has a place for.
import type { Derivation } from '../../desired/derivation.ts'

export function describeDerivation({ waiting }: Derivation): readonly string[] {
  return waiting.map(({ name, message }) => `${name}: ${message}`)
}
