// What was deleted lately, for the guard's sliding window: also what was deleted although the answer was lost.
import type { OwnerId } from '../model/record-set.ts'
import { isOwnedBy } from '../model/owner.ts'
import type { ZoneView } from '../model/zone.ts'
import { pruneHistory, recordDeletion, type PastDeletion } from '../plan/judge-safety.ts'
import type { Change } from '../plan/plan.ts'
import type { ChangeOutcome } from '../providers/provider.ts'

export class DeletionHistory {
  readonly #ownerId: OwnerId
  #past: readonly PastDeletion[] = []
  #open: readonly Change[] = []

  constructor(ownerId: OwnerId) {
    this.#ownerId = ownerId
  }

  within(now: number, windowSeconds: number): readonly PastDeletion[] {
    this.#past = pruneHistory(this.#past, now, windowSeconds)
    return this.#past
  }

  /** When the window next leaves something behind. */
  nextSlideAt(windowSeconds: number): number | undefined {
    const [oldest] = this.#past
    return oldest && oldest.at + windowSeconds * 1000
  }

  note(outcomes: readonly ChangeOutcome[], now: number): void {
    const changesThatAre = (wanted: ChangeOutcome['kind']): readonly Change[] =>
      outcomes.filter(({ kind }) => kind === wanted).map(({ change }) => change)
    this.#add(changesThatAre('applied'), now)
    this.#open = [...this.#open, ...changesThatAre('unconfirmed')]
  }

  /** The zone was read again: now it shows which of the unconfirmed changes were made. */
  settle(zone: ZoneView, now: number): void {
    const done = this.#open.filter(
      ({ key }) => zone.get(key)?.values.some((one) => isOwnedBy(one, this.#ownerId)) !== true,
    )
    this.#open = []
    this.#add(done, now)
  }

  #add(changes: readonly Change[], now: number): void {
    const deletion = recordDeletion(changes, this.#ownerId, now)
    if (deletion !== undefined) this.#past = [...this.#past, deletion]
  }
}
