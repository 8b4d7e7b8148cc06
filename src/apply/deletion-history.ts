// What the guard remembers: what was deleted lately, also where the answer was lost, and what a person has agreed to.
import type { Fqdn } from '../model/name.ts'
import { excludesKey, keyText, type OwnerId, type StoredSet } from '../model/record-set.ts'
import { isOwnedBy } from '../model/owner.ts'
import type { ZoneView } from '../model/zone.ts'
import { pruneHistory, recordDeletion, type PastDeletion } from '../plan/judge-safety.ts'
import type { Change } from '../plan/plan.ts'
import type { ChangeOutcome } from '../providers/provider.ts'
import { UnfinishedApprovals, type DonePass } from './unfinished-approvals.ts'

/** As long as a window may be. */
const LONGEST_WINDOW_SECONDS = 86_400

export class DeletionHistory {
  readonly approvals = new UnfinishedApprovals()
  readonly #ownerId: OwnerId
  #past: readonly PastDeletion[] = []
  #open: readonly Change[] = []

  /** `remembered` is the last `total` of an earlier process. */
  constructor(ownerId: OwnerId, remembered?: PastDeletion) {
    this.#ownerId = ownerId
    if (remembered !== undefined) this.#past = [remembered]
  }

  /** All of it as one deletion at the time of the last. Undefined when there is nothing to remember. */
  get total(): PastDeletion | undefined {
    const last = this.#past.at(-1)
    if (last === undefined) return undefined
    const sets = this.#past.reduce((sum, past) => sum + past.sets, 0)
    return { at: last.at, sets, names: [...new Set(this.#past.flatMap(({ names }) => names))] }
  }

  within(now: number, windowSeconds: number): readonly PastDeletion[] {
    // The date may have been set back since.
    const past = this.#past.map((one) => (one.at > now ? { ...one, at: now } : one))
    this.#past = pruneHistory(past, now, windowSeconds)
    return this.#past
  }

  /** Nothing in it can count any more, whatever the window. */
  isOver(now: number): boolean {
    return this.#open.length === 0 && this.within(now, LONGEST_WINDOW_SECONDS).length === 0
  }

  /** In how many milliseconds the window leaves something behind. */
  nextSlideAfter(now: number, windowSeconds: number): number | undefined {
    const [oldest] = this.#past
    return oldest && oldest.at + windowSeconds * 1000 - now
  }

  /** Returns the approvals that the pass used up. What a person approved is no part of what the guard watches for. */
  note(pass: DonePass, now: number): readonly string[] {
    const outcomes = this.approvals.withoutApproved(pass.outcomes)
    const changesThatAre = (wanted: ChangeOutcome['kind']): readonly Change[] =>
      outcomes.filter(({ kind }) => kind === wanted).map(({ change }) => change)
    this.#add(changesThatAre('applied'), now)
    const doubtful = changesThatAre('unconfirmed').filter(({ kind }) => kind !== 'create')
    this.#open = [...this.#open, ...doubtful]
    return this.approvals.settle(pass)
  }

  /** The zone was read again: now it shows which of the unconfirmed changes were made, and where a set took the place of another. */
  settle(zone: ZoneView, now: number): void {
    const owned = (name: Fqdn): readonly StoredSet[] =>
      zone.atName(name).filter(({ values }) => values.some((one) => isOwnedBy(one, this.#ownerId)))
    const isDone = ({ key }: Change): boolean =>
      !owned(key.name).some((set) => keyText(set.key) === keyText(key) || excludesKey(set.key, key))
    const done = this.#open.filter(isDone)
    this.#open = []
    this.#add(done, now)
  }

  #add(changes: readonly Change[], now: number): void {
    const deletion = recordDeletion(changes, this.#ownerId, now)
    if (deletion !== undefined) this.#past = [...this.#past, deletion]
  }
}
