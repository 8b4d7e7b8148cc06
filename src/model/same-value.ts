type Plain = Readonly<Record<string, unknown>>

/** Whether two plain values say the same: as in JSON, the order of keys does not count, nor does what is undefined. */
export function isSameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false
  return Object.keys(a).every((key) => isSameValue(a[key], b[key])) && saysNoMore(b, a)
}

function saysNoMore(value: Plain, than: Plain): boolean {
  return Object.keys(value).every((key) => value[key] === undefined || than[key] !== undefined)
}

function isObject(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null
}
