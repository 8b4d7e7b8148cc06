// The engine: four controllers over one store, and the routes by which a change finds everyone it concerns.
import { APPROVE_ANNOTATION, PRUNE_ANNOTATION, type KindName } from '../api/kinds.ts'
import type { Brakes, ZoneReport } from '../apply/zone-pass.ts'
import { ClaimTable } from '../desired/claim-table.ts'
import { toReconcileError, type ReconcileError } from '../model/errors.ts'
import { zoneText, type ZoneRef } from '../model/zone.ts'
import { readApprovals } from '../plan/approvals.ts'
import type { ObjectChange, StoredObject } from '../store/store.ts'
import type { EnginePorts } from './engine-ports.ts'
import { HealthBoard } from './health/health-board.ts'
import { parseRef, refText } from './object-keys.ts'
import { PoolBoard } from './pool/pool-board.ts'
import { PoolController } from './pool/pool-controller.ts'
import { ProviderBoard } from './provider/provider-board.ts'
import { ProviderController } from './provider/provider-controller.ts'
import { ZoneNews } from './provider/zone-news.ts'
import { RecordBook } from './record/record-book.ts'
import { RecordController } from './record/record-controller.ts'
import type { RecordState } from './record/record-state.ts'
import { StatusWriter } from './status-writer.ts'
import { WanBoard } from './wan/wan-board.ts'
import { WanController } from './wan/wan-controller.ts'
import { WorkQueue } from './work-queue.ts'

/** Status writes under way at the same time. */
const CONCURRENCY: Readonly<Record<KindName, number>> = {
  DynamicDNSRecord: 16,
  NodePool: 4,
  WANAddress: 4,
  DNSProvider: 8,
}

interface Controller {
  reconcile(ref: string, stopping: AbortSignal): Promise<number | undefined>
}

export class Engine {
  readonly #ports: EnginePorts
  readonly #stopping = new AbortController()
  readonly #claims = new ClaimTable()
  readonly #news = new ZoneNews()
  readonly #health: HealthBoard
  readonly #pools = new PoolBoard()
  readonly #wans: WanBoard
  readonly #book: RecordBook
  readonly #providers: ProviderBoard
  readonly #records: RecordController
  readonly #providerController: ProviderController
  readonly #queues: Readonly<Record<KindName, WorkQueue>>
  /** Records nobody has derived since the start. */
  readonly #underived = new Set<string>()
  #begun = false

  constructor(ports: EnginePorts) {
    this.#ports = ports
    const { store, clock, random, probe, detectors } = ports
    const statuses = new StatusWriter(ports)
    this.#health = new HealthBoard({ clock, random, probe, onVerdict: (owner) => this.#onVerdict(owner) })
    this.#wans = new WanBoard(detectors, (ref) => this.#enqueue('WANAddress', ref))
    const boards = { store, clock, pools: this.#pools, wans: this.#wans, health: this.#health }
    this.#book = new RecordBook({
      ...{ ...boards, claims: this.#claims, providers: () => this.#providers },
      approvedMoves: () => this.#listApprovedMoves(),
    })
    this.#providers = new ProviderBoard(ports, this.#deskPorts(), this.#stopping.signal)
    this.#records = new RecordController({
      ...{ store, clock, statuses, book: this.#book, providers: () => this.#providers },
      onSettled: (state) => this.#onSettled(state),
    })
    this.#providerController = new ProviderController({
      ...{ store, clock, random, statuses, board: this.#providers, news: this.#news },
      countUsers: (ref) => this.#book.countUsers(ref),
      onChange: () => this.#expireAllRecords(),
    })
    this.#queues = this.#createQueues({
      DynamicDNSRecord: this.#records,
      DNSProvider: this.#providerController,
      NodePool: new PoolController({
        ...{ store, clock, statuses, board: this.#pools, health: this.#health },
        witnesses: (ref) => this.#book.witnesses(ref),
        onChange: (ref) => this.#expireDependents(`NodePool ${ref}`),
      }),
      WANAddress: new WanController({
        ...{ store, clock, statuses, board: this.#wans },
        onChange: (ref) => this.#expireDependents(`WANAddress ${ref}`),
      }),
    })
  }

  /** Reconciles until aborted. A call that was begun is finished first; nothing is begun after. */
  async run(stopping: AbortSignal): Promise<void> {
    const { store } = this.#ports
    await store.whenSynced(stopping)
    const stop = (): void => this.#stopping.abort(stopping.reason)
    stopping.addEventListener('abort', stop, { once: true })
    if (stopping.aborted) stop()
    const unsubscribe = store.subscribe((change) => this.#onChange(change))
    this.#followSecrets()
    for (const { metadata } of store.list('DynamicDNSRecord')) this.#underived.add(refText(metadata))
    for (const kind of ['DNSProvider', 'NodePool', 'WANAddress', 'DynamicDNSRecord'] as const) {
      for (const { metadata } of store.list(kind)) this.#enqueue(kind, refText(metadata))
    }
    this.#begun = true
    try {
      await Promise.all(Object.values(this.#queues).map((queue) => queue.run(this.#stopping.signal)))
    } finally {
      unsubscribe()
      stopping.removeEventListener('abort', stop)
      this.#health.stop()
      for (const { metadata } of store.list('WANAddress')) this.#wans.forget(refText(metadata))
      await this.#providers.closeAll()
    }
  }

  /** Keys that are ready or under way, by kind. */
  queueDepth(kind: KindName): number {
    return this.#queues[kind].depth
  }

  #createQueues(controllers: Readonly<Record<KindName, Controller>>): Readonly<Record<KindName, WorkQueue>> {
    const { clock, random } = this.#ports
    const create = (kind: KindName): WorkQueue =>
      new WorkQueue({
        ...{ clock, random, concurrency: CONCURRENCY[kind] },
        work: (ref, stopping) => this.#reconcile(kind, controllers[kind], ref, stopping),
        onError: (ref, error) => this.#logFailure(kind, ref, error),
      })
    return {
      DynamicDNSRecord: create('DynamicDNSRecord'),
      NodePool: create('NodePool'),
      WANAddress: create('WANAddress'),
      DNSProvider: create('DNSProvider'),
    }
  }

  async #reconcile(
    kind: KindName,
    controller: Controller,
    ref: string,
    stopping: AbortSignal,
  ): Promise<number | undefined> {
    const { hooks } = this.#ports
    const startedAt = performance.now()
    try {
      const next = await controller.reconcile(ref, stopping)
      hooks.onReconcile?.(kind, 'done', performance.now() - startedAt)
      return next
    } catch (error) {
      hooks.onReconcile?.(kind, toReconcileError(error).kind, performance.now() - startedAt)
      throw error
    } finally {
      if (kind === 'DynamicDNSRecord') this.#noteDerived(ref)
    }
  }

  /** Once every record was looked at, what nobody claims can be counted. */
  #noteDerived(ref: string): void {
    const isWaiting =
      this.#book.get(ref)?.derivation === undefined &&
      this.#ports.store.get('DynamicDNSRecord', parseRef(ref))?.resource !== undefined
    if (isWaiting || !this.#underived.delete(ref) || this.#underived.size > 0) return
    for (const desk of this.#providers.desks()) desk.touchAll()
  }

  #logFailure(kind: KindName, ref: string, error: ReconcileError): void {
    const { log } = this.#ports
    const fields = { kind, object: ref, reason: error.reason, error: error.message }
    // Somebody else wrote at the same time: the next look will know.
    if (error.reason === 'Conflict') log.debug('the object has changed meanwhile', fields)
    else log.warn('a reconcile failed and will be tried again', fields)
  }

  #enqueue(kind: KindName, ref: string): void {
    if (kind === 'DynamicDNSRecord') this.#records.expire(ref)
    this.#queues[kind].add(ref)
  }

  /** Level, not edge: whatever changed, somebody looks at the present state. */
  #onChange({ kind, ...key }: ObjectChange): void {
    const ref = refText(key)
    switch (kind) {
      case 'Node':
        for (const pool of this.#pools.nodeChanged(key.name, this.#ports.store.node(key.name))) {
          this.#enqueue('NodePool', pool)
        }
        return
      case 'Service':
        return this.#expireDependents(`Service ${ref}`)
      case 'Namespace':
        return this.#expireDependents(`Namespace ${key.name}`)
      case 'Secret':
        for (const provider of this.#providersWith(key)) this.#refreshProvider(provider)
        return
      case 'DNSProvider':
        this.#followSecrets()
        return this.#onProviderChange(ref)
      case 'DynamicDNSRecord':
        // Only what a person did is a reason to derive anew, and the controller sees that for itself.
        return this.#queues.DynamicDNSRecord.add(ref)
      case 'NodePool':
      case 'WANAddress':
        return this.#enqueue(kind, ref)
    }
  }

  readonly #annotationsOf = new Map<string, string>()

  /** Approvals and requests on a DNSProvider concern every zone of it, and every record that waits for a move. */
  #onProviderChange(ref: string): void {
    const stored = this.#ports.store.get('DNSProvider', parseRef(ref))
    const text = JSON.stringify([stored?.metadata.annotations, stored?.metadata.generation])
    const isOther = this.#annotationsOf.get(ref) !== text
    this.#annotationsOf.set(ref, text)
    if (isOther) {
      this.#refreshProvider(ref)
      this.#expireAllRecords()
    } else this.#enqueue('DNSProvider', ref)
  }

  #refreshProvider(ref: string): void {
    this.#providerController.expire(ref)
    this.#enqueue('DNSProvider', ref)
  }

  #providersWith(secret: { readonly namespace: string; readonly name: string }): readonly string[] {
    return [...this.#ports.store.list('DNSProvider')]
      .filter(({ metadata, resource }) => {
        return metadata.namespace === secret.namespace && resource?.spec.credentialsSecretRef?.name === secret.name
      })
      .map(({ metadata }) => refText(metadata))
  }

  #followSecrets(): void {
    const { store } = this.#ports
    const keys = [...store.list('DNSProvider')].flatMap(({ metadata: { namespace }, resource }) => {
      const name = resource?.spec.credentialsSecretRef?.name
      return name === undefined ? [] : [{ namespace, name }]
    })
    store.followSecrets(keys)
  }

  #onVerdict(owner: string): void {
    const [kind = '', ref = ''] = owner.split(' ')
    if (kind === 'NodePool' || kind === 'DynamicDNSRecord') this.#enqueue(kind, ref)
  }

  #expireDependents(reference: string): void {
    for (const ref of this.#book.dependents.of(reference)) this.#enqueue('DynamicDNSRecord', ref)
  }

  #expireAllRecords(): void {
    if (!this.#begun) return
    for (const { metadata } of this.#ports.store.list('DynamicDNSRecord')) {
      this.#enqueue('DynamicDNSRecord', refText(metadata))
    }
  }

  #deskPorts(): ConstructorParameters<typeof ProviderBoard>[1] {
    return {
      claims: this.#claims,
      gate: (zone, resource, changes) => this.#book.gate(zone, resource, changes),
      knowsAll: () => this.#begun && this.#underived.size === 0,
      whenRead: (zone, stopping) => this.#book.rederive(zone, stopping),
      brakes: (zone) => this.#brakesOf(zone),
      onReport: (report, uids) => this.#onReport(report, uids),
      onTurn: (zone) => this.#onTurn(zone),
    }
  }

  #brakesOf(zone: ZoneRef): Brakes {
    const { store, dryRun } = this.#ports
    const { metadata, resource, status } = store.get('DNSProvider', parseRef(zone.provider)) ?? NO_PROVIDER
    const { [APPROVE_ANNOTATION]: approve, [PRUNE_ANNOTATION]: prune } = metadata?.annotations ?? {}
    const applied = status?.zones?.find(({ name }) => name === zone.zone)?.appliedHash
    const approvals = readApprovals({ approve, prune }, applied)
    const consumed = this.#news.consumed(zone)
    return {
      guard: resource?.spec.guard ?? DEFAULT_GUARD,
      approvedHashes: approvals.approve.filter((hash) => hash !== consumed),
      pruneHashes: approvals.prune.filter((hash) => hash !== consumed),
      dryRun,
    }
  }

  #listApprovedMoves(): readonly string[] {
    return [...this.#ports.store.list('DNSProvider')].flatMap(({ metadata }) => {
      return readApprovals({ approve: metadata.annotations?.[APPROVE_ANNOTATION] }, undefined).approve
    })
  }

  #onReport(report: ZoneReport, uids: ReadonlySet<string>): void {
    this.#ports.hooks.onPass?.(report)
    this.#book.learn(report)
    if (this.#news.learn(report)) this.#queues.DNSProvider.add(report.zone.provider)
    const written = new Set(report.outcomes.map(({ change }) => change.resource.uid))
    for (const uid of uids) {
      const state = this.#book.byUid(uid)
      if (state === undefined) continue
      // What is published is other than it was: what is wanted may rest on that.
      if (written.has(uid)) this.#records.expire(state.ref)
      this.#queues.DynamicDNSRecord.add(state.ref)
    }
  }

  /** Records with something to do there say so; for the others nothing has changed. */
  #onTurn(zone: ZoneRef): void {
    this.#queues.DNSProvider.add(zone.provider)
    const desk = this.#providers.desk(zone)
    for (const state of this.#book.states()) {
      const waits = state.derivation?.intents.some((intent) => {
        return zoneText(intent.zone) === zoneText(zone) && desk?.isPending(intent.key.name) === true
      })
      if (waits === true) this.#queues.DynamicDNSRecord.add(state.ref)
    }
  }

  /** Its pools may know now when a node is safe to remove, and a provider that is being deleted whether it is still needed. */
  #onSettled({ resource, derivation }: RecordState): void {
    for (const target of resource.spec.targets) {
      if (target.nodePool === undefined) continue
      const ref = refText({ namespace: resource.metadata.namespace, ...target.nodePool })
      const inactive = this.#ports.store.get('NodePool', parseRef(ref))?.status?.inactive ?? []
      if (inactive.some(({ safeToRemoveAt }) => safeToRemoveAt === undefined)) this.#queues.NodePool.add(ref)
    }
    for (const { provider } of derivation?.zones ?? []) {
      const stored: StoredObject | undefined = this.#ports.store.get('DNSProvider', parseRef(provider))
      if (stored?.metadata.deletionTimestamp !== undefined) this.#queues.DNSProvider.add(provider)
    }
  }
}

const DEFAULT_GUARD = { maxDeletePercent: 30, windowSeconds: 600 }
const NO_PROVIDER = { metadata: undefined, resource: undefined, status: undefined }
