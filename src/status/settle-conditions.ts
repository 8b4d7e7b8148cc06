// From what is wrong, if anything, to Ready, Reconciling and Stalled, so that kstatus and Argo CD read the truth at every moment.
import {
  findCondition,
  removeCondition,
  setCondition,
  summarizeReady,
  type Conditions,
  type ConditionType,
  type Stamp,
  type ReadySummary,
} from '../api/conditions.ts'
import type { StatusCondition } from '../api/generated/dynamic-dns-record.ts'
import type { Reason } from '../api/reasons.ts'
import { countOf } from '../model/text.ts'
import type { Outcome } from './error-to-outcome.ts'
import { LONGEST_MESSAGE, trimAtWord } from './stable-message.ts'

/** From worst to mildest. */
const SEVERITIES = ['terminal', 'waiting', 'transient', 'unknown', 'progressing'] as const
export type Severity = (typeof SEVERITIES)[number]

/** One reason why an object is not as wanted. */
export interface Issue {
  readonly severity: Severity
  readonly reason: Reason
  readonly message: string
}

/** A condition beside Ready, Reconciling and Stalled. One that speaks of trouble is left out while there is none. */
export interface Aspect {
  readonly type: ConditionType
  readonly status: StatusCondition['status']
  readonly reason: Reason
  readonly message: string
}

export interface ConditionsInput {
  readonly previous: Conditions
  readonly stamp: Stamp
  readonly issues: readonly Issue[]
  readonly aspects: readonly Aspect[]
  /** What Ready says when there is no issue. */
  readonly success: string
  /** Not Ready for so long is Stalled too. Undefined: never. */
  readonly progressDeadlineSeconds: number | undefined
}

const KINDS: Readonly<Record<Severity, ReadySummary['kind']>> = {
  terminal: 'stalled',
  waiting: 'retrying',
  transient: 'retrying',
  unknown: 'progressing',
  progressing: 'progressing',
}

/**
 * | worst issue          | Ready   | Reconciling          | Stalled                                                     |
 * |----------------------|---------|----------------------|-------------------------------------------------------------|
 * | none                 | True    |                      |                                                             |
 * | terminal             | False   |                      | True, the same reason                                       |
 * | waiting, transient   | False   | ProgressingWithRetry | past the deadline, instead of Reconciling:                  |
 * | unknown, progressing | Unknown | Progressing          | ProgressDeadlineExceeded, and Ready is False                |
 */
export function settleConditions(input: ConditionsInput): Conditions {
  const { stamp, aspects, previous } = input
  const aspectTypes = new Set<string>(aspects.map(({ type }) => type))
  const kept = previous.filter(({ type }) => SUMMARY.has(type) || aspectTypes.has(type))
  const withAspects = aspects.reduce<Conditions>(
    (list, aspect) => setCondition(list, { ...aspect, observedGeneration: stamp.generation }, stamp.now),
    restartWait(kept, stamp),
  )
  const issue = worstIssue(input.issues)
  if (issue === undefined) {
    return summarizeReady(withAspects, { kind: 'ready', reason: 'Succeeded', message: input.success }, stamp)
  }
  const summary: ReadySummary = { kind: KINDS[issue.severity], reason: issue.reason, message: issue.message }
  if (summary.kind === 'stalled' || !isPastDeadline(input)) return summarizeReady(withAspects, summary, stamp)
  return giveUpWaiting(withAspects, summary, input)
}

const SUMMARY: ReadonlySet<string> = new Set<ConditionType>(['Ready', 'Reconciling', 'Stalled'])

/** When the wait that the conditions speak of is to be called Stalled, in milliseconds since the epoch. */
export function progressDeadlineAt(list: Conditions, generation: number, deadlineSeconds: number): number | undefined {
  const since = findCondition(list, 'Reconciling')
  if (since?.observedGeneration !== generation) return undefined
  return Date.parse(since.lastTransitionTime) + deadlineSeconds * 1000
}

export function issueFrom({ reason, message, next }: Outcome): Issue {
  return { severity: next.kind, reason, message }
}

/** The first of the worst, and how many others say something else. What is merely under way is no problem beside one. */
export function worstIssue(issues: readonly Issue[]): Issue | undefined {
  const worst = issues.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))[0]
  if (worst === undefined) return undefined
  const isUnderWay = worst.severity === 'progressing'
  const alike = issues.filter(({ severity }) => isUnderWay || severity !== 'progressing')
  const others = new Set(alike.map(({ message }) => message)).size - 1
  if (others === 0) return worst
  const count = ` (and ${countOf(others, isUnderWay ? 'more change' : 'more problem')})`
  return { ...worst, message: trimAtWord(worst.message, LONGEST_MESSAGE - count.length) + count }
}

/** A new generation begins a wait of its own. */
function restartWait(list: Conditions, { generation }: Stamp): Conditions {
  const waiting = findCondition(list, 'Reconciling')
  return waiting?.observedGeneration === generation ? list : removeCondition(list, 'Reconciling')
}

/** Since when we wait is all that is ever read from our own conditions: a restart must not begin the wait anew. */
function isPastDeadline({ previous, stamp, progressDeadlineSeconds }: ConditionsInput): boolean {
  if (progressDeadlineSeconds === undefined) return false
  const stalled = findCondition(previous, 'Stalled')
  if (stalled?.reason === 'ProgressDeadlineExceeded' && stalled.observedGeneration === stamp.generation) return true
  const deadline = progressDeadlineAt(previous, stamp.generation, progressDeadlineSeconds)
  return deadline !== undefined && stamp.now >= deadline
}

/** A Stalled that is there already stays since when it was: else each look would have a status of its own to write. */
function giveUpWaiting(list: Conditions, { reason, message }: ReadySummary, { stamp }: ConditionsInput): Conditions {
  return setCondition(
    summarizeReady(list, { kind: 'stalled', reason, message }, stamp),
    {
      type: 'Stalled',
      status: 'True',
      reason: 'ProgressDeadlineExceeded',
      message: `not ready for longer than spec.progressDeadlineSeconds, still trying: ${message}`,
      observedGeneration: stamp.generation,
    },
    stamp.now,
  )
}
