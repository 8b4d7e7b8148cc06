// What a webhook says in negotiation of the names it serves: `{"include":[…],"exclude":[…]}`, or regular expressions.
import { parseFqdn, type Fqdn } from '../../model/name.ts'

/** `example.com` stands for itself and all below, `.example.com` for what is below only. Nothing included means everything. */
export interface DomainFilter {
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

/**
 * Regular expressions are not evaluated: they are written for an engine that always ends in linear time, which ours need not with a
 * pattern from elsewhere. Such a filter reads as one that serves everything. Undefined: this is no filter.
 */
export function parseDomainFilter(value: unknown): DomainFilter | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { include, exclude } = value as { readonly include?: unknown; readonly exclude?: unknown }
  return { include: parsePatterns(include), exclude: parsePatterns(exclude) }
}

/** The zones that the filter names. What is excluded from them is still excluded. */
export function zonesOf({ include, exclude }: DomainFilter): readonly Fqdn[] {
  const zones = include.flatMap((pattern) => parseFqdn(pattern.replace(/^\./, '')) ?? [])
  return [...new Set(zones)].filter((zone) => !exclude.some((pattern) => matches(pattern, zone))).sort()
}

export function servesName({ include, exclude }: DomainFilter, name: Fqdn): boolean {
  const included = include.length === 0 || include.some((pattern) => matches(pattern, name))
  return included && !exclude.some((pattern) => matches(pattern, name))
}

/** Whether it serves any name of the zone. */
export function servesZone({ include, exclude }: DomainFilter, zone: Fqdn): boolean {
  const touches = (pattern: string): boolean =>
    matches(pattern.replace(/^\./, ''), zone) || `.${pattern}`.endsWith(`.${zone}`)
  return (include.length === 0 || include.some(touches)) && !exclude.some((pattern) => matches(pattern, zone))
}

function parsePatterns(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  const texts = value.filter((part) => typeof part === 'string')
  return texts.map((text) => text.trim().toLowerCase().replace(/\.$/, '')).filter((text) => text !== '')
}

function matches(pattern: string, name: string): boolean {
  return pattern.startsWith('.') ? name.endsWith(pattern) : name === pattern || name.endsWith(`.${pattern}`)
}
