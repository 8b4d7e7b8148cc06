import type { Conditions } from '../api/conditions.ts'
import { commonStatus, ifChanged, type CommonStatus, type StatusHolder } from './next-status.ts'
import { settleConditions } from './settle-conditions.ts'
import { stableMessage } from './stable-message.ts'

/** The status of an object of which no valid version is known: what it said of the world stays, and a person has to act. */
export function deriveInvalidStatus<Status extends CommonStatus & { readonly conditions?: Conditions }>(
  object: StatusHolder<Status>,
  problem: string,
  now: number,
): Status | undefined {
  const { metadata, status } = object
  const conditions = settleConditions({
    previous: status?.conditions ?? [],
    stamp: { generation: metadata.generation, now },
    issues: [{ severity: 'terminal', reason: 'InvalidSpec', message: stableMessage(problem) }],
    aspects: [],
    success: '',
    progressDeadlineSeconds: undefined,
  })
  // The rest of the previous status is of the same kind's type; only the common part is replaced.
  return ifChanged(status, { ...status, ...commonStatus(object, conditions) } as Status)
}
