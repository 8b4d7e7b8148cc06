// What a person has let through the guard and is not done yet: what is left of it needs no other approval.
import type { Fqdn } from '../model/name.ts'
import { partOf } from '../plan/hash-plan.ts'
import type { ApprovedDeletions } from '../plan/judge-safety.ts'
import type { Change } from '../plan/plan.ts'
import type { ChangeOutcome } from '../providers/provider.ts'
import { listUndone } from './change-outcomes.ts'

export interface DonePass {
  /** The names looked at; undefined when all were. */
  readonly names: readonly Fqdn[] | undefined
  /** All that was to change at them, whether a brake let it pass or not. */
  readonly wanted: readonly Change[]
  readonly outcomes: readonly ChangeOutcome[]
}

export class UnfinishedApprovals {
  #approvals: readonly ApprovedDeletions[] = []

  /** An approval whose hash is no longer among these has been taken back, or was used up. */
  within(approvedHashes: readonly string[]): readonly Change[] {
    this.#approvals = this.#approvals.filter(({ hash }) => approvedHashes.includes(hash))
    return this.#approvals.flatMap(({ changes }) => changes)
  }

  begin(approval: ApprovedDeletions): void {
    this.#approvals = [...this.#approvals, approval]
  }

  /** Those of the outcomes that rest on no approval. */
  withoutApproved(outcomes: readonly ChangeOutcome[]): readonly ChangeOutcome[] {
    const changes = outcomes.map(({ change }) => change)
    const approved = new Set(
      partOf(
        changes,
        this.#approvals.flatMap((approval) => approval.changes),
      ),
    )
    return outcomes.filter(({ change }) => !approved.has(change))
  }

  /** Returns the hashes of the approvals of which nothing is left: what they let through is done, or no longer wanted. */
  settle({ names, wanted, outcomes }: DonePass): readonly string[] {
    if (this.#approvals.length === 0) return []
    const undone = listUndone(wanted, outcomes)
    const looked = names && new Set(names)
    const left = this.#approvals.map(({ hash, changes }) => {
      const unseen = changes.filter(({ key }) => looked?.has(key.name) === false)
      return { hash, changes: [...unseen, ...partOf(changes, undone)] }
    })
    this.#approvals = left.filter(({ changes }) => changes.length > 0)
    return left.filter(({ changes }) => changes.length === 0).map(({ hash }) => hash)
  }
}
