import { findCondition, removeCondition, setCondition, type Conditions, type Stamp } from '../api/conditions.ts'
import { commonStatus, ifChanged, type CommonStatus, type StatusHolder } from './next-status.ts'

/**
 * The status of an object whose spec says `suspend`: it speaks of the new generation once, and Ready stays what it was. Nothing is
 * under way and nothing is tried, so Reconciling and Stalled go.
 */
export function suspendStatus<Status extends CommonStatus>(
  object: StatusHolder<Status>,
  now: number,
): Status | undefined {
  const { status, metadata } = object
  const conditions = suspendConditions(status?.conditions ?? [], { generation: metadata.generation, now })
  // The rest of the previous status is of the same kind's type; only the common part is replaced.
  return ifChanged(status, { ...status, ...commonStatus(object, conditions) } as Status)
}

function suspendConditions(previous: Conditions, { generation, now }: Stamp): Conditions {
  const lasting = removeCondition(removeCondition(previous, 'Reconciling'), 'Stalled')
  const stamped = lasting.map((condition) => ({ ...condition, observedGeneration: generation }))
  const status = findCondition(previous, 'Ready')?.status ?? 'Unknown'
  const message = 'spec.suspend is true, so nothing is changed'
  return setCondition(
    stamped,
    { type: 'Ready', status, reason: 'Suspended', message, observedGeneration: generation },
    now,
  )
}
