// What to say of a field that is not there, for it is mostly a typing mistake, or the name without its unit (`ttl`).

const SHORTEST_BEGINNING = 3

export function describeUnknownField(name: string, known: readonly string[]): string {
  const suggestion = suggestName(name, known) ?? completeName(name, known)
  return `is not a field here; ${suggestion === undefined ? 'remove it' : `did you mean ${suggestion}?`}`
}

/** The candidate a mistyped name most likely stands for: at most two letters wrong, letter case aside. */
export function suggestName(name: string, candidates: readonly string[]): string | undefined {
  const scored = candidates
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= 2 && distance < candidate.length / 2)
    .sort((a, b) => a.distance - b.distance)
  return scored[0]?.candidate
}

/** The only candidate that begins like this, letter case aside. */
function completeName(name: string, candidates: readonly string[]): string | undefined {
  const beginning = name.toLowerCase()
  const [only, ...others] = candidates.filter((candidate) => candidate.toLowerCase().startsWith(beginning))
  return name.length >= SHORTEST_BEGINNING && others.length === 0 ? only : undefined
}

/** Levenshtein's distance, one row at a time. Lengths that differ much are far apart without counting. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Infinity
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let line = 1; line <= a.length; line += 1) {
    const next = [line]
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (a[line - 1] === b[column - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
