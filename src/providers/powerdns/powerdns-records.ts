// PowerDNS's record sets and ours: absolute names with a dot, quoted TXT, comments per set (one of them may be our marker).
import { parseIpAddress } from '../../model/address.ts'
import { parseStoredName } from '../../model/name.ts'
import { compareText, type RecordKey, type RecordType } from '../../model/record-set.ts'
import type { ZoneCut } from '../../model/zone.ts'
import type { Neighbour } from '../neighbours.ts'
import type { RawChange, RawSet } from '../raw-zone.ts'
import { readCut } from '../zone-cuts.ts'
import { parseQuotedText, quoteText } from '../../wire/txt-text.ts'

export interface PowerDnsSet {
  readonly name: string
  readonly type: string
  readonly ttl: number
  readonly records: readonly { readonly content: string; readonly disabled?: boolean }[]
  readonly comments?: readonly PowerDnsComment[]
}

export interface PowerDnsComment {
  readonly content: string
  readonly account: string
}

/** Comments with this account are ours; those of others are written back as they were. */
const ACCOUNT = 'stoa'
/** RFC 4035 §2.5. */
const BESIDE_ANYTHING: ReadonlySet<string> = new Set(['NSEC', 'RRSIG'])
const TYPES: ReadonlySet<string> = new Set<RecordType>(['A', 'AAAA', 'ALIAS', 'CNAME', 'TXT'])

/** What stands in a set beside what is ours to write: it is written back as it was. */
export interface Bystanders {
  readonly comments: readonly PowerDnsComment[]
  /** Contents that somebody switched off, and may want to switch on again. */
  readonly disabled: readonly string[]
}

export interface HeldPowerDnsSet {
  readonly key: RecordKey
  /** Undefined where nothing of it is served. */
  readonly set: RawSet | undefined
  readonly bystanders: Bystanders
}

export const NO_BYSTANDERS: Bystanders = { comments: [], disabled: [] }

export function parsePowerDnsSet(stored: PowerDnsSet): HeldPowerDnsSet | undefined {
  const name = parseStoredName(stored.name)
  if (name === undefined || !TYPES.has(stored.type)) return undefined
  const type = stored.type as RecordType
  const key: RecordKey = { name, type, setId: '' }
  const values = stored.records
    .filter(({ disabled }) => disabled !== true)
    .map(({ content }) => parseContent(type, content))
    .sort(compareText)
  const comments = stored.comments ?? []
  const note = comments.find(({ account }) => account === ACCOUNT)?.content
  const set = { key, values, ttl: stored.ttl, routing: undefined, options: undefined, note }
  const bystanders = {
    comments: comments
      .filter(({ account }) => account !== ACCOUNT)
      .map(({ content, account }) => ({ content, account })),
    disabled: stored.records.filter(({ disabled }) => disabled === true).map(({ content }) => content),
  }
  return { key, set: values.length === 0 ? undefined : set, bystanders }
}

/** A set of a type that is none of ours, if it excludes a CNAME. */
export function parsePowerDnsNeighbour({ name, type, records }: PowerDnsSet): Neighbour | undefined {
  const stored = parseStoredName(name)
  const isServed = records.some(({ disabled }) => disabled !== true)
  if (stored === undefined || TYPES.has(type) || BESIDE_ANYTHING.has(type) || !isServed) return undefined
  return { name: stored, type }
}

export function parsePowerDnsCut({ name, type, records }: PowerDnsSet): readonly ZoneCut[] {
  const served = records.filter(({ disabled }) => disabled !== true).map(({ content }) => content)
  return served.length === 0 ? [] : readCut(parseStoredName(name), type, served)
}

export function formatPowerDnsChange(change: RawChange, { comments, disabled }: Bystanders): unknown {
  const { key, previous, next } = change
  const address = { name: `${key.name}.`, type: key.type }
  if (next === undefined && disabled.length === 0) return { ...address, changetype: 'DELETE' }
  const contents = (next?.values ?? []).map((value) => formatContent(key.type, value))
  return {
    ...address,
    changetype: 'REPLACE',
    ttl: next?.ttl ?? previous?.ttl,
    // PowerDNS holds a content once: what is switched on is no longer switched off.
    records: [
      ...contents.map((content) => ({ content, disabled: false })),
      ...disabled.filter((content) => !contents.includes(content)).map((content) => ({ content, disabled: true })),
    ],
    ...formatComments(change, comments),
  }
}

/** Some backends keep no comments, and refuse even an empty list of them. Without a list, what is there stays. */
function formatComments(
  { previous, next }: RawChange,
  others: readonly PowerDnsComment[],
): Pick<PowerDnsSet, 'comments'> {
  const own = next?.note === undefined ? [] : [{ content: next.note, account: ACCOUNT }]
  const comments = [...others, ...own]
  return comments.length > 0 || previous?.note !== undefined ? { comments } : {}
}

function parseContent(type: RecordType, content: string): string {
  if (type === 'TXT') return parseQuotedText(content)
  if (type === 'CNAME' || type === 'ALIAS') return content.toLowerCase().replace(/\.$/, '')
  return parseIpAddress(content) ?? content
}

function formatContent(type: RecordType, value: string): string {
  if (type === 'TXT') return quoteText(value)
  return type === 'CNAME' || type === 'ALIAS' ? `${value}.` : value
}
