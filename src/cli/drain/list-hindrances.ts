// Which records keep it from being confirmed that a member of a pool is out of DNS, as their statuses tell it. Pure.
import { isSourceOf } from '../../desired/describe-footing.ts'
import { formatCount } from '../../model/text.ts'
import { conditionOf, refOf, type TypedObject } from '../remote/typed-object.ts'
import { describeReady } from '../status/common-links.ts'

type DynamicDNSRecord = TypedObject<'DynamicDNSRecord'>

const MOST_NAMED = 5

/** One line each. `pool` as `infra/edge`. */
export function listHindrances(pool: string, records: readonly DynamicDNSRecord[]): readonly string[] {
  const hindrances = records.flatMap((record) => {
    const why = usesPool(record, pool) ? describeHindrance(record) : undefined
    return why === undefined ? [] : [`waits for DynamicDNSRecord ${refOf(record)}: ${why}`]
  })
  const more = hindrances.length - MOST_NAMED
  if (more <= 0) return hindrances
  return [...hindrances.slice(0, MOST_NAMED), `waits for ${formatCount(more)} more that use the pool`]
}

/** By what it asks for, or by what it rested on when its status was written. */
function usesPool({ spec, status, metadata }: DynamicDNSRecord, pool: string): boolean {
  const asked = spec.targets?.some(({ nodePool }) => {
    return nodePool !== undefined && `${nodePool.namespace ?? metadata.namespace}/${nodePool.name}` === pool
  })
  return asked === true || status.targets?.some(({ source = '' }) => isSourceOf(source, pool)) === true
}

function describeHindrance(record: DynamicDNSRecord): string | undefined {
  if (record.spec.suspend === true) return 'spec.suspend is true, so nothing is changed'
  const ready = conditionOf(record, 'Ready')
  if (ready === undefined) return 'no controller has looked at it yet'
  return ready.status === 'True' ? undefined : `${describeReady(ready)}: ${ready.message}`
}
