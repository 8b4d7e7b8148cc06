// Decides what a pass may do, with what the guard remembers from one pass to the next.
import type { Clock } from '../model/clock.ts'
import type { Fqdn } from '../model/name.ts'
import type { OwnerId } from '../model/record-set.ts'
import type { ZoneRef } from '../model/zone.ts'
import type { ZoneSession } from '../providers/provider.ts'
import type { DeletionHistory } from './deletion-history.ts'
import type { ZoneContent } from './zone-content.ts'
import { decidePass, type Decided, type ZoneWishes } from './zone-pass.ts'

export interface ZoneJudgeOptions {
  readonly zone: ZoneRef
  readonly ownerId: OwnerId
  readonly session: ZoneSession
  readonly wishes: ZoneWishes
  readonly clock: Clock
}

export interface Decision extends Decided {
  /** All names when undefined. */
  readonly names: readonly Fqdn[] | undefined
}

export class ZoneJudge {
  readonly #options: ZoneJudgeOptions
  readonly #content: ZoneContent
  readonly #history: DeletionHistory
  /** Names at which the guard held something when they were last looked at. */
  #heldNames: ReadonlySet<Fqdn> = new Set()

  constructor(options: ZoneJudgeOptions, content: ZoneContent, history: DeletionHistory) {
    this.#options = options
    this.#content = content
    this.#history = history
  }

  /**
   * One hash stands for all that the guard holds in the zone, so that a person can approve it: as soon as some of it is looked at, or
   * more is held, all names are.
   */
  decide(asked: readonly Fqdn[] | undefined): Decision {
    const names = asked?.some((name) => this.#heldNames.has(name)) === true ? undefined : asked
    const decided = this.#judge(names)
    const isPartHeld = names !== undefined && decided.verdict.verdict === 'held'
    return isPartHeld ? this.decide(undefined) : { ...decided, names }
  }

  /** What was decided stands, and is about to be carried out. */
  heed({ names, verdict }: Decision): void {
    if (verdict.verdict === 'held') this.#heldNames = new Set(verdict.held.map(({ key }) => key.name))
    else if (names === undefined) this.#heldNames = new Set()
    if (verdict.verdict === 'safe' && verdict.approved !== undefined) this.#history.approvals.begin(verdict.approved)
  }

  #judge(names: readonly Fqdn[] | undefined): Decided {
    const { zone, ownerId, session, wishes, clock } = this.#options
    const { table, owned } = this.#content
    if (table === undefined) throw new Error('a zone that was never read cannot be planned')
    const now = clock.now()
    const { guard, approvedHashes } = wishes.brakes()
    const history = this.#history.within(now, guard.windowSeconds)
    const unfinished = this.#history.approvals.within(approvedHashes)
    return decidePass({ zone, ownerId, session, wishes, table, owned, history, unfinished, names, now })
  }
}
