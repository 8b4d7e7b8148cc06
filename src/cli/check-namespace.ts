import { isNamespaceName } from '../model/namespace.ts'
import { UsageError } from './usage-error.ts'

/** Throws when the value of that flag is no name that a namespace can have. */
export function checkNamespace(flag: string, value: string): void {
  if (!isNamespaceName(value)) throw new UsageError(`${flag}: ${value || 'an empty text'} is no namespace name`)
}
