// How far a generation of a record has been carried out: what approvals, plan modes and adoption ask of the generations before.
import { isByPolicy } from './record-issues.ts'
import type { KeyResult, RecordResults } from './record-results.ts'

/**
 * - Pending: changes wait, failed or were not tried yet, or a name has no place.
 * - Done: no change is left to do, but a target is unknown or a set refused, so there will be more.
 * - InFull: nothing will be left to do until the world or the spec changes.
 */
export type Progress = 'Pending' | 'Done' | 'InFull'

export function judgeProgress({ object, error, run }: RecordResults): Progress {
  const isLeaving = object.metadata.deletionTimestamp !== undefined
  if (isLeaving || error !== undefined || run === undefined || run.plan !== undefined) return 'Pending'
  if (!run.outcomes.every(({ result }) => isSettled(result))) return 'Pending'
  // A name without a place has not been carried out at all: once it has one, that is no matter of membership.
  if (run.refusals.some((refusal) => !isByPolicy(refusal))) return 'Pending'
  const ofKeys = run.outcomes.flatMap(({ result }) => (result.kind === 'refused' ? [result.refusal] : []))
  const isRefused = ofKeys.some((refusal) => !isByPolicy(refusal))
  return isRefused || run.unknownTargets.length > 0 ? 'Done' : 'InFull'
}

function isSettled({ kind }: KeyResult): boolean {
  return kind === 'insync' || kind === 'applied' || kind === 'refused'
}
