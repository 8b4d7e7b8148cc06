import { UsageError } from './usage-error.ts'

const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Throws when the value of that flag is no name that a namespace can have. */
export function checkNamespace(flag: string, value: string): void {
  if (!NAMESPACE.test(value)) throw new UsageError(`${flag}: ${value || 'an empty text'} is no namespace name`)
}
