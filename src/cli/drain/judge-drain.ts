// How far a node is on its way out of DNS, or back, as the pools that select it tell. Pure.
import { matchesSelector } from '../../api/label-selector.ts'
import type { NodeObject } from '../../api/node.ts'
import { refOf, type TypedObject } from '../remote/typed-object.ts'

export interface PoolVerdict {
  /** `infra/edge` */
  readonly pool: string
  readonly done: boolean
  /** Why it is done or not. */
  readonly message: string
}

type NodePool = TypedObject<'NodePool'>

export function selectPools(pools: readonly NodePool[], { labels }: NodeObject): readonly NodePool[] {
  return pools.filter(({ spec }) => matchesSelector(spec.selector, labels))
}

/** It may go from a pool once the pool says since when no resolver should know it. `now` in milliseconds since the epoch. */
export function judgeDrained(pool: NodePool, node: string, now: number): PoolVerdict {
  const ref = refOf(pool)
  const entry = pool.status.inactive?.find(({ name }) => name === node)
  const waits = (message: string): PoolVerdict => ({ pool: ref, done: false, message })
  if (entry === undefined) return waits('the pool still counts it as active')
  const { state, safeToRemoveAt } = entry
  if (safeToRemoveAt === undefined) {
    const remedy = 'a record that uses the pool is held, suspended, failing, or keeps it as the last address'
    return waits(`${state}, but its removal is not confirmed for every record: if it stays so, ${remedy}`)
  }
  if (Date.parse(safeToRemoveAt) > now) return waits(`out of DNS; resolvers may know it until ${safeToRemoveAt}`)
  return { pool: ref, done: true, message: `no resolver should know it since ${safeToRemoveAt}` }
}

export function judgeReturned(pool: NodePool, node: string): PoolVerdict {
  const entry = pool.status.inactive?.find(({ name }) => name === node)
  if (entry === undefined) return { pool: refOf(pool), done: true, message: 'it is active again' }
  const { state, reason } = entry
  return { pool: refOf(pool), done: false, message: `${state}${reason === undefined ? '' : ` (${reason})`}` }
}
