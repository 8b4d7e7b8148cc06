// One worker per zone, and one thing at a time: gather what is dirty, decide, write, learn from the answers, report.
import { setMaxListeners } from 'node:events'
import type { Clock, Random } from '../model/clock.ts'
import { toReconcileError, type ReconcileError } from '../model/errors.ts'
import type { Fqdn } from '../model/name.ts'
import type { OwnerId } from '../model/record-set.ts'
import type { ZoneRef } from '../model/zone.ts'
import type { Change } from '../plan/plan.ts'
import type { ZoneSession } from '../providers/provider.ts'
import { Pause } from './back-off.ts'
import { carryOut } from './carry-out.ts'
import { listUndone } from './change-outcomes.ts'
import { CheckSchedule } from './check-schedule.ts'
import { DeletionHistory } from './deletion-history.ts'
import { withoutLongRests, type ZoneWriter } from './rested-writes.ts'
import { WakeableSleep } from './wakeable-sleep.ts'
import { MANY_NAMES, ZoneAgenda, type Work } from './zone-agenda.ts'
import { NOTHING_PRUNED, ZoneCleaner, type Pruned } from './zone-cleaner.ts'
import { ZoneContent } from './zone-content.ts'
import { ZoneJudge, type Decision } from './zone-judge.ts'
import type { ZoneReport, ZoneWishes } from './zone-pass.ts'

/** What a worker asks of its credential's budget. */
export interface WorkerBudget {
  /** From 0 to 1: how much of the allowance is left. */
  fill(): number
  /** Calls let through so far. */
  readonly admitted: number
  /** How long the provider wants to be asked nothing more; 0 where it does not. */
  restMs(): number
}

export interface ZoneWorkerOptions {
  readonly zone: ZoneRef
  readonly ownerId: OwnerId
  readonly session: ZoneSession
  readonly wishes: ZoneWishes
  readonly clock: Clock
  readonly random: Random
  readonly budget: WorkerBudget
  /** Whether names are about to be touched: what waits for them goes in one call with them. */
  readonly isMoreComing: () => boolean
  /** What was deleted lately, also before this worker. */
  readonly history?: DeletionHistory
  readonly report: (report: ZoneReport) => void
  /** Called once, when the zone has been read for the first time: what is wanted may rest on what is there. Nothing is done before it resolves. */
  readonly whenRead?: (stopping: AbortSignal) => Promise<void>
  /** The zone could not be read or checked, or can be again (undefined). What is known of it stays. */
  readonly onTurn: (error: ReconcileError | undefined) => void
}

interface FreshWork extends Work {
  /** The zone was read just now. */
  readonly fresh: boolean
}

interface Look {
  readonly decided: Decision
  /** What is wanted at other names since the look began waits for one of its own. All names when undefined. */
  readonly looked: ReadonlySet<Fqdn> | undefined
}

const NONE: ReadonlySet<Fqdn> = new Set()

export class ZoneWorker {
  readonly #options: ZoneWorkerOptions
  readonly #content: ZoneContent
  readonly #writer: ZoneWriter
  readonly #cleaner: ZoneCleaner
  readonly #agenda: ZoneAgenda
  readonly #history: DeletionHistory
  readonly #judge: ZoneJudge
  readonly #pause: Pause
  readonly #sleep: WakeableSleep
  readonly #checks: CheckSchedule

  constructor(options: ZoneWorkerOptions) {
    const { session, ownerId, wishes, budget, clock, random, isMoreComing } = options
    this.#options = options
    this.#content = new ZoneContent(session, ownerId)
    this.#writer = withoutLongRests(session, () => budget.restMs())
    this.#cleaner = new ZoneCleaner({ ...options, writer: this.#writer }, this.#content)
    const looksFirst = session.probe !== undefined && !session.comparesAndSwaps
    this.#agenda = new ZoneAgenda({ clock, random, looksFirst, isMoreComing, together: wishes.together.bind(wishes) })
    this.#history = options.history ?? new DeletionHistory(ownerId)
    this.#judge = new ZoneJudge(options, this.#content, this.#history)
    this.#pause = new Pause(random)
    this.#sleep = new WakeableSleep(clock)
    this.#checks = new CheckSchedule(session.probe !== undefined, random)
  }

  get content(): ZoneContent {
    return this.#content
  }

  /** These names want a look; all of them when nothing is named, as after a change of the credentials or the brakes. */
  touch(names?: Iterable<Fqdn>): void {
    this.#agenda.touch(names)
    if (names === undefined) this.#pause.shorten()
    this.#sleep.wake()
  }

  /** Runs until aborted; a call that was begun is finished first. */
  async run(stopping: AbortSignal): Promise<void> {
    const { clock, onTurn } = this.#options
    // One signal stops the workers of all zones: many listeners are no leak here.
    setMaxListeners(0, stopping)
    while (!stopping.aborted) {
      await this.#waitForWork(stopping)
      if (stopping.aborted) return
      try {
        await this.#pass(stopping)
        if (this.#pause.end()) onTurn(undefined)
      } catch (thrown) {
        if (stopping.aborted) return
        const error = toReconcileError(thrown)
        this.#pause.begin(error, clock.monotonicNow())
        onTurn(error)
      }
    }
  }

  async #pass(stopping: AbortSignal): Promise<void> {
    const fresh = await this.#refresh(stopping)
    if (fresh) this.#agenda.addAll()
    await this.#settleDoubts(stopping)
    const work = this.#agenda.take()
    if (work === undefined) return
    try {
      await this.#act({ ...work, fresh }, stopping)
    } catch (error) {
      // A read in between failed.
      this.#agenda.putBack(work)
      throw error
    }
    await this.#settleDoubts(stopping)
  }

  async #act(work: FreshWork, stopping: AbortSignal): Promise<void> {
    const { clock } = this.#options
    // A routine look at the zone, or at other names, is no reason to try sooner what failed.
    const listResting = (): ReadonlySet<Fqdn> => (work.isAsked ? NONE : this.#agenda.dirty.resting())
    const listAwake = ({ changes }: Decision, resting = listResting()): readonly Change[] =>
      changes.filter(({ key }) => !resting.has(key.name))
    const { decided, looked } = await this.#decide(work, listAwake, stopping)
    this.#judge.heed(decided)
    const { names } = decided
    const awake = listAwake(decided)
    const changes = awake.filter((change) => looked?.has(nameOf(change)) !== false)
    this.#agenda.dirty.add(awake.filter((change) => looked?.has(nameOf(change)) === false).map(nameOf))
    this.#content.begin(changes)
    const outcomes = await carryOut(this.#writer, changes, stopping, (name) => this.#agenda.dirty.attemptsOf(name) > 0)
    this.#content.learn(outcomes, stopping)
    const usedHashes = this.#history.note({ names, wanted: decided.wanted, outcomes }, clock.now())
    this.#agenda.dirty.settle({ names, resting: listResting(), outcomes }, clock.monotonicNow())
    this.#lookWhenTheWindowSlides(decided)
    const { hash, outcomes: pruned } = names === undefined ? await this.#prune(work, stopping) : NOTHING_PRUNED
    const consumedHashes = hash === undefined ? usedHashes : [...usedHashes, hash]
    this.#report(decided, { outcomes, pruned, consumedHashes })
    if (names === undefined) await this.#cleaner.removeStrayMarks(listUndone(decided.changes, outcomes), stopping)
  }

  /** What is to be done, after a look at what would be written over where a write cannot fail by itself on a set that changed. */
  async #decide(
    work: FreshWork,
    listAwake: (decided: Decision) => readonly Change[],
    stopping: AbortSignal,
  ): Promise<Look> {
    const { session } = this.#options
    const ahead = this.#lookAhead(work, stopping)
    if (ahead !== undefined && work.isGrowing) {
      // What comes during the look is taken along: to decide before it, too, would keep that from coming.
      if (await this.#content.check(stopping, ahead)) this.#agenda.addAll()
      return { decided: this.#judge.decide(this.#agenda.takeAlong(work.names)), looked: undefined }
    }
    const decided = this.#judge.decide(work.names)
    const changes = listAwake(decided)
    if (session.comparesAndSwaps || work.fresh || changes.length === 0) return { decided, looked: undefined }
    const names = new Set(changes.map(nameOf))
    const isAllRead = await this.#content.lookOnceMore([...names], stopping, ahead)
    // The other names of the zone are news too.
    if (isAllRead) this.#agenda.addAll()
    if (session.probe === undefined)
      return { decided: this.#judge.decide(decided.names), looked: isAllRead ? undefined : names }
    const again = this.#agenda.isEmpty ? decided : this.#judge.decide(this.#agenda.takeAlong(decided.names))
    return { decided: again, looked: undefined }
  }

  #report(decided: Decision, done: Pick<ZoneReport, 'outcomes' | 'pruned' | 'consumedHashes'>): void {
    const { zone, report } = this.#options
    const { names, plan, refusals, heldByMode, heldByDryRun, verdict } = decided
    const { table, owned } = this.#content
    const found = { names, plan, refusals, heldByMode, heldByDryRun, verdict }
    const orphans = this.#cleaner.countOrphans(names)
    report({ zone, ...found, ...done, recordSets: table?.size ?? 0, owned, orphans, deletions: this.#history.total })
  }

  /** Reads the zone the first time, and looks for what others did when it is time. True when it was read. */
  async #refresh(stopping: AbortSignal): Promise<boolean> {
    const { clock, budget, whenRead } = this.#options
    const known = this.#content.table !== undefined
    if (known && clock.monotonicNow() < this.#checks.nextAt) return false
    const mustRead = !known || (this.#content.mayHideChanges && clock.monotonicNow() >= this.#checks.nextListAt)
    const before = budget.admitted
    if (mustRead) await this.#content.read(stopping)
    if (!known) await whenRead?.(stopping)
    const isRead = mustRead || (await this.#content.check(stopping))
    this.#checks.note({ isRead, calls: budget.admitted - before, fill: budget.fill() }, clock.monotonicNow())
    return isRead
  }

  #lookAhead({ names = [], fresh }: FreshWork, stopping: AbortSignal): Promise<string> | undefined {
    const { comparesAndSwaps } = this.#options.session
    return comparesAndSwaps || fresh || names.length < MANY_NAMES ? undefined : this.#content.lookAhead(stopping)
  }

  async #prune({ isAsked }: Work, stopping: AbortSignal): Promise<Pruned> {
    const pruned = await this.#cleaner.prune(isAsked, stopping)
    if (pruned.isAllRead) this.#agenda.addAll()
    return pruned
  }

  /** Where a write has an open end the names are read again before anything is planned on them. */
  async #settleDoubts(stopping: AbortSignal): Promise<void> {
    const { isAllRead, news } = await this.#content.settle(stopping)
    if (isAllRead) this.#agenda.addAll()
    this.#agenda.dirty.trySooner(news, this.#options.clock.monotonicNow())
    const { table } = this.#content
    if (table !== undefined) this.#history.settle(table, this.#options.clock.now())
  }

  /** What the guard holds because of what went before may go ahead when that is long enough ago. */
  #lookWhenTheWindowSlides({ verdict }: Decision): void {
    if (verdict.verdict !== 'held') return
    const { clock, wishes } = this.#options
    const afterMs = this.#history.nextSlideAfter(clock.now(), wishes.brakes().guard.windowSeconds)
    const names = verdict.held.map(({ key }) => key.name)
    if (afterMs !== undefined) this.#agenda.dirty.lookAgain(names, clock.monotonicNow() + afterMs)
  }

  /** Sleeps until something is due, then lets a burst gather. */
  async #waitForWork(stopping: AbortSignal): Promise<void> {
    await this.#sleep.outlast(() => this.#pause.until, stopping)
    if (this.#agenda.isEmpty)
      await this.#sleep.until(Math.min(this.#checks.nextAt, this.#agenda.dirty.nextRetryAt() ?? Infinity), stopping)
    await this.#agenda.gather(this.#options.budget.fill(), stopping)
  }
}

function nameOf({ key }: Change): Fqdn {
  return key.name
}
