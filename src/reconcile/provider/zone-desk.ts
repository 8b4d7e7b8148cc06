// One zone at one provider: opens it, keeps a worker at it, and knows what became of every name that was touched.
import { Pause } from '../../apply/back-off.ts'
import type { CallBudget } from '../../apply/call-budget.ts'
import type { DeletionHistory } from '../../apply/deletion-history.ts'
import { WakeableSleep } from '../../apply/wakeable-sleep.ts'
import type { Brakes, Gated, SettledWishes, ZoneReport, ZoneWishes } from '../../apply/zone-pass.ts'
import { ZoneWorker } from '../../apply/zone-worker.ts'
import type { ClaimTable } from '../../desired/claim-table.ts'
import type { ReadZone } from '../../desired/published.ts'
import type { Clock, Random } from '../../model/clock.ts'
import { toReconcileError, type ReconcileError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import type { Intent } from '../../model/intent.ts'
import { isMarkedFor } from '../../model/owner.ts'
import type { OwnedValue, OwnerId, RecordKey, ResourceRef, StoredSet } from '../../model/record-set.ts'
import type { ZoneRef } from '../../model/zone.ts'
import type { Change } from '../../plan/plan.ts'
import type { Provider, ZoneSession } from '../../providers/provider.ts'
import { holdersOf, ZoneLedger } from './zone-ledger.ts'

/** What a desk asks the rest of the engine about its zone, and what it tells it. */
export interface DeskPorts {
  readonly claims: ClaimTable
  readonly together: ZoneWishes['together']
  /** What is given up and may be taken over stays until that is known. */
  readonly keepForTakers: (intents: readonly Intent[]) => readonly Intent[]
  readonly gate: (resource: ResourceRef, changes: readonly Change[]) => Gated
  readonly brakes: () => Brakes
  /** While false it is not known yet what every record wants, and nothing may be called an orphan. */
  readonly knowsAll: () => boolean
  /** Whether the resource is there although nobody knows what it wants. */
  readonly mayClaim: (uid: string) => boolean
  /** Whether names are about to be touched. */
  readonly isMoreComing: () => boolean
  /** Resolves once every record that may have something here has been looked at again. */
  readonly whenRead: (stopping: AbortSignal) => Promise<void>
  /** For these resources something is other than before; of those names were looked at. */
  readonly onReport: (report: ZoneReport, news: ReadonlySet<string>, looked: ReadonlySet<string>) => void
  /** A try to open or read the zone has failed, or it can be served again (undefined). */
  readonly onTurn: (error: ReconcileError | undefined) => void
}

export interface ZoneDeskOptions extends DeskPorts {
  readonly zone: ZoneRef
  readonly ownerId: OwnerId
  readonly provider: Provider
  readonly budget: CallBudget
  /** This very zone, as other DNSProviders reach it. */
  readonly twins: () => readonly ZoneRef[]
  readonly history: DeletionHistory
  readonly clock: Clock
  readonly random: Random
}

export class ZoneDesk {
  readonly zone: ZoneRef
  readonly ledger = new ZoneLedger()
  readonly #options: ZoneDeskOptions
  /** Between two tries to open the zone. */
  readonly #pause: Pause
  readonly #sleep: WakeableSleep
  /** Names that were touched and not looked at since, with the number of the touch. */
  readonly #pending = new Map<Fqdn, number>()
  #touches = 0
  #settledUpTo = 0
  #session: ZoneSession | undefined
  #worker: ZoneWorker | undefined
  #error: ReconcileError | undefined
  #hasLooked = false

  constructor(options: ZoneDeskOptions) {
    this.#options = options
    this.#pause = new Pause(options.random)
    this.#sleep = new WakeableSleep(options.clock)
    this.zone = options.zone
  }

  /** Why the zone cannot be read or opened just now. What is known of it stays. */
  get error(): ReconcileError | undefined {
    return this.#error
  }

  get isRead(): boolean {
    return this.#worker?.content.table !== undefined
  }

  /** What the resource has here; undefined until the zone was read. */
  readFor(uid: string): ReadZone | undefined {
    const { zone } = this.#options
    if (this.#session === undefined || !this.isRead) return undefined
    const published = [...(this.#worker?.content.heldBy(uid) ?? [])].map(({ key, values }) => ({
      key,
      values: values.filter((value) => this.#isOf(value, uid)).map(({ value }) => value),
    }))
    return { zone, capabilities: this.#session.capabilities, published }
  }

  /** Whether anything here is marked for the resource, as far as is known. */
  holds(uid: string): boolean {
    return this.#worker?.content.holds(uid) === true
  }

  /** Whether the resource has the value in one of its sets here, as far as is known. Asked of many resources at once. */
  publishes(uid: string, value: string): boolean {
    for (const { values } of this.#worker?.content.heldBy(uid) ?? []) {
      if (values.some((one) => one.value === value && this.#isOf(one, uid))) return true
    }
    return false
  }

  /** Whether a write under way, or one whose answer was lost, may turn out to have put something here for the resource. */
  mayYetHold(uid: string): boolean {
    return this.#worker?.content.mayYetHold(uid) === true
  }

  stored(key: RecordKey): StoredSet | undefined {
    return this.#worker?.content.table?.get(key)
  }

  touch(names: Iterable<Fqdn>): void {
    this.#touches += 1
    const list = [...names]
    for (const name of list) this.#pending.set(name, this.#touches)
    this.#worker?.touch(list)
  }

  /** Looks at everything again, as after a change of credentials, brakes or approvals. */
  touchAll(): void {
    this.#pause.shorten()
    this.#sleep.wake()
    this.#worker?.touch()
  }

  /** Every name that was touched has been looked at, or the zone cannot be read. */
  get isAtRest(): boolean {
    return this.#error !== undefined || (this.isRead && this.#pending.size === 0)
  }

  /** All that is wanted here as far as anybody knows has been put here. */
  get isFulfilled(): boolean {
    return this.#error === undefined && this.#hasLooked && this.#pending.size === 0 && !this.ledger.isUnfinished
  }

  isPending(name: Fqdn): boolean {
    return this.#pending.has(name)
  }

  /** Serves the zone until aborted. */
  async run(stopping: AbortSignal): Promise<void> {
    const { clock, random, zone, ownerId, budget, history, isMoreComing, whenRead } = this.#options
    const session = await this.#open(stopping)
    if (session === undefined) return
    this.#session = session
    this.#worker = new ZoneWorker({
      ...{ zone, ownerId, session, clock, random, budget, history, isMoreComing, whenRead },
      wishes: this.#wishes(),
      report: (report) => this.#learn(report),
      onTurn: (error) => this.#turn(error),
    })
    await this.#worker.run(stopping)
  }

  /** Undefined when stopped before it could be opened. */
  async #open(stopping: AbortSignal): Promise<ZoneSession | undefined> {
    const { provider, zone, clock } = this.#options
    while (!stopping.aborted) {
      try {
        const session = await provider.openZone(zone.zone, stopping)
        if (this.#error !== undefined) this.#turn(undefined)
        return session
      } catch (thrown) {
        if (stopping.aborted) return undefined
        const error = toReconcileError(thrown)
        this.#pause.begin(error, clock.monotonicNow())
        this.#turn(error)
        await this.#sleep.outlast(() => this.#pause.until, stopping)
      }
    }
    return undefined
  }

  #isOf(value: OwnedValue, uid: string): boolean {
    return isMarkedFor(value, this.#options.ownerId, { uid })
  }

  #wishes(): ZoneWishes {
    const { claims, zone, twins, together, keepForTakers, gate, brakes, knowsAll, mayClaim } = this.#options
    const isClaimed = (key: RecordKey, uid: string): boolean =>
      claims.isClaimed(zone, key, uid) || twins().some((twin) => claims.isClaimed(twin, key, uid))
    return {
      together,
      gate,
      brakes,
      settle: (names, holderOf): SettledWishes => {
        this.#settledUpTo = this.#touches
        const { intents, refusals } = claims.settle(zone, names, holderOf, twins())
        return { intents: keepForTakers(intents), refusals }
      },
      isClaimed: (key, uid) => !knowsAll() || isClaimed(key, uid) || mayClaim(uid),
    }
  }

  #learn(report: ZoneReport): void {
    const { claims, zone, onReport } = this.#options
    const looked = (report.names ?? [...this.#pending.keys()]).filter((name) => {
      return (this.#pending.get(name) ?? Infinity) <= this.#settledUpTo
    })
    for (const name of looked) this.#pending.delete(name)
    this.#hasLooked ||= report.names === undefined
    const news = this.ledger.learn(report, (key) => holdersOf(this.stored(key)))
    onReport(report, news, claims.claimants(zone, looked))
  }

  #turn(error: ReconcileError | undefined): void {
    this.#error = error
    this.#options.onTurn(error)
  }
}
