// Cloudflare's records and ours. Theirs hold one value each; a record set of ours is all of a name and type.
import { parseIpAddress } from '../../model/address.ts'
import type { Fqdn } from '../../model/name.ts'
import { parseStoredName } from '../../model/name.ts'
import {
  compareText,
  keyText,
  type OwnedValue,
  type Owner,
  type OwnerId,
  type RecordType,
  type StoredSet,
} from '../../model/record-set.ts'
import { formatNativeMarker, parseNativeMarker } from '../ownership/native-marker.ts'
import { parseQuotedText, quoteText } from '../../wire/txt-text.ts'

export interface CloudflareRecord {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly content: string
  readonly ttl: number
  readonly proxied?: boolean
  readonly comment?: string | null
}

/** A record before it has an id, or what one is patched to. */
export type RecordBody = Omit<CloudflareRecord, 'id'>

/** One value of a set with the record that holds it. */
export interface HeldValue {
  readonly id: string
  readonly body: RecordBody
  /** As its comment says. */
  readonly owner: Owner | undefined
}

export interface HeldSet {
  readonly set: StoredSet
  readonly held: ReadonlyMap<string, HeldValue>
}

/** What Cloudflare calls "automatic", and the only TTL of a proxied record. */
const AUTOMATIC_TTL = 1

const TYPES: ReadonlySet<string> = new Set<RecordType>(['A', 'AAAA', 'CNAME', 'TXT'])

/** `ourId` is the owner id whose marks are ours. */
export function groupRecords(records: readonly CloudflareRecord[], ourId: OwnerId): readonly HeldSet[] {
  const groups = new Map<string, { name: Fqdn; type: RecordType; records: CloudflareRecord[] }>()
  for (const record of records) {
    const name = parseStoredName(record.name)
    if (name === undefined || !TYPES.has(record.type)) continue
    const type = record.type as RecordType
    const text = keyText({ name, type, setId: '' })
    const group = groups.get(text) ?? { name, type, records: [] }
    group.records.push(record)
    groups.set(text, group)
  }
  return [...groups.values()].map(({ name, type, records: own }) => holdSet(name, type, own, ourId))
}

function holdSet(name: Fqdn, type: RecordType, records: readonly CloudflareRecord[], ourId: OwnerId): HeldSet {
  const held = new Map<string, HeldValue>()
  for (const { id, ...body } of records) {
    held.set(valueOf(type, body.content), { id, body, owner: parseNativeMarker(body.comment ?? '', ourId) })
  }
  const values = [...held]
    .map(([value, { owner }]): OwnedValue => ({ value, owner }))
    .sort((a, b) => compareText(a.value, b.value))
  // Where records of one name disagree, ours speak for the set; the others are not ours to level.
  const speaker = records.find(({ comment }) => parseNativeMarker(comment ?? '') !== undefined) ?? records[0]
  const options = speaker?.proxied === true ? { proxied: true } : undefined
  const set: StoredSet = {
    key: { name, type, setId: '' },
    values,
    ttl: speaker?.ttl ?? AUTOMATIC_TTL,
    routing: undefined,
    options,
  }
  return { set, held }
}

export function bodyOf(set: StoredSet, value: string, owner: Owner | undefined): RecordBody {
  const { name, type } = set.key
  return {
    name,
    type: type === 'ALIAS' ? 'CNAME' : type,
    content: type === 'TXT' ? quoteText(value) : value,
    ttl: set.ttl,
    ...(type === 'TXT' ? {} : { proxied: set.options?.['proxied'] === true }),
    comment: owner === undefined ? '' : formatNativeMarker(owner),
  }
}

export function sameBody(a: RecordBody, b: RecordBody): boolean {
  const text = (body: RecordBody): string =>
    JSON.stringify([body.content, body.ttl, body.proxied ?? false, body.comment ?? ''])
  return text(a) === text(b)
}

export function normaliseSet(set: StoredSet): StoredSet {
  const proxied = set.options?.['proxied'] === true && set.key.type !== 'TXT'
  return { ...set, ttl: proxied ? AUTOMATIC_TTL : set.ttl, options: proxied ? { proxied: true } : undefined }
}

function valueOf(type: RecordType, content: string): string {
  if (type === 'TXT') return parseQuotedText(content)
  return type === 'CNAME' ? content.toLowerCase().replace(/\.$/, '') : (parseIpAddress(content) ?? content)
}
