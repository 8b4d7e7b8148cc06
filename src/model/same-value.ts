/** Whether two plain values (as JSON has them) are equal. What is undefined counts as absent, and nothing is allocated for texts. */
export function isSameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (!isHolder(a) || !isHolder(b) || Array.isArray(a) !== Array.isArray(b)) return false
  for (const key in a) if (!isSameValue(a[key], b[key])) return false
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false
  return true
}

type Holder = Readonly<Record<string, unknown>>

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null
}
