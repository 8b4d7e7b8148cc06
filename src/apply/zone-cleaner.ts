// What is left in a zone although nobody wants it: orphans, which go with an approval, and marks of ours whose set is gone.
import type { Clock } from '../model/clock.ts'
import type { Fqdn } from '../model/name.ts'
import { keyText, type OwnerId, type RecordKey } from '../model/record-set.ts'
import { findOrphans, planPrune, type Orphans } from '../plan/orphans.ts'
import type { Change } from '../plan/plan.ts'
import type { ChangeOutcome, ZoneSession } from '../providers/provider.ts'
import { TERMINAL_RETRY_MS } from './back-off.ts'
import { carryOut } from './carry-out.ts'
import { isApplied, isRefused } from './change-outcomes.ts'
import type { ZoneWriter } from './rested-writes.ts'
import type { ZoneContent } from './zone-content.ts'
import type { ZoneWishes } from './zone-pass.ts'

/** There should be none at all. Where there are many, the zone's own work comes in between. */
const MOST_STRAYS = 20

export interface ZoneCleanerOptions {
  readonly session: ZoneSession
  readonly writer: ZoneWriter
  readonly ownerId: OwnerId
  readonly wishes: ZoneWishes
  readonly clock: Clock
}

export interface Pruned {
  /** Of the list that is gone, or of which some is. */
  readonly hash: string | undefined
  readonly outcomes: readonly ChangeOutcome[]
  /** The whole zone was read for it. */
  readonly isAllRead: boolean
}

export const NOTHING_PRUNED: Pruned = { hash: undefined, outcomes: [], isAllRead: false }

export class ZoneCleaner {
  readonly #options: ZoneCleanerOptions
  readonly #content: ZoneContent
  /** Where there were orphans when they were last counted. */
  #orphanNames: ReadonlySet<Fqdn> = new Set()
  /** By the key of a stray mark whose delete failed: when it may be tried again, by the monotonic clock. */
  readonly #restingUntil = new Map<string, number>()
  /** The list of orphans of which nothing could be removed, and when that may be tried again. */
  #restingList: { readonly hash: string; readonly until: number } | undefined

  constructor(options: ZoneCleanerOptions, content: ZoneContent) {
    this.#options = options
    this.#content = content
  }

  /**
   * To be called after each look at these names, or at all. Undefined where they say nothing new of orphans: there is none among them,
   * and was none.
   */
  countOrphans(names: readonly Fqdn[] | undefined): Orphans | undefined {
    if (names?.some((name) => this.#orphanNames.has(name)) === false && this.#findOrphans(names)?.count === 0)
      return undefined
    const orphans = this.#findOrphans()
    this.#orphanNames = new Set(orphans?.keys.map(({ name }) => name))
    return orphans
  }

  /** Undefined until the zone was read. */
  #findOrphans(names?: readonly Fqdn[]): Orphans | undefined {
    const { wishes, ownerId } = this.#options
    const { table } = this.#content
    if (table === undefined) return undefined
    const sets = names === undefined ? table.all() : names.flatMap((name) => table.atName(name))
    return findOrphans(sets, ownerId, wishes.isClaimed.bind(wishes))
  }

  /** Removes the orphans whose list a person has approved. What only a person can put right rests, unless another try is asked for. */
  async prune(isAsked: boolean, stopping: AbortSignal): Promise<Pruned> {
    const { session, writer } = this.#options
    const listed = this.#approvedOrphans()
    if (listed === undefined || (!isAsked && this.#rests(listed))) return NOTHING_PRUNED
    const isAllRead = session.comparesAndSwaps ? false : await this.#lookOnceMore(listed, stopping)
    // Whatever is there now in place of it is another list, of which a person has not heard yet.
    const orphans = isAllRead === undefined ? undefined : this.#approvedOrphans()
    const prune = orphans && planPrune(orphans, orphans.hash)
    const outcomes = prune?.kind === 'approved' ? await carryOut(writer, prune.changes, stopping) : []
    this.#content.learn(outcomes, stopping)
    if (outcomes.some(isRefused)) {
      this.#restingList = { hash: listed.hash, until: this.#options.clock.monotonicNow() + TERMINAL_RETRY_MS }
    }
    return { hash: outcomes.some(isApplied) ? orphans?.hash : undefined, outcomes, isAllRead: isAllRead === true }
  }

  #rests({ hash }: Orphans): boolean {
    const { hash: resting, until = 0 } = this.#restingList ?? {}
    return resting === hash && this.#options.clock.monotonicNow() < until
  }

  /** Undefined where that failed: the approval stays good, and what else the pass has done is reported. */
  #lookOnceMore({ keys }: Orphans, stopping: AbortSignal): Promise<boolean | undefined> {
    const names = [...new Set(keys.map(({ name }) => name))]
    return this.#content.lookOnceMore(names, stopping).catch(() => undefined)
  }

  #approvedOrphans(): Orphans | undefined {
    const { pruneHashes, dryRun } = this.#options.wishes.brakes()
    const orphans = dryRun ? undefined : this.#findOrphans()
    return orphans !== undefined && orphans.count > 0 && pruneHashes.includes(orphans.hash) ? orphans : undefined
  }

  /**
   * To be called where all was planned: then it is known which marks may get their set yet, with the changes that are not done. What does
   * not succeed is found again by a later look.
   */
  async removeStrayMarks(undone: readonly Change[], stopping: AbortSignal): Promise<void> {
    const { session, writer, wishes } = this.#options
    if (wishes.brakes().dryRun || session.strayMarks === undefined) return
    const pending = undone.map(({ key }) => key)
    const strays = this.#findStrayMarks(pending).map(({ key }) => key.name)
    if (strays.length === 0) return
    if (!session.comparesAndSwaps) await this.#content.reread(strays, stopping)
    const outcomes = await carryOut(writer, this.#findStrayMarks(pending), stopping)
    this.#content.learn(outcomes, stopping)
    this.#restFrom(outcomes)
  }

  #findStrayMarks(pending: readonly RecordKey[]): readonly Change[] {
    const now = this.#options.clock.monotonicNow()
    for (const [key, until] of this.#restingUntil) if (until <= now) this.#restingUntil.delete(key)
    const strays = this.#options.session.strayMarks?.(pending) ?? []
    return strays.filter(({ key }) => !this.#restingUntil.has(keyText(key))).slice(0, MOST_STRAYS)
  }

  /** A zone is looked at every minute, or more often: what only a person can put right is not asked for as often. */
  #restFrom(outcomes: readonly ChangeOutcome[]): void {
    const until = this.#options.clock.monotonicNow() + TERMINAL_RETRY_MS
    for (const { kind, change } of outcomes) if (kind === 'failed') this.#restingUntil.set(keyText(change.key), until)
  }
}
