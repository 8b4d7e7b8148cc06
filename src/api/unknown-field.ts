// What to say of a field that is not there, for it is mostly a typing mistake, or the name without its unit (`ttl`).

import { suggestName } from '../model/suggest-name.ts'

const SHORTEST_BEGINNING = 3

export function describeUnknownField(name: string, known: readonly string[]): string {
  const suggestion = suggestName(name, known) ?? completeName(name, known)
  return `is not a field here; ${suggestion === undefined ? 'remove it' : `did you mean ${suggestion}?`}`
}

/** The only candidate that begins like this, letter case aside. */
function completeName(name: string, candidates: readonly string[]): string | undefined {
  const beginning = name.toLowerCase()
  const [only, ...others] = candidates.filter((candidate) => candidate.toLowerCase().startsWith(beginning))
  return name.length >= SHORTEST_BEGINNING && others.length === 0 ? only : undefined
}
