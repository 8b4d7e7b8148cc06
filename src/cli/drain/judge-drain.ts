// How far a node is on its way out of DNS, or back, as the pools that select it tell. Pure.
import type { InactiveMember } from '../../api/generated/node-pool.ts'
import { DRAIN_ANNOTATION } from '../../api/kinds.ts'
import { matchesSelector } from '../../api/label-selector.ts'
import type { NodeObject } from '../../api/node.ts'
import { formatCount } from '../../model/text.ts'
import type { PrintCommand } from '../remote/printed-commands.ts'
import { refOf, type TypedObject } from '../remote/typed-object.ts'

export interface PoolVerdict {
  /** `infra/edge` */
  readonly pool: string
  readonly done: boolean
  /** Why it is done or not. */
  readonly message: string
  /** It has left the pool, and a record that uses the pool has not confirmed that. */
  readonly isUnconfirmed: boolean
}

type NodePool = TypedObject<'NodePool'>

export function selectPools(pools: readonly NodePool[], { labels }: NodeObject): readonly NodePool[] {
  return pools.filter(({ spec }) => matchesSelector(spec.selector, labels))
}

/** It may go from a pool once the pool says since when no resolver should know it. `now` in milliseconds since the epoch. */
export function judgeDrained(pool: NodePool, node: string, now: number, print: PrintCommand): PoolVerdict {
  const waits = (message: string): PoolVerdict => verdict(pool, false, message)
  if (pool.spec.hosts?.some(({ name }) => name === node) === true) {
    return waits('its spec.hosts has a host of that name, which stands before the Node: write drain: true there')
  }
  const entry = findEntry(pool, node)
  const remedy = describeRemedy(print)
  if (entry === undefined) {
    const hidden = countHidden(pool)
    return waits(
      hidden === 0 ? `the pool still counts it as active: ${remedy}` : `${describeHidden(hidden)}: ${remedy}`,
    )
  }
  const { state, safeToRemoveAt } = entry
  // What was found before it was to leave does not count: it may have been about to return.
  if (state !== 'Draining') return waits(`${state}, and the pool has not heard of the drain yet: ${remedy}`)
  if (safeToRemoveAt === undefined) {
    return { ...waits('Draining, but its removal is not confirmed for every record yet'), isUnconfirmed: true }
  }
  if (Date.parse(safeToRemoveAt) > now) return waits(`out of DNS; resolvers may know it until ${safeToRemoveAt}`)
  return verdict(pool, true, `no resolver should know it since ${safeToRemoveAt}`)
}

export function judgeReturned(pool: NodePool, node: string, print: PrintCommand): PoolVerdict {
  const entry = findEntry(pool, node)
  if (entry !== undefined) return verdict(pool, false, describeStay(entry, print))
  const hidden = countHidden(pool)
  return verdict(pool, true, hidden === 0 ? 'it is active again' : `it is draining no more; ${describeHidden(hidden)}`)
}

/** Whoever waits to be readmitted keeps the reason it left for, which may be the very drain that is over. */
function describeStay({ state, reason = '' }: InactiveMember, print: PrintCommand): string {
  if (state === 'Readmitting')
    return 'it is fine again, and comes back once it has been so for spec.drain.readmitSeconds'
  if (state === 'Draining' && reason.includes(DRAIN_ANNOTATION)) {
    return `Draining, and the pool has not heard yet that it need not: ${describeRemedy(print)}`
  }
  return `${state}${reason === '' ? '' : ` (${reason})`}`
}

function describeRemedy(print: PrintCommand): string {
  return `if it stays so, see whether a controller is working: ${print('doctor')}`
}

function verdict(pool: NodePool, done: boolean, message: string): PoolVerdict {
  return { pool: refOf(pool), done, message, isUnconfirmed: false }
}

function findEntry({ status }: NodePool, node: string): InactiveMember | undefined {
  return status.inactive?.find(({ name }) => name === node)
}

/** How many members that are out the status has no room for. */
function countHidden({ status: { members, inactive = [] } }: NodePool): number {
  return members === undefined ? 0 : Math.max(0, members.total - members.active - inactive.length)
}

function describeHidden(count: number): string {
  return `its status does not name ${formatCount(count)} of the members that are out`
}
