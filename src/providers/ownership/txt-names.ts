// Where the ownership TXT of a record set lives: external-dns's naming, kept inside the zone.
import { isWithin, parseStoredName, type Fqdn } from '../../model/name.ts'
import type { RecordType } from '../../model/record-set.ts'

export interface TxtNaming {
  /** Put before the first label; `%{record_type}` stands for the type, which else comes right before the label. */
  readonly prefix: string
  /** Put after the first label. Prefix and suffix exclude each other. */
  readonly suffix: string
  /** Stands for a leading `*`, which most servers refuse inside a label; empty keeps the asterisk. */
  readonly wildcardReplacement: string
}

export const PLAIN_NAMING: TxtNaming = { prefix: '', suffix: '', wildcardReplacement: '_wildcard' }

const TYPE_SLOT = '%{record_type}'
/** At the apex a type prefix would leave the zone, so the marker stands below this label instead. */
const APEX_LABEL = '_stoa-apex'
/** The name that a wildcard's marker has belongs to the wildcard, so that of a host called so stands below this label. */
const LITERAL_LABEL = '_stoa-literal'

const MARKED_TYPES: readonly RecordType[] = ['A', 'AAAA', 'CNAME', 'TXT']
/** Stands for the label that is marked; no name and no prefix has it. */
const ANY_LABEL = ' '

/** Undefined when no name can be made that DNS allows. */
export function txtNameOf(name: Fqdn, type: RecordType, zone: Fqdn, naming: TxtNaming): Fqdn | undefined {
  const isLiteral = wildcardBeside(name, naming) !== undefined
  const candidate = parseStoredName(formatTxtName(isLiteral ? `${LITERAL_LABEL}.${name}` : name, type, naming))
  if (candidate !== undefined && candidate !== name && isWithin(candidate, zone)) return candidate
  return parseStoredName(formatTxtName(`${APEX_LABEL}.${name}`, type, naming))
}

/** Whether the marker of some record set would stand there. One that was written with another prefix or suffix does not. */
export function mayNameMarker(name: Fqdn, naming: TxtNaming): boolean {
  return MARKED_TYPES.some((type) => {
    const [before = '', after = ''] = formatTxtName(`${ANY_LABEL}.`, type, naming).split(ANY_LABEL)
    const end = name.indexOf(after, before.length)
    return name.startsWith(before) && end > before.length && !name.slice(before.length, end).includes('.')
  })
}

/** The wildcard for which the name of the host's marker would be taken, as other programs write it. */
export function wildcardBeside(name: Fqdn, { wildcardReplacement }: TxtNaming): Fqdn | undefined {
  const cut = name.indexOf('.')
  const isTaken = cut > 0 && name.slice(0, cut) === wildcardReplacement.toLowerCase()
  return isTaken ? parseStoredName(`*${name.slice(cut)}`) : undefined
}

/** The names that may hold the marker of a set written by other versions, in the order of trust. */
export function txtNamesToRead(name: Fqdn, type: RecordType, zone: Fqdn, naming: TxtNaming): readonly Fqdn[] {
  const current = txtNameOf(name, type, zone, naming)
  // Before types were part of the name one TXT spoke for the name itself, and an alias was marked as the CNAME it replaced.
  const untyped = type === 'AAAA' ? undefined : parseStoredName(formatUntypedName(name, naming))
  const aliased = type === 'A' || type === 'ALIAS' ? txtNameOf(name, 'CNAME', zone, naming) : undefined
  const starred = name.startsWith('*.')
    ? txtNameOf(name, type, zone, { ...naming, wildcardReplacement: '' })
    : undefined
  const shared =
    wildcardBeside(name, naming) === undefined ? undefined : parseStoredName(formatTxtName(name, type, naming))
  const found = [current, shared, untyped, aliased, starred].filter((candidate) => candidate !== undefined)
  return [...new Set(found)]
}

function formatTxtName(name: string, type: RecordType, naming: TxtNaming): string {
  const [label, rest] = splitFirstLabel(name, naming)
  // An alias answers with addresses, and is marked as such.
  const typeText = (type === 'ALIAS' ? 'A' : type).toLowerCase()
  const prefix = naming.prefix.toLowerCase()
  const suffix = naming.suffix.toLowerCase()
  const fill = (text: string): string => text.replaceAll(TYPE_SLOT, typeText)
  const typed = prefix.includes(TYPE_SLOT) || suffix.includes(TYPE_SLOT) ? label : `${typeText}-${label}`
  return `${fill(prefix)}${typed}${fill(suffix)}${rest}`
}

function formatUntypedName(name: string, naming: TxtNaming): string {
  const [label, rest] = splitFirstLabel(name, naming)
  const strip = (text: string): string => text.toLowerCase().replaceAll(TYPE_SLOT, '')
  return `${strip(naming.prefix)}${label}${strip(naming.suffix)}${rest}`
}

function splitFirstLabel(name: string, naming: TxtNaming): readonly [string, string] {
  const cut = name.indexOf('.')
  const first = cut < 0 ? name : name.slice(0, cut)
  const label = first === '*' && naming.wildcardReplacement !== '' ? naming.wildcardReplacement : first
  return [label, cut < 0 ? '' : name.slice(cut)]
}
