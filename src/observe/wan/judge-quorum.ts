// Whether the answers so far settle the address. It looks at them as a set, so the order in which they came cannot matter.
import type { IpAddress } from '../../model/address.ts'
import type { SourceIdentity, SourceOutcome, UnknownReason } from './detection.ts'

export interface QuorumPolicy {
  /** How many operators must agree; at least 1. */
  readonly quorum: number
  readonly requireAuthenticated: boolean
}

export type Verdict =
  | {
      readonly kind: 'known'
      readonly address: IpAddress
      /** Another address was seen, and sources still to answer could give it a quorum too. */
      readonly contested: boolean
    }
  | { readonly kind: 'undecided' }
  | { readonly kind: 'unknown'; readonly reason: UnknownReason }

interface Support {
  readonly address: IpAddress
  readonly sources: readonly SourceIdentity[]
}

/** `pending` are the sources that may still answer. With none of them left the verdict is never undecided. */
export function judgeQuorum(
  policy: QuorumPolicy,
  outcomes: readonly SourceOutcome[],
  pending: readonly SourceIdentity[],
): Verdict {
  const supports = listSupports(outcomes)
  const agreed = supports.filter(({ sources }) => hasQuorum(policy, sources))
  if (agreed.length > 1) return { kind: 'unknown', reason: 'Conflict' }
  const [first] = agreed
  if (first !== undefined && suffices(policy, first.sources)) {
    const contested = supports.some((other) => other !== first && couldContest(policy, other, first, pending))
    return { kind: 'known', address: first.address, contested }
  }
  const reachable = [[], ...supports.map(({ sources }) => sources)]
  if (reachable.some((sources) => suffices(policy, [...sources, ...pending]))) return { kind: 'undecided' }
  return { kind: 'unknown', reason: deriveReason(outcomes, first !== undefined) }
}

/** The sources whose answers agree with an address. */
export function listAgreeing(outcomes: readonly SourceOutcome[], address: IpAddress): readonly SourceIdentity[] {
  return listSupports(outcomes).find((support) => support.address === address)?.sources ?? []
}

export function countOperators(sources: readonly SourceIdentity[]): number {
  return new Set(sources.map(({ operator }) => operator)).size
}

function listSupports(outcomes: readonly SourceOutcome[]): readonly Support[] {
  const byAddress = new Map<IpAddress, SourceIdentity[]>()
  for (const { source, result } of outcomes) {
    for (const address of result.kind === 'answered' ? new Set(result.addresses) : []) {
      const sources = byAddress.get(address)
      if (sources === undefined) byAddress.set(address, [source])
      else sources.push(source)
    }
  }
  return [...byAddress].map(([address, sources]) => ({ address, sources }))
}

function hasQuorum({ quorum }: QuorumPolicy, sources: readonly SourceIdentity[]): boolean {
  return countOperators(sources) >= quorum
}

function suffices(policy: QuorumPolicy, sources: readonly SourceIdentity[]): boolean {
  return hasQuorum(policy, sources) && (!policy.requireAuthenticated || sources.some((source) => source.authenticated))
}

/** An interface may have other addresses besides the agreed one; that is no disagreement. */
function couldContest(
  policy: QuorumPolicy,
  other: Support,
  agreed: Support,
  pending: readonly SourceIdentity[],
): boolean {
  const disagrees = other.sources.some((source) => !agreed.sources.includes(source))
  return disagrees && hasQuorum(policy, [...other.sources, ...pending])
}

function deriveReason(outcomes: readonly SourceOutcome[], hasAgreement: boolean): UnknownReason {
  if (hasAgreement) return 'NotAuthenticated'
  if (outcomes.some(({ result }) => result.kind === 'answered')) return 'NoQuorum'
  return outcomes.some(({ result }) => result.kind === 'refused') ? 'AddressRefused' : 'NoAnswer'
}
