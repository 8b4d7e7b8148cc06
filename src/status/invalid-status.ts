import { CONDITIONS, type Conditions, type ConditionType } from '../api/conditions.ts'
import type { KindName } from '../api/kinds.ts'
import { commonStatus, ifChanged, type CommonStatus, type StatusHolder } from './next-status.ts'
import { settleConditions, type Aspect } from './settle-conditions.ts'
import { stableMessage } from './stable-message.ts'

/** The status of an object of which no valid version is known: what it said of the world stays, and a person has to act. */
export function deriveInvalidStatus<Status extends CommonStatus & { readonly conditions?: Conditions }>(
  object: StatusHolder<Status> & { readonly kind: KindName },
  problem: string,
  now: number,
): Status | undefined {
  const { metadata, status } = object
  const issue = { reason: 'InvalidSpec', message: stableMessage(problem) } as const
  const conditions = settleConditions({
    previous: status?.conditions ?? [],
    stamp: { generation: metadata.generation, now },
    issues: [{ severity: 'terminal', ...issue }],
    aspects: listAspects(object.kind).map((type): Aspect => ({ type, status: 'Unknown', ...issue })),
    success: '',
    progressDeadlineSeconds: undefined,
  })
  // The rest of the previous status is of the same kind's type; only the common part is replaced.
  return ifChanged(status, { ...status, ...commonStatus(object, conditions) } as Status)
}

/** What is always told of a kind, beside Ready. */
function listAspects(kind: KindName): readonly ConditionType[] {
  // The keys of a table of ours.
  const types = Object.keys(CONDITIONS) as readonly ConditionType[]
  return types.filter((type) => {
    const { kinds, onlyWhileTrue } = CONDITIONS[type]
    return type !== 'Ready' && onlyWhileTrue !== true && kinds.includes(kind)
  })
}
