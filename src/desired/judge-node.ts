// What a node or host is to a pool, as far as it does not depend on the time: a pure function of the object and the pool's spec, so
// that the answer may be kept for as long as both are the same.
import type { AddressSource, Host, NodePoolSpec } from '../api/generated/node-pool.ts'
import type { NodeObject } from '../api/node.ts'
import type { IpAddress } from '../model/address.ts'
import { compareText } from '../model/record-set.ts'
import { listSome } from '../model/text.ts'
import { describeDrain } from './drain-rules.ts'
import { toInstant } from './instant.ts'
import { labelValue, matchesSelector } from '../api/label-selector.ts'
import { describeSource, findNodeAddresses, type NodeAddresses } from './node-addresses.ts'
import { parseAddresses } from './parse-addresses.ts'

export interface JudgedNode {
  readonly name: string
  readonly addresses: readonly IpAddress[]
  /** What its address sources have that is no address. */
  readonly unparsable: readonly string[]
  /** Why it has no address, where it has none. */
  readonly noAddress: string
  readonly region: string | undefined
  /** Undefined for hosts. */
  readonly createdAt: number | undefined
  /** Why it is about to go. */
  readonly draining: string | undefined
  readonly readiness: Readiness
  readonly cordoned: boolean
}

export type Readiness =
  | { readonly state: 'Ready' }
  | {
      readonly state: 'NotReady' | 'Unreachable'
      readonly reason: string
      /** Undefined: it does not say. */
      readonly since: number | undefined
    }

export type MembershipSpec = Pick<
  NodePoolSpec,
  'selector' | 'addressSources' | 'allowNonGlobalAddresses' | 'hosts' | 'drain' | 'minMembers'
>

const REGION_LABEL = 'topology.kubernetes.io/region'
const MOST_PROBLEMS = 3

/** The pool's nodes and hosts, by name. A host hides a node of the same name, because it is what somebody wrote for this pool. */
export function judgeNodes(spec: MembershipSpec, nodes: Iterable<NodeObject>): readonly JudgedNode[] {
  const judged = new Map<string, JudgedNode>()
  for (const node of nodes) {
    const member = judgeNode(spec, node)
    if (member !== undefined) judged.set(node.name, member)
  }
  for (const host of spec.hosts ?? []) judged.set(host.name, judgeHost(host))
  return [...judged.values()].sort((a, b) => compareText(a.name, b.name))
}

/** Undefined when the pool's selector does not choose the node. */
export function judgeNode(spec: MembershipSpec, node: NodeObject): JudgedNode | undefined {
  if (!matchesSelector(spec.selector, node.labels)) return undefined
  const found = findNodeAddresses(node, spec.addressSources, spec.allowNonGlobalAddresses)
  return {
    name: node.name,
    addresses: found.addresses,
    unparsable: found.unparsable,
    noAddress: describeAbsence(found, spec.addressSources),
    region: labelValue(node.labels, REGION_LABEL),
    createdAt: toInstant(node.creationTimestamp),
    draining: describeDrain(node, spec.drain.rules),
    readiness: judgeReadiness(node),
    cordoned: node.unschedulable,
  }
}

export function judgeHost({ name, addresses: texts, region, drain }: Host): JudgedNode {
  const { addresses, unparsable } = parseAddresses(texts)
  return {
    name,
    addresses,
    unparsable,
    noAddress: 'none of its addresses in hosts is an IP address',
    region,
    createdAt: undefined,
    draining: drain === true ? 'drain is true in hosts' : undefined,
    readiness: { state: 'Ready' },
    cordoned: false,
  }
}

function describeAbsence({ refused, unparsable }: NodeAddresses, sources: readonly AddressSource[]): string {
  if (refused.length > 0) {
    const listed = listSome(refused, MOST_PROBLEMS)
    return `no globally reachable address: ${listed}; set allowNonGlobalAddresses if it should be published`
  }
  if (unparsable.length > 0) return `no IP address: ${listSome(unparsable, MOST_PROBLEMS)}`
  return `no address in ${sources.map(describeSource).join(', ')}`
}

/** A node that has not reported yet is unreachable. */
function judgeReadiness({ ready, creationTimestamp }: NodeObject): Readiness {
  if (ready === undefined) {
    return { state: 'Unreachable', reason: 'the node has not reported yet', since: toInstant(creationTimestamp) }
  }
  const since = toInstant(ready.lastTransitionTime)
  switch (ready.status) {
    case 'True':
      return { state: 'Ready' }
    case 'False':
      return { state: 'NotReady', reason: 'Ready is False', since }
    case 'Unknown':
      return { state: 'Unreachable', reason: 'Ready is Unknown: the node has stopped reporting', since }
  }
}
