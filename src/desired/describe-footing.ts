// What the record sets of a resource rest on, so that plan modes can tell a change of members from a change of the spec.
import type { DynamicDNSRecordSpec } from '../api/generated/dynamic-dns-record.ts'
import { compareText, keyText, type RecordKey } from '../model/record-set.ts'
import type { EntryDecision } from './decide-entry.ts'
import { typeOfFamily } from './routing-sets.ts'
import { listValues, type Source } from './sources.ts'

/** In the words of `plan/`, which reads it. */
export interface Footing {
  /** By target. Another source under the same target means that the spec was edited. */
  readonly targets: ReadonlyMap<string, TargetFooting>
  /** By key text: what in the spec the record set comes from. */
  readonly origins: ReadonlyMap<string, string>
  /** Whatever the spec can give, whether it gives a record set at present or not. */
  readonly knownOrigins: ReadonlySet<string>
}

export interface TargetFooting {
  readonly source: string
  readonly values: ReadonlySet<string>
}

export interface FootingParts {
  readonly sources: readonly Source[]
  readonly entries: readonly EntryDecision[]
}

export function describeFooting(spec: DynamicDNSRecordSpec, { sources, entries }: FootingParts): Footing {
  const origins = new Map<string, string>()
  for (const { entry, chosen, pointers } of entries.toSorted((a, b) => compareText(b.entry, a.entry))) {
    for (const { place } of [...chosen, ...pointers]) origins.set(keyText(place.key), originText(entry, place.key))
  }
  return {
    targets: new Map(sources.map((source) => [source.target, describeTarget(source)])),
    origins,
    knownOrigins: new Set(spec.hostnames.flatMap((entry) => listOrigins(entry, spec, sources))),
  }
}

function describeTarget({ spec, content, recalled }: Source): TargetFooting {
  const source = JSON.stringify(Object.entries(spec).sort(([a], [b]) => compareText(a, b)))
  return { source, values: new Set([...listValues(content), ...recalled]) }
}

/** A name to follow comes and goes with Services and priorities, so it is always among what an entry can give. */
function listOrigins(entry: string, { addressFamilies }: DynamicDNSRecordSpec, sources: readonly Source[]): string[] {
  const types = [...addressFamilies.map(typeOfFamily), 'CNAME' as const]
  const setIds = ['', ...sources.map(({ target }) => target)]
  return types.flatMap((type) => setIds.map((setId) => originText(entry, { type, setId })))
}

function originText(entry: string, { type, setId }: Pick<RecordKey, 'type' | 'setId'>): string {
  return `${entry} ${type === 'ALIAS' ? 'CNAME' : type} ${setId}`
}
