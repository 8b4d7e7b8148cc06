// A target's contribution as DynamicDNSRecord.status.targets has it, and back: the memory of it that survives a restart.
import type { Target, TargetStatus } from '../api/generated/dynamic-dns-record.ts'
import { parseFqdn } from '../model/name.ts'
import type { ContributedMember, Contribution, MembersContent, TargetContent } from './contribution.ts'
import { parseAddresses } from './parse-addresses.ts'

/** As many addresses as status.targets takes. A list of this length may have been cut. */
export const MOST_STATUS_ADDRESSES = 1000

/** `source`: what the target stood for, where that is known. */
export function describeTarget(contribution: Contribution, source?: string): TargetStatus {
  const { target: name, kind, message } = contribution
  const content = kind === 'known' ? contribution.content : contribution.last
  return {
    name,
    ...(source !== undefined && { source }),
    known: kind === 'known',
    ...describeContent(content),
    ...(message !== undefined && { message }),
  }
}

/** The addresses of active members come first. Of a pool there are no others, because status has no room for each one's standing. */
function describeContent(content: TargetContent | undefined): Partial<TargetStatus> {
  if (content === undefined) return {}
  if (content.kind === 'hostname') return { hostname: content.hostname }
  const { members, source } = content
  return source === 'pool' ? describePool(members) : describeMembers(members, source)
}

/** One list of members serves every record that refers to the pool, and so does what status says of it. */
const known = new WeakMap<readonly ContributedMember[], Partial<TargetStatus>>()

function describePool(members: readonly ContributedMember[]): Partial<TargetStatus> {
  const described = known.get(members) ?? describeMembers(members, 'pool')
  known.set(members, described)
  return described
}

function describeMembers(
  members: readonly ContributedMember[],
  source: MembersContent['source'],
): Partial<TargetStatus> {
  const active = members.filter(({ standing }) => standing === 'active')
  const others = source === 'pool' ? [] : members.filter(({ standing }) => standing !== 'active')
  const addresses = [...active, ...others].flatMap((member) => member.addresses).slice(0, MOST_STATUS_ADDRESSES)
  return { addresses, healthy: active.length, total: members.length }
}

/**
 * What a target contributed before a restart. Undefined where its status does not tell it completely: the list may have been cut, or a
 * pool had members that were not active, or their names and regions count. An unknown target of which nothing is remembered takes
 * nothing away.
 */
export function lastContributionFromStatus(
  status: TargetStatus,
  target: Target,
  hostnames: readonly string[],
): TargetContent | undefined {
  const { hostname: text = '', addresses: texts = [], healthy, total } = status
  const hostname = parseFqdn(text)
  if (hostname !== undefined) return { kind: 'hostname', hostname }
  const { addresses, unparsable } = parseAddresses(texts)
  if (healthy === undefined || texts.length >= MOST_STATUS_ADDRESSES || unparsable.length > 0) return undefined

  const source = sourceOf(target)
  const isComplete =
    source === 'pool' ? healthy === total && !hostnames.some(hasPlaceholder) : addresses.length === total
  if (!isComplete) return undefined
  const members = addresses.map((address, index) => ({
    name: status.name,
    addresses: [address],
    standing: source === 'pool' || index < healthy ? ('active' as const) : ('unhealthy' as const),
    region: target.region,
  }))
  return { kind: 'members', source, members }
}

function sourceOf({ nodePool, wan, service }: Target): MembersContent['source'] {
  if (nodePool !== undefined) return 'pool'
  if (wan !== undefined) return 'wan'
  return service === undefined ? 'addresses' : 'service'
}

function hasPlaceholder(hostname: string): boolean {
  return hostname.includes('{')
}
