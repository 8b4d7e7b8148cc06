// Where the targets of a record look things up when nobody looks at the world: what manifests say is taken as written, and what only the
// world could say is a symbol.
import type { NodePool, WANAddress } from '../api/kinds.ts'
import type { NodeObject } from '../api/node.ts'
import type { AddressFamily } from '../model/address.ts'
import { listPoolMembers, type ObservedPool } from './contribute-pool.ts'
import type { Sources } from './contribute-target.ts'
import type { ObservedWan } from './contribute-wan.ts'
import type { ContributedMember } from './contribution.ts'
import { judgeNodes } from './judge-node.ts'
import { judgeMembership } from './membership.ts'
import { NOTHING_REMEMBERED } from './membership-memory.ts'
import type { SymbolicAddresses, SymbolSource } from './symbolic-addresses.ts'
import type { Lookup, ReferenceTo } from './target-context.ts'

export interface WrittenObjects {
  pool(reference: ReferenceTo): NodePool | undefined
  wan(reference: ReferenceTo): WANAddress | undefined
  /** Nodes that are written down. Without any, the nodes are a cluster's, and not known. */
  readonly nodes: readonly NodeObject[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

const FAMILIES: readonly AddressFamily[] = ['IPv4', 'IPv6']

/** What is not among the objects is presumed to be elsewhere, and to let everybody refer to it; `onMissing` hears of it. */
export function createSymbolicSources(
  objects: WrittenObjects,
  symbols: SymbolicAddresses,
  onMissing: (source: SymbolSource) => void,
): Sources {
  const pools = new Map<NodePool, ObservedPool>()
  return {
    pool: (reference) => {
      const source = sourceOf('NodePool', reference)
      const pool = objects.pool(reference)
      if (pool === undefined) {
        onMissing(source)
        const members = [standIn(source, symbols)]
        return found({ allowedNamespaces: { from: 'All' }, members, message: undefined })
      }
      const observed = pools.get(pool) ?? observePool(pool, objects, symbols)
      pools.set(pool, observed)
      return found(observed)
    },
    wan: (reference) => {
      const source = sourceOf('WANAddress', reference)
      const wan = objects.wan(reference)
      if (wan === undefined) onMissing(source)
      return found(observeWan(wan, (family) => symbols.addressOf(source, family)))
    },
    service: (reference) => {
      const source = sourceOf('Service', reference)
      const ingress = FAMILIES.map((family) => ({ ip: symbols.addressOf(source, family) }))
      return found({ ...reference, ingress })
    },
  }
}

function found<Found>(value: Found): Lookup<Found> {
  return { kind: 'found', found: value }
}

function sourceOf(kind: SymbolSource['kind'], { namespace, name }: ReferenceTo): SymbolSource {
  return { kind, namespace, name }
}

function observeWan(
  wan: WANAddress | undefined,
  addressOf: (family: AddressFamily) => ReturnType<SymbolicAddresses['addressOf']>,
): ObservedWan {
  const families = wan?.spec.addressFamilies ?? FAMILIES
  const detections = families.map((family) => [family, { kind: 'known', address: addressOf(family) }] as const)
  return { allowedNamespaces: wan?.spec.allowedNamespaces ?? { from: 'All' }, detections: new Map(detections) }
}

/** Hosts are always known; of nodes those that are written down, if any are. */
function observePool(
  { metadata, spec }: NodePool,
  { nodes, now }: WrittenObjects,
  symbols: SymbolicAddresses,
): ObservedPool {
  const judged = judgeNodes(spec, nodes)
  const membership = judgeMembership({ spec, judged, health: undefined, memory: NOTHING_REMEMBERED, now })
  const known = listPoolMembers(membership)
  const isOpen = spec.selector !== undefined && nodes.length === 0
  const source = sourceOf('NodePool', metadata)
  const members = isOpen ? [...known, standIn(source, symbols)] : known
  return { allowedNamespaces: spec.allowedNamespaces, members, message: undefined }
}

function standIn(source: SymbolSource, symbols: SymbolicAddresses): ContributedMember {
  const addresses = FAMILIES.map((family) => symbols.addressOf(source, family))
  return { name: symbols.memberName(source), addresses, standing: 'active', region: undefined }
}
