// Expansion with what is recalled of targets: it goes on exactly where it is published, because nobody remembers what it stands for.
import type { IpAddress } from '../model/address.ts'
import type { Fqdn } from '../model/name.ts'
import {
  entryMatcher,
  expandHostname,
  isPerMember,
  type ExpandedName,
  type Expansion,
  type Share,
} from './expand-hostname.ts'
import type { LocatedSet, Published } from './published.ts'
import type { Source } from './sources.ts'

export function expandEntry(entry: string, sources: readonly Source[], published: Published): Expansion {
  const known = sources.flatMap(({ target, spec, content }) => (content === undefined ? [] : { target, spec, content }))
  const recalled = sources.filter((source) => source.recalled.size > 0 && canGive(entry, source))
  const expansion = expandHostname(entry, known)
  const names = recalled.flatMap((source) => recallNames(entry, source, published))
  return { ...expansion, names: [...expansion.names, ...names] }
}

/** Whether the target has a part in the names of the entry at all. */
export function canGive(entry: string, { spec }: Pick<Source, 'spec'>): boolean {
  return !isPerMember(entry) || spec.nodePool !== undefined
}

function recallNames(entry: string, source: Source, published: Published): readonly ExpandedName[] {
  const couldGive = entryMatcher(entry)
  const sets = published.sets.filter(({ key }) => couldGive(key.name))
  return sets
    .map((set) => ({ name: set.key.name, shares: recallShares(set, source) }))
    .filter(({ shares }) => shares.length > 0)
}

/** What is published was read as a name, or as an address, before it was written. */
function recallShares({ key, values }: LocatedSet, { target, spec, recalled }: Source): readonly Share[] {
  const own = key.setId === '' || key.setId === target ? values.filter((value) => recalled.has(value)) : []
  if (key.type === 'CNAME' || key.type === 'ALIAS') {
    return own.map((value) => ({ kind: 'hostname', target, spec, hostname: value as Fqdn }))
  }
  const member = { name: target, addresses: own as IpAddress[], standing: 'active', region: undefined } as const
  return own.length === 0 ? [] : [{ kind: 'addresses', target, spec, members: [member] }]
}
