// What the record sets of a resource rest on, so that plan modes can tell a change of members from a change of the spec.

export interface Footing {
  /** By target key. Another source under the same target means that the spec was edited. */
  readonly targets: ReadonlyMap<string, TargetFooting>
  /**
   * By key text: what in the spec a record set comes from (its hostnames entry, and whatever else decides that there is one).
   * Equal texts mean that the spec says the same about it.
   */
  readonly origins: ReadonlyMap<string, string>
  /** Whatever the spec can give, whether it gives a record set at present or not. */
  readonly knownOrigins: Origins
}

export interface Origins {
  has(origin: string): boolean
}

export interface TargetFooting {
  /** What the target stands for. Literals, and its part in routing, belong to it. */
  readonly source: string
  readonly values: ReadonlySet<string>
}

/**
 * What a resource rests on while an edit of its spec waits: still what was there before it, but with the members that have come since.
 * `current` is what it will rest on when the edit is carried out.
 */
export function continueFooting(before: Footing, current: Footing): Footing {
  const { targets, origins, knownOrigins } = before
  const arisen = [...current.origins].filter(([key, origin]) => knownOrigins.has(origin) && !origins.has(key))
  const grown = [...targets].map(
    ([target, footing]) => [target, withValuesOf(footing, current.targets.get(target))] as const,
  )
  // Of many records nothing more is to be remembered: then what is there is kept, and not a copy of it.
  const isSame = arisen.length === 0 && grown.every(([target, footing]) => footing === targets.get(target))
  if (isSame) return before
  return { targets: new Map(grown), origins: new Map([...origins, ...arisen]), knownOrigins }
}

function withValuesOf(before: TargetFooting, now: TargetFooting | undefined): TargetFooting {
  if (now?.source !== before.source || isWithin(now.values, before.values)) return before
  return { ...before, values: new Set([...before.values, ...now.values]) }
}

/** The records of a pool share both sets, which are never changed: what was found for one is so for all. */
const known = new WeakMap<ReadonlySet<string>, ReadonlySet<string>>()

function isWithin(values: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  if (values === others || known.get(values) === others) return true
  for (const value of values) if (!others.has(value)) return false
  known.set(values, others)
  return true
}
