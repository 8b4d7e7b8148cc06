// Which targets are published: all of them, or with Failover those of one priority.
import type { DynamicDNSRecordSpec } from '../api/generated/dynamic-dns-record.ts'
import { familyOf, type AddressFamily } from '../model/address.ts'
import { chooseGroup, type FailoverMemory, type Group, type GroupChoice } from './choose-group.ts'
import type { Source } from './sources.ts'

export interface Selection {
  readonly sources: readonly Source[]
  /** What of them, in the words of the failover table. */
  readonly publish: GroupChoice['publish']
  readonly memory: FailoverMemory | undefined
  readonly nextChangeAt: number | undefined
  readonly message: string | undefined
}

export interface SelectionContext {
  /** Something of the record is in DNS, or may be. */
  readonly isPublished: boolean
  readonly memory: FailoverMemory | undefined
  readonly now: number
}

export function selectTargets(
  { routing, minAddresses, addressFamilies }: DynamicDNSRecordSpec,
  sources: readonly Source[],
  context: SelectionContext,
): Selection {
  if (routing.policy !== 'Failover') {
    return { sources, publish: 'active', memory: undefined, nextChangeAt: undefined, message: undefined }
  }
  const byPriority = new Map<number, Source[]>()
  for (const source of sources) {
    const priority = priorityOf(source)
    byPriority.set(priority, [...(byPriority.get(priority) ?? []), source])
  }
  const groups = [...byPriority].map(([priority, members]) => countGroup(priority, members, addressFamilies))
  const { failbackSeconds } = routing
  const choice = chooseGroup({ ...context, groups, minAddresses, failbackSeconds })
  const chosen = groups.find(({ priority }) => priority === choice.group)
  // What is not known of the group may be what it was kept for.
  const isDoubtful =
    chosen?.unknown === true && chosen.healthy < Math.max(1, minAddresses) && choice.publish === 'active'
  return {
    ...choice,
    publish: isDoubtful ? 'kept' : choice.publish,
    sources: sources.filter((source) => priorityOf(source) === choice.group),
  }
}

function priorityOf({ spec: { priority = 1 } }: Source): number {
  return priority
}

/**
 * Addresses are counted, as by the floor, in the family that has the most of them: which addresses are of one member is not remembered
 * across a restart.
 */
function countGroup(priority: number, sources: readonly Source[], families: readonly AddressFamily[]): Group {
  const counts = families.map((family) => sources.map((source) => countAddresses(source, family)))
  return {
    priority,
    healthy: Math.max(...counts.map((ofFamily) => ofFamily.reduce((sum, { healthy }) => sum + healthy, 0))),
    size: Math.max(...counts.map((ofFamily) => ofFamily.reduce((sum, { size }) => sum + size, 0))),
    unknown: sources.some(({ content }) => content === undefined),
  }
}

function countAddresses({ content, recalled }: Source, family: AddressFamily): Pick<Group, 'healthy' | 'size'> {
  if (content === undefined) return { healthy: 0, size: recalled.size }
  if (content.kind === 'hostname') return { healthy: 1, size: 1 }
  let healthy = 0
  let size = 0
  for (const { addresses, standing } of content.members) {
    const count = addresses.filter((address) => familyOf(address) === family).length
    size += count
    if (standing === 'active') healthy += count
  }
  return { healthy, size }
}
