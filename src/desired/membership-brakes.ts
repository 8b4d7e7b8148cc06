// The brakes on a pool: who stays in DNS although readiness, health or cordon would take it out.
import { compareText } from '../model/record-set.ts'
import type { MemberVerdict } from './member-verdict.ts'
import type { OutState } from './membership-memory.ts'

export type Brake = 'maxUnavailablePercent' | 'minMembers'

export interface BrakeLimits {
  readonly maxUnavailablePercent: number
  readonly minMembers: number
}

/** Who comes back first, by state. A state that is not listed is out whatever the brakes say. */
type ReturnRanks = Readonly<Partial<Record<OutState, number>>>

const UNAVAILABLE: ReturnRanks = { Readmitting: 0, Unhealthy: 2, NotReady: 2, Unreachable: 2 }
const RESERVE: ReturnRanks = { Readmitting: 0, Cordoned: 2, Unhealthy: 3, NotReady: 4, Unreachable: 4 }
const LINGERING_RANK = 1
const JOINING_RANK = 5

/**
 * Each member that is kept in, with the brake that keeps it. Taints, deletions and missing addresses are never braked.
 *
 * - maxUnavailablePercent: of the members with an address that are not draining, only so many may be out for readiness or health, or
 *   waiting to return. Those that wait come back first, then those that are out only because they were, then those that have been
 *   failing for the shortest time. One that nobody has ever seen in DNS counts, and does not come.
 * - minMembers: while fewer are in, readiness, health and cordon give members back: those that wait or are out only because they were,
 *   then cordoned, unhealthy and unready ones; those that have never been fit come last.
 */
export function applyBrakes(verdicts: readonly MemberVerdict[], limits: BrakeLimits): ReadonlyMap<string, Brake> {
  const heldIn = new Map<string, Brake>()
  const counted = verdicts.filter(
    ({ out, joining }) => !joining && out?.state !== 'Draining' && out?.state !== 'NoAddress',
  )
  const unavailable = listReturning(
    counted.filter(({ cordoned }) => !cordoned),
    UNAVAILABLE,
  )
  const excess = unavailable.length - quotaOf(counted.length, limits.maxUnavailablePercent)
  const tried = unavailable.filter(({ untried }) => !untried)
  for (const { node } of tried.slice(0, Math.max(0, excess))) heldIn.set(node.name, 'maxUnavailablePercent')

  const isIn = ({ node, out }: MemberVerdict): boolean => out === undefined || heldIn.has(node.name)
  const missing = limits.minMembers - verdicts.filter(isIn).length
  const reserve = listReturning(
    verdicts.filter((verdict) => !isIn(verdict)),
    RESERVE,
  )
  for (const { node } of reserve.slice(0, Math.max(0, missing))) heldIn.set(node.name, 'minMembers')
  return heldIn
}

/** How many of so many members may be out: rounded down, but at least one of two or more. */
function quotaOf(members: number, maxUnavailablePercent: number): number {
  return Math.max(members >= 2 ? 1 : 0, Math.floor((members * maxUnavailablePercent) / 100))
}

/** The members that a brake may call back, whoever returns first first: long fine before lately fine, lately failed before long failing. */
function listReturning(verdicts: readonly MemberVerdict[], ranks: ReturnRanks): readonly MemberVerdict[] {
  const returning = verdicts.flatMap((verdict) => {
    const { out } = verdict
    const rank = out && ranks[out.state]
    if (out === undefined || rank === undefined) return []
    return [{ verdict, rank: rankReturn(rank, verdict), order: rank === 0 ? out.since : -out.since }]
  })
  returning.sort(
    (a, b) => a.rank - b.rank || a.order - b.order || compareText(b.verdict.node.name, a.verdict.node.name),
  )
  return returning.map(({ verdict }) => verdict)
}

function rankReturn(rank: number, { joining, untried, lingering }: MemberVerdict): number {
  if (joining || untried) return JOINING_RANK
  return lingering ? Math.min(rank, LINGERING_RANK) : rank
}
