// The engine: four controllers over one store, a worker for each zone, and what they have to tell one another.
import { setMaxListeners } from 'node:events'
import { KIND_NAMES, type KindName } from '../api/kinds.ts'
import type { ZoneReport } from '../apply/zone-pass.ts'
import { ClaimTable } from '../desired/claim-table.ts'
import type { ReconcileError } from '../model/errors.ts'
import { zoneText, type ZoneRef } from '../model/zone.ts'
import type { StoredObject } from '../store/store.ts'
import { ChangeRouter } from './change-router.ts'
import type { EnginePorts } from './engine-ports.ts'
import { HealthBoard } from './health/health-board.ts'
import { logOutcomes } from './log-outcomes.ts'
import { parseRef, refText } from './object-keys.ts'
import { PoolBoard } from './pool/pool-board.ts'
import { PoolController } from './pool/pool-controller.ts'
import { RememberedAnswers } from './pool/remembered-answers.ts'
import { ProviderBoard } from './provider/provider-board.ts'
import { ProviderController } from './provider/provider-controller.ts'
import { listApprovedMoves, readBrakes } from './provider/zone-brakes.ts'
import type { DeskPorts, ZoneDesk } from './provider/zone-desk.ts'
import { listHolders } from './provider/zone-ledger.ts'
import { ZoneNews } from './provider/zone-news.ts'
import { ReconcileQueues } from './reconcile-queues.ts'
import { FirstLooks } from './record/first-looks.ts'
import { RecordBook } from './record/record-book.ts'
import { RecordController } from './record/record-controller.ts'
import type { FindDesk } from './record/record-run.ts'
import type { RecordState } from './record/record-state.ts'
import { RemovalWitnesses } from './record/removal-witnesses.ts'
import { countUnderived, isUnread } from './record/underived-records.ts'
import { StatusWriter } from './status-writer.ts'
import { WanBoard } from './wan/wan-board.ts'
import { WanController } from './wan/wan-controller.ts'

export class Engine {
  readonly #ports: EnginePorts
  readonly #stopping = new AbortController()
  readonly #claims = new ClaimTable()
  readonly #news = new ZoneNews()
  readonly #pools = new PoolBoard()
  readonly #remembered = new RememberedAnswers()
  readonly #health: HealthBoard
  readonly #wans: WanBoard
  readonly #book: RecordBook
  readonly #witnesses: RemovalWitnesses
  readonly #providers: ProviderBoard
  readonly #records: RecordController
  readonly #router: ChangeRouter
  readonly #queues: ReconcileQueues
  readonly #firstLooks: FirstLooks

  constructor(ports: EnginePorts) {
    this.#ports = ports
    // Every request under way listens for the end, which Node would take for a leak.
    setMaxListeners(0, this.#stopping.signal)
    const { store, clock, random, probe, detectors } = ports
    const statuses = new StatusWriter(ports)
    this.#health = new HealthBoard({ clock, random, probe, onVerdict: (owner) => this.#onVerdict(owner) })
    this.#wans = new WanBoard(detectors, (ref) => this.#queues.add('WANAddress', ref))
    this.#book = new RecordBook({
      ...{ store, clock, pools: this.#pools, wans: this.#wans, health: this.#health, claims: this.#claims },
      providers: () => this.#providers,
      approvedMoves: () => listApprovedMoves(store),
    })
    this.#firstLooks = new FirstLooks(store, this.#book)
    this.#providers = new ProviderBoard(ports, (zone) => this.#deskPortsFor(zone), this.#stopping.signal)
    this.#records = new RecordController({
      ...{ store, clock, statuses, book: this.#book, providers: () => this.#providers },
      stopping: this.#stopping.signal,
      add: (ref) => this.#queues.add('DynamicDNSRecord', ref),
      onSettled: (state) => this.#onSettled(state),
    })
    const findDesk: FindDesk = (zone) => this.#providers.desk(zone)
    this.#witnesses = new RemovalWitnesses({ store, clock, book: this.#book, findDesk })
    const providers = new ProviderController({
      ...{ store, clock, random, statuses, board: this.#providers, news: this.#news },
      ...{ dryRun: ports.dryRun, serveZones: ports.serveZones },
      countUsers: (ref) => this.#book.countUsers(ref) + countUnderived(store, this.#book, ref),
      knowsAllWanted: () => this.#knowsAllWanted,
      onChange: () => this.#router.expireAllRecords(),
    })
    this.#queues = new ReconcileQueues(ports, {
      DynamicDNSRecord: { reconcile: (ref, stopping) => this.#reconcileRecord(ref, stopping) },
      DNSProvider: providers,
      NodePool: new PoolController({
        ...{ store, clock, statuses, board: this.#pools, health: this.#health, remembered: this.#remembered },
        witnesses: (ref) => this.#witnesses.of(ref),
        onChange: (ref, left) => this.#router.expireDependents('NodePool', ref, left),
        whenDerived: () => this.#records.whenDerived(),
      }),
      WANAddress: new WanController({
        ...{ store, clock, random, statuses, board: this.#wans },
        onChange: (ref) => this.#router.expireDependents('WANAddress', ref),
      }),
    })
    this.#router = new ChangeRouter({
      ...{ store, pools: this.#pools, book: this.#book, records: this.#records, providers, board: this.#providers },
      add: (kind, ref) => this.#queues.add(kind, ref),
    })
  }

  /** Reconciles until aborted. A call that was begun is finished first; nothing is begun after. */
  async run(stopping: AbortSignal): Promise<void> {
    const { store } = this.#ports
    await store.whenSynced(stopping)
    const stop = (): void => this.#stopping.abort(stopping.reason)
    stopping.addEventListener('abort', stop, { once: true })
    if (stopping.aborted) stop()
    const unsubscribe = store.subscribe((change) => this.#router.route(change))
    this.#begin()
    try {
      await this.#queues.run(this.#stopping.signal)
    } finally {
      unsubscribe()
      stopping.removeEventListener('abort', stop)
      this.#health.stop()
      for (const { metadata } of store.list('WANAddress')) this.#wans.forget(refText(metadata))
      await this.#providers.closeAll()
    }
  }

  /** Objects of a kind that are to be looked at, or are being looked at. */
  queueDepth(kind: KindName): number {
    return this.#queues.depth(kind) + (kind === 'DynamicDNSRecord' ? this.#records.staleCount : 0)
  }

  /** How full the allowance of each DNSProvider's credential is, from 0 to 1. */
  budgets(): Iterable<readonly [provider: string, fill: number]> {
    return this.#providers.budgets()
  }

  /** When each WAN address was last seen, in milliseconds since the epoch. */
  sightings(): ReturnType<WanBoard['sightings']> {
    return this.#wans.sightings()
  }

  /** Every record that was looked at, with what it wants and what of that waits for an approval. */
  records(): Iterable<RecordState> {
    return this.#book.states()
  }

  desks(): Iterable<ZoneDesk> {
    return this.#providers.desks()
  }

  /** DNSProviders of which nobody knows so far which zones they have. */
  unlistedProviders(): Iterable<string> {
    return this.#providers.unlisted()
  }

  /** For now nothing is left to be found out: everything was asked once, and every name was looked at or cannot be. */
  get isAtRest(): boolean {
    return (
      this.#knowsAllWanted && this.queueDepth('DNSProvider') === 0 && [...this.desks()].every((desk) => desk.isAtRest)
    )
  }

  /** DNSProviders aside: they are where it goes, not where it comes from. */
  get #knowsAllWanted(): boolean {
    const isIdle = KIND_NAMES.every((kind) => kind === 'DNSProvider' || this.queueDepth(kind) === 0)
    return isIdle && this.#firstLooks.areDone && this.#wans.isAnswered && !this.#pools.isWaiting
  }

  #begin(): void {
    const { store } = this.#ports
    this.#router.begin()
    const records = [...store.list('DynamicDNSRecord')]
    this.#firstLooks.begin(records.map(({ metadata }) => refText(metadata)))
    for (const { metadata, resource } of records) {
      this.#book.takers.expect(refText(metadata))
      if (resource !== undefined) this.#book.expect(resource)
    }
    for (const kind of ['DNSProvider', 'NodePool', 'WANAddress', 'DynamicDNSRecord'] as const) {
      for (const { metadata } of store.list(kind)) this.#queues.add(kind, refText(metadata))
    }
  }

  async #reconcileRecord(ref: string, stopping: AbortSignal): Promise<number | undefined> {
    try {
      return await this.#records.reconcile(ref, stopping)
    } finally {
      // Now what nobody claims can be counted.
      if (this.#firstLooks.note(ref)) for (const desk of this.#providers.desks()) desk.touchAll()
    }
  }

  #onVerdict(owner: string): void {
    const [kind = '', ref = ''] = owner.split(' ')
    if (kind === 'NodePool') this.#queues.add(kind, ref)
    else this.#records.expire(ref)
  }

  #deskPortsFor(zone: ZoneRef): DeskPorts {
    const { store, dryRun } = this.#ports
    const { gates, takers } = this.#book
    return {
      claims: this.#claims,
      together: (names) => gates.together(zone, names),
      keepForTakers: (intents) => takers.keepFor(intents),
      gate: (resource, changes) => gates.judge(zone, resource, changes),
      brakes: () => ({ ...readBrakes(store, zone, this.#news.consumed(zone)), dryRun }),
      knowsAll: () => this.#firstLooks.areDone,
      mayClaim: (uid) => isUnread(store, uid),
      isMoreComing: () => this.#records.hasUrgent,
      whenRead: (stopping) => this.#book.rederive(zone, stopping),
      onReport: (report, news, looked) => this.#onReport(report, news, looked),
      onTurn: (error) => this.#onTurn(zone, error),
    }
  }

  #onReport(report: ZoneReport, news: ReadonlySet<string>, looked: ReadonlySet<string>): void {
    this.#ports.hooks.onPass?.(report)
    logOutcomes(this.#ports.log, report)
    this.#book.learn(report)
    this.#remembered.learn(report.outcomes, this.#ports.clock.monotonicNow())
    if (this.#news.learn(report)) this.#queues.add('DNSProvider', report.zone.provider)
    // What was written may have been another's before. That a write whose answer was lost has arrived is news alone.
    const changed = new Set([...news, ...report.outcomes.flatMap(({ change }) => listHolders(change))])
    for (const uid of new Set([...changed, ...looked])) {
      const state = this.#book.byUid(uid)
      if (state === undefined) continue
      // What is published may be other than it was: what is wanted may rest on that.
      if (changed.has(uid)) this.#records.expire(state.ref)
      else this.#queues.add('DynamicDNSRecord', state.ref)
    }
  }

  /** Records with something to do in a zone that is down say so; for the others nothing has changed. */
  #onTurn(zone: ZoneRef, error: ReconcileError | undefined): void {
    if (error !== undefined) this.#ports.hooks.onUnavailable?.(zone)
    this.#queues.add('DNSProvider', zone.provider)
    const desk = this.#providers.desk(zone)
    for (const state of this.#book.states()) {
      const waits = state.derivation?.intents.some((intent) => {
        return zoneText(intent.zone) === zoneText(zone) && desk?.isPending(intent.key.name) === true
      })
      if (waits === true) this.#queues.add('DynamicDNSRecord', state.ref)
    }
  }

  /** Its pools may know now when a node is safe to remove, and a provider that is being deleted whether it is still needed. */
  #onSettled(state: RecordState | undefined): void {
    const { store } = this.#ports
    for (const pool of this.#witnesses.waitingPools(state)) this.#queues.addSoon('NodePool', pool)
    for (const { provider } of state?.derivation?.zones ?? []) {
      const stored: StoredObject | undefined = store.get('DNSProvider', parseRef(provider))
      if (stored?.metadata.deletionTimestamp !== undefined) this.#queues.add('DNSProvider', provider)
    }
  }
}
