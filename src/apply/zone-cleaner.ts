// What is left in a zone although nobody wants it: orphans, which go with an approval, and marks of ours whose set is gone.
import type { OwnerId } from '../model/record-set.ts'
import { findOrphans, planPrune, type Orphans } from '../plan/orphans.ts'
import type { Change } from '../plan/plan.ts'
import type { ZoneSession } from '../providers/provider.ts'
import { carryOut } from './carry-out.ts'
import type { ZoneContent } from './zone-content.ts'
import type { ZoneWishes } from './zone-pass.ts'

export interface ZoneCleanerOptions {
  readonly session: ZoneSession
  readonly ownerId: OwnerId
  readonly wishes: ZoneWishes
}

export class ZoneCleaner {
  readonly #options: ZoneCleanerOptions
  readonly #content: ZoneContent

  constructor(options: ZoneCleanerOptions, content: ZoneContent) {
    this.#options = options
    this.#content = content
  }

  /** Undefined until the zone was read. */
  findOrphans(): Orphans | undefined {
    const { wishes, ownerId } = this.#options
    const { table } = this.#content
    return table && findOrphans(table.all(), ownerId, wishes.isClaimed.bind(wishes))
  }

  /** Removes the orphans whose list a person has approved, and returns its hash once they are gone. */
  async prune(stopping: AbortSignal): Promise<string | undefined> {
    const { session, wishes } = this.#options
    const { pruneHashes, dryRun } = wishes.brakes()
    const orphans = this.findOrphans()
    if (dryRun || orphans === undefined || orphans.count === 0 || !pruneHashes.includes(orphans.hash)) return undefined
    const prune = planPrune(orphans, orphans.hash)
    if (prune.kind === 'refused') return undefined
    const outcomes = await carryOut(session, prune.changes, stopping)
    this.#content.learn(outcomes, stopping)
    // Whatever is left is another list, of which a person has not heard yet.
    return outcomes.some(({ kind }) => kind === 'applied') ? orphans.hash : undefined
  }

  /**
   * To be called where all was planned: then it is known which marks may get their set yet, with the changes that are not done. What does
   * not succeed is found again by the next look.
   */
  async removeStrayMarks(undone: readonly Change[], stopping: AbortSignal): Promise<void> {
    const { session, wishes } = this.#options
    if (wishes.brakes().dryRun || session.strayMarks === undefined) return
    const pending = undone.map(({ key }) => key)
    const strays = session.strayMarks(pending).map(({ key }) => key.name)
    if (strays.length === 0) return
    if (!session.comparesAndSwaps) await this.#content.reread(strays, stopping)
    this.#content.learn(await carryOut(session, session.strayMarks(pending), stopping), stopping)
  }
}
