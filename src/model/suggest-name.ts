// Which of the names that are known somebody meant.

/** The candidate a mistyped name most likely stands for: at most two letters wrong unless fewer are given, letter case aside. */
export function suggestName(name: string, candidates: readonly string[], most = 2): string | undefined {
  const scored = candidates
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= most && distance < candidate.length / 2)
    .sort((a, b) => a.distance - b.distance)
  return scored[0]?.candidate
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
