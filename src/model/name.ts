declare const fqdnBrand: unique symbol
/** A DNS name in lower-case A-labels without the trailing dot; the first label may be a lone `*`. */
export type Fqdn = string & { readonly [fqdnBrand]: true }

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/

export function parseFqdn(text: string): Fqdn | undefined {
  if (text.length > 253) return undefined
  const [first, ...rest] = text.split('.')
  const labels = first === '*' ? rest : [first ?? '', ...rest]
  return labels.length > 0 && labels.every((label) => LABEL.test(label)) ? (text as Fqdn) : undefined
}

/** A name as a zone may hold it: what others put there need not be a host name, and a marker's label may end in a hyphen. */
export function parseStoredName(text: string): Fqdn | undefined {
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase()
  const labels = name.split('.')
  const fits = name.length <= 253 && labels.every((label) => label.length > 0 && label.length <= 63)
  return fits && !/\s/.test(name) ? (name as Fqdn) : undefined
}

export function isWildcard(name: Fqdn): boolean {
  return name.startsWith('*.')
}

/** Whether `name` is the zone's apex or lies below it. One with placeholders counts by its end. */
export function isWithin(name: string, zone: Fqdn): boolean {
  return name === zone || name.endsWith(`.${zone}`)
}

/** The zone that would answer for `name`: the longest that contains it. */
export function longestZone<Zone extends Fqdn>(name: Fqdn, zones: Iterable<Zone>): Zone | undefined {
  let best: Zone | undefined
  for (const zone of zones) {
    if (isWithin(name, zone) && zone.length > (best?.length ?? 0)) best = zone
  }
  return best
}
