// PowerDNS's record sets and ours: absolute names with a dot, quoted TXT, comments per set (one of them may be our marker).
import { parseStoredName } from '../../model/name.ts'
import { compareText, type RecordType } from '../../model/record-set.ts'
import type { RawChange, RawSet } from '../raw-zone.ts'
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
const TYPES: ReadonlySet<string> = new Set<RecordType>(['A', 'AAAA', 'ALIAS', 'CNAME', 'TXT'])

export interface HeldPowerDnsSet {
  readonly set: RawSet
  readonly otherComments: readonly PowerDnsComment[]
}

export function parsePowerDnsSet(stored: PowerDnsSet): HeldPowerDnsSet | undefined {
  const name = parseStoredName(stored.name)
  if (name === undefined || !TYPES.has(stored.type)) return undefined
  const type = stored.type as RecordType
  const values = stored.records
    .filter(({ disabled }) => disabled !== true)
    .map(({ content }) => parseContent(type, content))
    .sort(compareText)
  const comments = stored.comments ?? []
  const note = comments.find(({ account }) => account === ACCOUNT)?.content
  return {
    set: { key: { name, type, setId: '' }, values, ttl: stored.ttl, routing: undefined, options: undefined, note },
    otherComments: comments
      .filter(({ account }) => account !== ACCOUNT)
      .map(({ content, account }) => ({ content, account })),
  }
}

export function formatPowerDnsChange({ key, next }: RawChange, otherComments: readonly PowerDnsComment[]): unknown {
  const address = { name: `${key.name}.`, type: key.type }
  if (next === undefined) return { ...address, changetype: 'DELETE' }
  const own = next.note === undefined ? [] : [{ content: next.note, account: ACCOUNT }]
  return {
    ...address,
    changetype: 'REPLACE',
    ttl: next.ttl,
    records: next.values.map((value) => ({ content: formatContent(key.type, value), disabled: false })),
    comments: [...otherComments, ...own],
  }
}

function parseContent(type: RecordType, content: string): string {
  if (type === 'TXT') return parseQuotedText(content)
  return type === 'CNAME' || type === 'ALIAS' ? content.toLowerCase().replace(/\.$/, '') : content
}

function formatContent(type: RecordType, value: string): string {
  if (type === 'TXT') return quoteText(value)
  return type === 'CNAME' || type === 'ALIAS' ? `${value}.` : value
}
