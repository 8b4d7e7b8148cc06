// What is wrong with a record, in the order of its results, and the conditions that speak of parts of it.
import { toReason, type Reason } from '../api/reasons.ts'
import type { Refusal, RefusalReason } from '../model/intent.ts'
import { describeKey } from '../model/record-set.ts'
import { countOf } from '../model/text.ts'
import { errorToOutcome, refusalToOutcome } from './error-to-outcome.ts'
import type { KeyOutcome, RecordResults, RecordRun } from './record-results.ts'
import { issueFrom, worstIssue, type Aspect, type Issue } from './settle-conditions.ts'
import { stableMessage } from './stable-message.ts'

export interface RecordIssues {
  readonly all: readonly Issue[]
  readonly aspects: readonly Aspect[]
}

export function findRecordIssues({ object, error, run }: RecordResults): RecordIssues {
  const ofError = error === undefined ? [] : [issueFrom(errorToOutcome(error))]
  const deleting = object.metadata.deletionTimestamp !== undefined
  const ofDeletion = deleting ? [issue('progressing', 'Deleting', 'the record sets are being removed')] : []
  if (run === undefined) return { all: [...ofError, ...ofDeletion], aspects: ofError.flatMap(notFoundOut) }
  const ofKeys = [...run.refusals.flatMap(refusalIssue), ...listUnexplained(run).flatMap(keyIssue)]
  const ofTargets = run.unknownTargets.map(({ reason, message }) => issue('unknown', toReason(reason), message))
  const ofFloor = run.shortfall === undefined ? [] : [issue('waiting', 'BelowMinimum', run.shortfall)]
  return {
    all: [...ofError, ...ofKeys, ...ofFloor, ...ofTargets, ...ofDeletion],
    aspects: [
      describeTargets(run, ofTargets),
      describeProgress(run, [...ofError, ...ofKeys]),
      ...describeConflicts(run),
    ],
  }
}

function notFoundOut({ reason, message }: Issue): readonly Aspect[] {
  return (['AddressesResolved', 'Programmed'] as const).map((type) => ({ type, status: 'Unknown', reason, message }))
}

/** What stays although it is not wanted is no trouble where the spec says so. */
export function isByPolicy({ reason }: Refusal): boolean {
  return reason === 'PolicyForbidsDelete'
}

function refusalIssue(refusal: Refusal): readonly Issue[] {
  return isByPolicy(refusal) ? [] : [issueFrom(refusalToOutcome(refusal))]
}

/** A name that is hidden where it is, and is to move, has that move for a remedy: its approval is what is missing. */
function listUnexplained({ refusals, outcomes }: RecordRun): readonly KeyOutcome[] {
  const moving = new Set(refusals.flatMap(({ reason, name }) => (reason === 'MoveHeld' ? name : [])))
  const isHidden = ({ result }: KeyOutcome): boolean =>
    result.kind === 'refused' && result.refusal.reason === 'Occluded'
  return outcomes.filter((outcome) => !(moving.has(outcome.key.name) && isHidden(outcome)))
}

function keyIssue({ key, result }: KeyOutcome): readonly Issue[] {
  switch (result.kind) {
    case 'insync':
    case 'applied':
      return []
    case 'skipped':
      return [issue('progressing', 'Progressing', `${describeKey(key)} is about to change`)]
    case 'held':
      return [issue('waiting', toReason(result.reason), result.message)]
    case 'refused':
      return refusalIssue(result.refusal)
    case 'failed':
      return [issueFrom(errorToOutcome(result.error))]
    case 'unconfirmed': {
      const { message } = errorToOutcome(result.error)
      return [issue('transient', 'Unconfirmed', `could not confirm the change of ${describeKey(key)}: ${message}`)]
    }
  }
}

function describeTargets({ targets }: RecordRun, issues: readonly Issue[]): Aspect {
  const type = 'AddressesResolved'
  const worst = worstIssue(issues)
  if (worst !== undefined) return { type, status: 'False', reason: worst.reason, message: worst.message }
  return { type, status: 'True', reason: 'Succeeded', message: `${countOf(targets.length, 'target')} known` }
}

function describeProgress({ outcomes }: RecordRun, issues: readonly Issue[]): Aspect {
  const type = 'Programmed'
  const worst = worstIssue(issues)
  if (worst !== undefined) return { type, status: 'False', reason: worst.reason, message: worst.message }
  return { type, status: 'True', reason: 'Succeeded', message: `${countOf(outcomes.length, 'record set')} programmed` }
}

const CONFLICTS: readonly RefusalReason[] = ['CNAMEConflict', 'Conflicted', 'NotOwned']

function describeConflicts({ outcomes, refusals }: RecordRun): readonly Aspect[] {
  const ofKeys = outcomes.flatMap(({ result }) => (result.kind === 'refused' ? [result.refusal] : []))
  const conflicts = [...refusals, ...ofKeys].filter(({ reason }) => CONFLICTS.includes(reason))
  const worst = worstIssue(conflicts.flatMap(refusalIssue))
  return worst === undefined
    ? []
    : [{ type: 'Conflicted', status: 'True', reason: worst.reason, message: worst.message }]
}

function issue(severity: Issue['severity'], reason: Reason, message: string): Issue {
  return { severity, reason, message: stableMessage(message) }
}
