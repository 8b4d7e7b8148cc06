// DNSEndpoint objects and our sets: one object of ours per name, with a mark for each of its types in an annotation. Pure.
import { shortHash } from '../../model/hash.ts'
import type { Fqdn } from '../../model/name.ts'
import { compareText, keyText, type RecordKey } from '../../model/record-set.ts'
import { parseQuotedText } from '../../wire/txt-text.ts'
import { endpointFromSet, parseEndpoint, quoteWhole, setFromEndpoint, type Endpoint } from '../external-dns/endpoint.ts'
import type { RawChange, RawSet } from '../raw-zone.ts'
import type { DnsEndpointObject } from './resource-writer.ts'

const MANAGED_BY = 'app.kubernetes.io/managed-by'
const MANAGER = 'stoa'
const LONGEST_READABLE = 200

/** Names of objects allow less than names in DNS: the hash tells apart what would look the same. */
export function objectNameOf(name: Fqdn): string {
  const readable = name.replace(/[^a-z0-9]+/g, '-').slice(0, LONGEST_READABLE)
  return `stoa-${readable.replace(/^-|-$/g, '')}-${shortHash(name)}`
}

export function isMadeByStoa({ metadata }: DnsEndpointObject): boolean {
  return metadata.labels?.[MANAGED_BY] === MANAGER
}

/** One of ours that speaks of another name than its own was copied or edited by somebody. */
export function isOwnObject(object: DnsEndpointObject, name: Fqdn): boolean {
  return isMadeByStoa(object) && object.metadata.name === objectNameOf(name)
}

/** The sets in an object, those of the same key joined; marks count in objects of ours only. */
export function setsOf(object: DnsEndpointObject): readonly RawSet[] {
  const sets = new Map<string, RawSet>()
  for (const endpoint of endpointsOf(object)) {
    const set = setFromEndpoint(endpoint)
    if (set === undefined) continue
    const text = keyText(set.key)
    const other = sets.get(text)?.values ?? []
    const note = isOwnObject(object, set.key.name) ? object.metadata.annotations?.[markOf(set.key)] : undefined
    sets.set(text, { ...set, values: [...new Set([...other, ...set.values])].sort(compareText), note })
  }
  return [...sets.values()]
}

/** The object with some of its sets changed, and all else as it was; undefined when nothing would be left in it. */
export function changeObject(
  present: DnsEndpointObject | undefined,
  namespace: string,
  changes: readonly RawChange[],
): DnsEndpointObject | undefined {
  const [first] = changes
  if (first === undefined) return present
  const changed = new Set(changes.map(({ key }) => keyText(key)))
  const kept = endpointsOf(present).filter((endpoint) => {
    const set = setFromEndpoint(endpoint)
    return set === undefined || !changed.has(keyText(set.key))
  })
  const added = changes.flatMap(({ next }) => (next === undefined ? [] : [endpointFromSet(next, formatText)]))
  if (kept.length + added.length === 0) return undefined
  const metadata = present?.metadata ?? { name: objectNameOf(first.key.name), namespace }
  const labels = { ...metadata.labels, [MANAGED_BY]: MANAGER }
  const annotations = annotate(metadata.annotations ?? {}, changes)
  return {
    ...present,
    metadata: { ...metadata, labels, annotations },
    spec: { ...present?.spec, endpoints: [...kept, ...added] },
  }
}

function annotate(
  present: Readonly<Record<string, string>>,
  changes: readonly RawChange[],
): Readonly<Record<string, string>> {
  const marks = new Map(changes.map(({ key, next }) => [markOf(key), next?.note]))
  const kept = Object.entries(present).filter(([name]) => !marks.has(name))
  const written = [...marks].filter((mark): mark is [string, string] => mark[1] !== undefined)
  return Object.fromEntries([...kept, ...written])
}

function markOf({ type }: RecordKey): string {
  return `dns.stoa.dev/owner-${type.toLowerCase()}`
}

function endpointsOf(object: DnsEndpointObject | undefined): readonly Endpoint[] {
  return (object?.spec?.endpoints ?? []).flatMap((endpoint) => parseEndpoint(endpoint) ?? [])
}

/** Text goes in bare; what looks like quoted text is quoted once more, so that it reads back as it is. */
function formatText(text: string): string {
  return parseQuotedText(text) === text ? text : quoteWhole(text)
}
