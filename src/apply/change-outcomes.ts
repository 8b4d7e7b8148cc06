// What became of changes, and what that says of them.
import type { Change } from '../plan/plan.ts'
import type { ChangeOutcome } from '../providers/provider.ts'

export type Failure = Extract<ChangeOutcome, { kind: 'failed' }>
/** What may be kept from being done by another change of its batch. */
export type Suspect = Extract<ChangeOutcome, { kind: 'failed' | 'outdated' }>

/** Said of the credentials or the zone, and so of every call: no change is to blame, and asking again would only repeat it. */
const CONCERNS_ALL: ReadonlySet<string> = new Set(['CredentialsInvalid', 'ZoneNotFound'])

/** What is refused alone is refused for itself. */
export function blame(outcome: ChangeOutcome): ChangeOutcome {
  return isRefused(outcome) ? { ...outcome, scope: 'Change' } : outcome
}

export function changeOf({ change }: ChangeOutcome): Change {
  return change
}

export function isApplied({ kind }: ChangeOutcome): boolean {
  return kind === 'applied'
}

export function isRefused(outcome: ChangeOutcome): outcome is Failure {
  return outcome.kind === 'failed' && outcome.error.kind === 'terminal'
}

/** With others, and nobody knows which of them is to blame. */
export function isRefusedTogether(outcome: ChangeOutcome): boolean {
  return isRefused(outcome) && outcome.scope === 'Batch'
}

export function isOutdated(outcome: ChangeOutcome): outcome is Extract<ChangeOutcome, { kind: 'outdated' }> {
  return outcome.kind === 'outdated'
}

export function isSuspect(outcome: ChangeOutcome): outcome is Suspect {
  return isRefused(outcome) || isOutdated(outcome)
}

export function concernsAll(outcome: ChangeOutcome): boolean {
  return isRefused(outcome) && CONCERNS_ALL.has(outcome.error.reason)
}

export function isBlocking(outcome: ChangeOutcome): boolean {
  if (outcome.kind === 'unconfirmed' || concernsAll(outcome)) return true
  return outcome.kind === 'failed' && outcome.error.kind !== 'terminal'
}

export function listUndone(changes: readonly Change[], outcomes: readonly ChangeOutcome[]): readonly Change[] {
  const done = new Set(outcomes.filter(isApplied).map(changeOf))
  return changes.filter((change) => !done.has(change))
}
