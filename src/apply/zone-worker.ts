// One worker per zone, and one thing at a time: gather what is dirty, decide, write, learn from the answers, report.
import type { Clock, Random } from '../model/clock.ts'
import { toReconcileError, WaitingError, type ReconcileError } from '../model/errors.ts'
import type { Fqdn } from '../model/name.ts'
import type { OwnerId } from '../model/record-set.ts'
import type { ZoneRef } from '../model/zone.ts'
import { pruneHistory, recordDeletion, type PastDeletion } from '../plan/judge-safety.ts'
import type { Change } from '../plan/plan.ts'
import type { ChangeOutcome, ZoneSession } from '../providers/provider.ts'
import { carryOut } from './carry-out.ts'
import { DirtyNames } from './dirty-names.ts'
import { ZoneContent } from './zone-content.ts'
import { decidePass, type ZoneReport, type ZoneWishes } from './zone-pass.ts'

const QUIET_MS = 25
const LONGEST_GATHER_MS = 250
const PROBE_EVERY_MS = 60_000
const LIST_EVERY_MS = 600_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000
/** Beyond this many names a fresh list costs less than reading each. */
const MOST_REREAD = 20

export interface ZoneWorkerOptions {
  readonly zone: ZoneRef
  readonly ownerId: OwnerId
  readonly session: ZoneSession
  readonly wishes: ZoneWishes
  readonly clock: Clock
  readonly random: Random
  /** From 0 to 1: how much of the credential's allowance is left. */
  readonly allowance: () => number
  readonly report: (report: ZoneReport) => void
  /** The zone could not be read or checked; what is known of it stays. */
  readonly unavailable: (zone: ZoneRef, error: ReconcileError) => void
}

export class ZoneWorker {
  readonly #options: ZoneWorkerOptions
  readonly #content: ZoneContent
  readonly #dirty: DirtyNames
  #everything = true
  #history: readonly PastDeletion[] = []
  #nextCheckAt = 0
  #pausedUntil = 0
  #failures = 0
  #wake = new AbortController()

  constructor(options: ZoneWorkerOptions) {
    this.#options = options
    this.#content = new ZoneContent(options.session, options.ownerId)
    this.#dirty = new DirtyNames(options.random)
  }

  get content(): ZoneContent {
    return this.#content
  }

  /** These names want a look; all of them when nothing is named. */
  touch(names?: Iterable<Fqdn>): void {
    if (names === undefined) this.#everything = true
    else this.#dirty.add(names)
    this.#wake.abort()
  }

  /** Runs until aborted; a call that was begun is finished first. */
  async run(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      await this.#waitForWork(stopping)
      if (stopping.aborted) return
      try {
        await this.#pass(stopping)
        this.#failures = 0
      } catch (error) {
        if (stopping.aborted) return
        this.#pause(toReconcileError(error))
      }
    }
  }

  async #pass(stopping: AbortSignal): Promise<void> {
    const { clock } = this.#options
    if (await this.#refresh(stopping)) this.#everything = true
    const names = this.#everything ? undefined : this.#dirty.take(clock.now())
    if (this.#everything) this.#dirty.take(clock.now())
    this.#everything = false
    if (names?.length === 0) return
    try {
      await this.#settle(names, stopping)
    } catch (error) {
      // Nothing may be lost because a read in between failed.
      if (names === undefined) this.#everything = true
      else this.#dirty.add(names)
      throw error
    }
  }

  async #settle(names: readonly Fqdn[] | undefined, stopping: AbortSignal): Promise<void> {
    const { session, zone, report } = this.#options
    let decided = this.#decide(names)
    if (!session.comparesAndSwaps && (await this.#confirmDeletes(decided.changes, stopping)))
      decided = this.#decide(names)
    const outcomes = await carryOut(session, decided.changes, stopping)
    // What a person approved is no part of what the guard watches for.
    const approved = decided.verdict.verdict === 'safe' && decided.verdict.consumedHash !== undefined
    if (!approved) this.#recordDeletions(outcomes)
    await this.#learn(outcomes, stopping)
    const { plan, refusals, heldByMode, heldByDryRun, verdict } = decided
    const { table, owned } = this.#content
    report({
      zone,
      names,
      plan,
      refusals,
      heldByMode,
      heldByDryRun,
      verdict,
      outcomes,
      recordSets: table?.size ?? 0,
      owned,
    })
  }

  #decide(names: readonly Fqdn[] | undefined): ReturnType<typeof decidePass> {
    const { zone, ownerId, session, wishes, clock } = this.#options
    const { table, owned } = this.#content
    if (table === undefined) throw new Error('a zone that was never read cannot be planned')
    const now = clock.now()
    this.#history = pruneHistory(this.#history, now, wishes.brakes().guard.windowSeconds)
    return decidePass({ zone, ownerId, session, wishes, table, owned, history: this.#history, names, now })
  }

  /** Reads the zone the first time, and looks for what others did when it is time. True when it was read. */
  async #refresh(stopping: AbortSignal): Promise<boolean> {
    const { clock, random, session } = this.#options
    const due = clock.now() >= this.#nextCheckAt
    if (this.#content.table !== undefined && !due) return false
    const everyMs = session.probe === undefined ? LIST_EVERY_MS : PROBE_EVERY_MS
    const changed = this.#content.table === undefined ? this.#content.read(stopping) : this.#content.check(stopping)
    const read = (await changed) ?? true
    this.#nextCheckAt = clock.now() + everyMs * (0.9 + random() / 5)
    return read
  }

  /** Where a write cannot fail by itself on a set that changed, what is about to go is looked at once more. True when it was. */
  async #confirmDeletes(changes: readonly Change[], stopping: AbortSignal): Promise<boolean> {
    const names = [...new Set(changes.filter(({ kind }) => kind === 'delete').map(({ key }) => key.name))]
    if (names.length === 0) return false
    if (this.#options.session.probe !== undefined) return this.#content.check(stopping)
    if (names.length <= MOST_REREAD) await this.#content.reread(names, stopping)
    else await this.#content.read(stopping)
    return true
  }

  #recordDeletions(outcomes: readonly ChangeOutcome[]): void {
    const { ownerId, clock } = this.#options
    const applied = outcomes.filter(({ kind }) => kind === 'applied').map(({ change }) => change)
    const deletion = recordDeletion(applied, ownerId, clock.now())
    if (deletion !== undefined) this.#history = [...this.#history, deletion]
  }

  async #learn(outcomes: readonly ChangeOutcome[], stopping: AbortSignal): Promise<void> {
    await this.#content.learn(outcomes, stopping)
    for (const outcome of outcomes) this.#scheduleRetry(outcome, this.#options.clock.now())
    const doubtful = outcomes.filter(({ kind }) => kind === 'outdated' || kind === 'unconfirmed')
    const names = [...new Set(doubtful.map(({ change }) => change.key.name))]
    if (names.length > MOST_REREAD) await this.#content.read(stopping)
    else await this.#content.reread(names, stopping)
  }

  #scheduleRetry(outcome: ChangeOutcome, now: number): void {
    const { name } = outcome.change.key
    if (outcome.kind === 'applied') return this.#dirty.forgive(name)
    if (outcome.kind === 'failed' && outcome.error.kind === 'terminal') return
    const stale = outcome.kind === 'outdated' && this.#dirty.attemptsOf(name) === 0
    const afterMs = outcome.kind === 'failed' && outcome.error instanceof WaitingError ? outcome.error.retryAfterMs : 0
    this.#dirty.retry(name, now, afterMs)
    if (stale) this.#dirty.add([name])
  }

  #pause(error: ReconcileError): void {
    const { clock, random, zone, unavailable } = this.#options
    const doubled = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS) * (0.5 + random() / 2)
    const afterMs = error instanceof WaitingError ? Math.max(error.retryAfterMs, doubled) : doubled
    this.#failures += 1
    this.#pausedUntil = clock.now() + afterMs
    unavailable(zone, error)
  }

  /** Sleeps until something is due, then lets a burst gather: longer while more comes, and as the allowance runs down. */
  async #waitForWork(stopping: AbortSignal): Promise<void> {
    const { clock, allowance } = this.#options
    await this.#sleepUntil(this.#pausedUntil, stopping, false)
    const waiting = !this.#everything && this.#dirty.size === 0
    if (waiting)
      await this.#sleepUntil(Math.min(this.#nextCheckAt, this.#dirty.nextRetryAt() ?? Infinity), stopping, true)
    const gatherUntil = clock.now() + LONGEST_GATHER_MS / Math.max(allowance(), 0.05)
    for (let before = -1; this.#dirty.size > before && clock.now() < gatherUntil && !stopping.aborted;) {
      before = this.#dirty.size
      await this.#sleepUntil(Math.min(clock.now() + QUIET_MS, gatherUntil), stopping, false)
    }
  }

  async #sleepUntil(at: number, stopping: AbortSignal, wakeable: boolean): Promise<void> {
    const { clock } = this.#options
    this.#wake = new AbortController()
    if (wakeable && (this.#everything || this.#dirty.size > 0)) return
    const until = wakeable ? AbortSignal.any([stopping, this.#wake.signal]) : stopping
    const ms = at - clock.now()
    // Being woken is what the sleep is for: its rejection says nothing.
    if (ms > 0) await clock.sleep(Math.min(ms, 2 ** 31 - 1), until).catch(() => undefined)
  }
}
