// What an unquoted word of YAML means to Kubernetes: YAML 1.1 as goyaml v2 reads it, which `kubectl` and the apiserver share.
// There `y` and `off` are booleans, `017` is fifteen, `1_000` a thousand; there are no base-60 numbers, and dates stay text.

export type ScalarValue = string | number | boolean | null
export type Resolution =
  { readonly kind: 'value'; readonly value: ScalarValue } | { readonly kind: 'refused'; readonly message: string }

const TAG_PREFIX = 'tag:yaml.org,2002:'
const TYPED_TAGS = new Set(['bool', 'int', 'float', 'null', 'timestamp'])

const WORDS = new Map<string, boolean | null>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
])

const NOT_IN_JSON = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const INTEGER_FORMS: readonly (readonly [RegExp, string])[] = [
  [/^(0|[1-9][0-9]*)$/, ''],
  [/^0[oO]?([0-7]+)$/, '0o'],
  [/^0[xX]([0-9a-fA-F]+)$/, '0x'],
  [/^0[bB]([01]+)$/, '0b'],
]
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
const DATE = /^\d{4}-\d{1,2}-\d{1,2}(?:$|[Tt ])/

/** `plain` says that the text stands unquoted; `tag` is the explicit one, if any, in full. */
export function resolveScalar(text: string, plain: boolean, tag?: string): Resolution {
  if (tag === undefined) return plain ? resolvePlain(text) : { kind: 'value', value: text }
  const type = tag.startsWith(TAG_PREFIX) ? tag.slice(TAG_PREFIX.length) : undefined
  if (type === 'binary') {
    return { kind: 'refused', message: 'the tag !!binary is not supported: write the base64 text itself' }
  }
  if (type === undefined || !TYPED_TAGS.has(type)) return { kind: 'value', value: text }
  const resolution = resolvePlain(text)
  const fits = resolution.kind === 'refused' || fitsTag(text, resolution.value, type)
  return fits
    ? resolution
    : { kind: 'refused', message: `the value is not a !!${type}: write a fitting one or drop the tag` }
}

function fitsTag(text: string, value: ScalarValue, type: string): boolean {
  switch (type) {
    case 'bool':
      return typeof value === 'boolean'
    case 'null':
      return value === null
    case 'timestamp':
      return DATE.test(text)
    case 'int':
      return typeof value === 'number' && parseInteger(text.replaceAll('_', '')) !== undefined
    default:
      return typeof value === 'number'
  }
}

function resolvePlain(text: string): Resolution {
  const word = WORDS.get(text)
  if (word !== undefined) return { kind: 'value', value: word }
  if (NOT_IN_JSON.test(text)) return { kind: 'refused', message: `the number ${text} has no form in JSON` }
  return { kind: 'value', value: parseNumber(text) ?? text }
}

function parseNumber(text: string): number | undefined {
  if (!/^[-+.0-9]/.test(text)) return undefined
  // Underscores group digits, but not behind a leading point.
  const digits = text.startsWith('.') ? text : text.replaceAll('_', '')
  const integer = parseInteger(digits)
  if (integer !== undefined) return integer
  const float = FLOAT.test(digits) ? Number(digits) : Number.NaN
  return Number.isFinite(float) ? float : undefined
}

/** Within 64 bits; a larger decimal is a float. Digits beyond 2^53 get lost, but no field of ours reaches that far. */
function parseInteger(text: string): number | undefined {
  const negative = text.startsWith('-')
  const signed = negative || text.startsWith('+')
  const magnitude = parseMagnitude(signed ? text.slice(1) : text)
  const limit = negative ? 2n ** 63n : signed ? 2n ** 63n - 1n : 2n ** 64n - 1n
  if (magnitude === undefined || magnitude > limit) return undefined
  return Number(negative ? -magnitude : magnitude)
}

function parseMagnitude(digits: string): bigint | undefined {
  for (const [form, prefix] of INTEGER_FORMS) {
    const match = form.exec(digits)
    if (match?.[1] !== undefined) return BigInt(prefix + match[1])
  }
  return undefined
}
