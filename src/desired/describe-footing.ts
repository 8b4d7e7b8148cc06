// What the record sets of a resource rest on, and how status remembers it across a restart.
import type { DynamicDNSRecordSpec, DynamicDNSRecordStatus, Target } from '../api/generated/dynamic-dns-record.ts'
import type { DynamicDNSRecord } from '../api/kinds.ts'
import { canonicalText } from '../model/canonical-text.ts'
import type { Footing, Origins, TargetFooting } from '../model/footing.ts'
import { shortHash } from '../model/hash.ts'
import { compareText, keyText, type RecordKey } from '../model/record-set.ts'
import { sourceKey, type ContributedMember, type TargetContent } from './contribution.ts'
import type { EntryDecision } from './decide-entry.ts'
import { typeOfFamily } from './routing-sets.ts'
import { listValues, type Source } from './sources.ts'

export interface FootingParts {
  readonly sources: readonly Source[]
  readonly entries: readonly EntryDecision[]
}

export function describeFooting({ spec, metadata }: DynamicDNSRecord, { sources, entries }: FootingParts): Footing {
  const origins = new Map<string, string>()
  for (const { entry, chosen } of entries.toSorted((a, b) => compareText(b.entry, a.entry))) {
    for (const { place } of chosen) origins.set(keyText(place.key), originText(entry, place.key))
  }
  return {
    targets: new Map(sources.map((source) => [source.target, footingOf(source, metadata.namespace)])),
    origins,
    knownOrigins: new SpecOrigins(spec, sources),
  }
}

/**
 * What is remembered of a resource whose spec was edited before a restart: its targets as they were when it was last carried out, with
 * what they last gave, and the names that come from an entry as it is written. Which names came from a placeholder is not remembered:
 * such names then wait as if they were new. Undefined: nothing was carried out so far.
 */
export function footingFromStatus(status: DynamicDNSRecordStatus | undefined): Footing | undefined {
  const { targets = [], recordSets = [] } = status ?? {}
  const rooted = targets.flatMap(({ name, source, addresses = [], hostname }) => {
    return source === undefined
      ? []
      : [[name, { source, values: new Set(hostname === undefined ? addresses : [hostname]) }] as const]
  })
  if (rooted.length === 0) return undefined
  const origins = new Map<string, string>()
  for (const { name, type, setId = '', values } of recordSets) {
    // Written by us, as keys.
    const key = { name, type, setId } as RecordKey
    if (values.length > 0) origins.set(keyText(key), originText(name, key))
  }
  return { targets: new Map(rooted), origins, knownOrigins: new Set(origins.values()) }
}

function footingOf({ spec, content, recalled }: Source, namespace: string): TargetFooting {
  const values = recalled.size === 0 ? valuesOf(content) : new Set([...listValues(content), ...recalled])
  return { source: describeSource(spec, namespace), values }
}

/** One list of members serves every record that refers to the pool, and so does the set of its values. */
const known = new WeakMap<readonly ContributedMember[], ReadonlySet<string>>()

function valuesOf(content: TargetContent | undefined): ReadonlySet<string> {
  if (content?.kind !== 'members') return new Set(listValues(content))
  const values = known.get(content.members) ?? new Set(listValues(content))
  known.set(content.members, values)
  return values
}

/** What a target stands for: as text its source, and whatever else it says as a hash. */
export function describeSource(target: Target, namespace: string): string {
  const { addresses, geo, priority, region, weight } = target
  const text = sourceKey(target, namespace)
  const rest = { addresses, geo, priority, region, weight }
  if (Object.values(rest).every((part) => part === undefined)) return text
  return `${text} ${shortHash(canonicalText(rest))}`
}

/** Whether a source, as `describeSource` has it, is the pool (`namespace/name`). */
export function isSourceOf(source: string, pool: string): boolean {
  return source.split(' ')[0] === `nodePool/${pool}`
}

/** Whatever the entries of a spec can give. It is rarely asked, and there are many: the texts are only made to be compared. */
class SpecOrigins implements Origins {
  readonly #spec: Pick<DynamicDNSRecordSpec, 'addressFamilies' | 'hostnames'>
  readonly #setIds: readonly string[]

  constructor({ addressFamilies, hostnames }: DynamicDNSRecordSpec, sources: readonly Source[]) {
    this.#spec = { addressFamilies, hostnames }
    this.#setIds = sources.map(({ target }) => target)
  }

  has(origin: string): boolean {
    const { addressFamilies, hostnames } = this.#spec
    // A name to follow comes and goes with Services and priorities, so it is always among what an entry can give.
    const types = [...addressFamilies.map(typeOfFamily), 'CNAME' as const]
    const setIds = ['', ...this.#setIds]
    return hostnames.some((entry) =>
      types.some((type) => setIds.some((setId) => originText(entry, { type, setId }) === origin)),
    )
  }
}

function originText(entry: string, { type, setId }: Pick<RecordKey, 'type' | 'setId'>): string {
  return `${entry} ${type === 'ALIAS' ? 'CNAME' : type} ${setId}`
}
