// From one entry of spec.hostnames to names, each with what every target gives to it.
import type { Target } from '../api/generated/dynamic-dns-record.ts'
import type { RefusalReason } from '../model/intent.ts'
import { isWithin, parseFqdn, type Fqdn } from '../model/name.ts'
import { compareText } from '../model/record-set.ts'
import type { ContributedMember, TargetContent } from './contribution.ts'

/** A target and what it gives. */
export interface ExpansionSource {
  readonly target: string
  readonly spec: Target
  readonly content: TargetContent
}

/** What one target gives to one name. */
export type Share = AddressShare | HostnameShare

export interface AddressShare extends Pick<ExpansionSource, 'target' | 'spec'> {
  readonly kind: 'addresses'
  readonly members: readonly ContributedMember[]
}

export interface HostnameShare extends Pick<ExpansionSource, 'target' | 'spec'> {
  readonly kind: 'hostname'
  readonly hostname: Fqdn
}

export interface ExpandedName {
  readonly name: Fqdn
  readonly shares: readonly Share[]
}

/** One name that the entry would give and that cannot be. The others are not affected. */
interface ExpansionRefusal {
  readonly name: string
  readonly reason: RefusalReason
  readonly message: string
}

export interface Expansion {
  readonly entry: string
  readonly names: readonly ExpandedName[]
  readonly refusals: readonly ExpansionRefusal[]
}

const MEMBER = '{member}'
const REGION = '{region}'

function hasPlaceholder(entry: string): boolean {
  return entry.includes(MEMBER) || entry.includes(REGION)
}

/** Whether only the members of pools give to the names of the entry. */
export function isPerMember(entry: string): boolean {
  return entry.includes(MEMBER)
}

/** Whether the entry could once have given this name, under whatever members and regions there were. */
export function entryMatcher(entry: string): (name: Fqdn) => boolean {
  if (!hasPlaceholder(entry)) return (name) => name === entry
  const patterns = entry.split('.').map(splitLabel)
  return (name) => fitsLabels(patterns, name.split('.'))
}

/** Whether a name of the entry may lie in the zone, under whatever members and regions: a placeholder may stand in the zone's part too. */
export function mayLieWithin(entry: string, zone: Fqdn): boolean {
  if (!hasPlaceholder(entry)) return isWithin(entry, zone)
  const labels = zone.split('.')
  return fitsLabels(entry.split('.').slice(-labels.length).map(splitLabel), labels)
}

function splitLabel(label: string): readonly string[] {
  return label.split(/\{(?:member|region)\}/)
}

function fitsLabels(patterns: readonly (readonly string[])[], labels: readonly string[]): boolean {
  return patterns.every((parts, index) => fitsLabel(parts, labels[index])) && labels.length === patterns.length
}

/** Whether the label is these parts with something in each gap. No regular expression: many gaps would make it backtrack without end. */
function fitsLabel([first = '', ...rest]: readonly string[], label = ''): boolean {
  const last = rest.pop()
  if (last === undefined) return label === first
  let position = label.startsWith(first) ? first.length : Infinity
  for (const part of rest) {
    const found = label.indexOf(part, position + 1)
    position = found < 0 ? Infinity : found + part.length
  }
  return position < label.length - last.length && label.endsWith(last)
}

export function expandHostname(entry: string, sources: readonly ExpansionSource[]): Expansion {
  const byText = hasPlaceholder(entry)
    ? groupByText(sources.flatMap((source) => splitSource(entry, source)))
    : new Map([[entry, sources.map(wholeShare)]])
  const names: ExpandedName[] = []
  const refusals: ExpansionRefusal[] = []
  for (const [text, parts] of byText) {
    const name = parseFqdn(text)
    const members = [...new Set(parts.map(({ member }) => member))].filter((member) => member !== undefined)
    if (name === undefined) refusals.push(refuseInvalid(entry, text))
    else if (members.length > 1) refusals.push(refuseCollision(text, members))
    else names.push({ name, shares: parts.map(({ share }) => share) })
  }
  return { entry, names, refusals }
}

/** Names that come from several entries get what each of them gives. */
export function uniteNames(expansions: readonly Expansion[]): readonly ExpandedName[] {
  const shares = new Map<Fqdn, readonly Share[]>()
  for (const { names } of expansions) {
    for (const { name, shares: more } of names) shares.set(name, [...(shares.get(name) ?? []), ...more])
  }
  return [...shares].map(([name, united]) => ({ name, shares: united }))
}

/** What one target, or one member of it, gives to one name. */
interface Part {
  /** The member whose name is part of the name. */
  readonly member: string | undefined
  readonly share: Share
}

function wholeShare({ target, spec, content }: ExpansionSource): Part {
  const share: Share =
    content.kind === 'hostname'
      ? { kind: 'hostname', target, spec, hostname: content.hostname }
      : { kind: 'addresses', target, spec, members: content.members }
  return { member: undefined, share }
}

function groupByText(parts: readonly (readonly [string, Part])[]): ReadonlyMap<string, readonly Part[]> {
  const byText = new Map<string, Part[]>()
  for (const [text, part] of parts) {
    const same = byText.get(text)
    if (same === undefined) byText.set(text, [part])
    else same.push(part)
  }
  return byText
}

/** With {member} only the members of pools give names; with {region} only what is in a region. */
function splitSource(entry: string, source: ExpansionSource): readonly (readonly [string, Part])[] {
  const { content, target, spec } = source
  const byMember = isPerMember(entry)
  if (content.kind === 'hostname') {
    return byMember || spec.region === undefined ? [] : [[fillIn(entry, '', spec.region), wholeShare(source)]]
  }
  if (byMember && content.source !== 'pool') return []
  const needsRegion = entry.includes(REGION)
  return content.members
    .filter((member) => !needsRegion || member.region !== undefined)
    .map((member) => {
      const share: Share = { kind: 'addresses', target, spec, members: [member] }
      return [fillIn(entry, member.name, member.region ?? ''), { member: byMember ? member.name : undefined, share }]
    })
}

function fillIn(entry: string, member: string, region: string): string {
  return entry.replaceAll(MEMBER, foldLabel(member)).replaceAll(REGION, foldLabel(region))
}

function foldLabel(text: string): string {
  return text.toLowerCase().replaceAll('.', '-')
}

function refuseInvalid(entry: string, text: string): ExpansionRefusal {
  const message = `${entry} gives ${text}, which is no DNS name: labels have 1 to 63 letters, digits, hyphens and underscores, names at most 253`
  return { name: text, reason: 'InvalidName', message }
}

function refuseCollision(name: string, members: readonly string[]): ExpansionRefusal {
  const both = members.toSorted(compareText).join(' and ')
  return { name, reason: 'MemberNameCollision', message: `members ${both} would both be ${name}: rename one of them` }
}
