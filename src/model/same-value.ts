type Plain = Readonly<Record<string, unknown>>

/** Whether two plain values say the same: as in JSON, the order of keys does not count, nor does what is undefined. */
export function isSameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false
  // Lists of keys would be made for every object of every record.
  for (const key in a) if (!isSameValue(a[key], b[key])) return false
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false
  return true
}

function isObject(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null
}
