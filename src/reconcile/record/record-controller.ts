// DynamicDNSRecord: one reconcile reads as what happens to a record, from its finalizer to its status.
import { findCondition } from '../../api/conditions.ts'
import type { DynamicDNSRecord } from '../../api/kinds.ts'
import type { ReconcileError } from '../../model/errors.ts'
import { isSameValue } from '../../model/same-value.ts'
import { judgeProgress } from '../../status/judge-progress.ts'
import { deriveRecordStatus } from '../../status/record-status.ts'
import { progressDeadlineAt } from '../../status/settle-conditions.ts'
import type { StoredObject } from '../../store/store.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { parseRef } from '../object-keys.ts'
import type { ProviderBoard } from '../provider/provider-board.ts'
import { problemOf, type StatusWriter } from '../status-writer.ts'
import type { RecordBook } from './record-book.ts'
import { listEvents } from './record-events.ts'
import { explainHidden, explainStay, hasOurFinalizer, isLetGo, judgeLeave } from './record-leave.ts'
import {
  findRunError,
  findZoneError,
  isFoundOut,
  isHandingOver,
  isSettled,
  summarizeRun,
  type FindDesk,
} from './record-run.ts'
import { isOtherVersion, type RecordState } from './record-state.ts'
import { StaleRecords } from './stale-records.ts'

export interface RecordControllerPorts extends Pick<EnginePorts, 'store' | 'clock'> {
  readonly statuses: StatusWriter
  readonly book: RecordBook
  readonly providers: () => ProviderBoard
  /** After it nothing more is derived. */
  readonly stopping: AbortSignal
  /** Asks for a reconcile. */
  readonly add: (ref: string) => void
  /** It may no longer have anything at its providers, or begins to; or it is no longer there, of which nothing may have been known. */
  readonly onSettled: (state: RecordState | undefined) => void
}

/** A pass usually ends within a second; a status that says so in between would only be written twice. */
const PATIENCE_MS = 5_000
/** While the zone it may be in was not read. */
const UNREAD_MS = 1_000
/** While its health check has not had its say. */
const UNPROBED_MS = 250

export class RecordController {
  readonly #ports: RecordControllerPorts
  readonly #stale: StaleRecords

  constructor(ports: RecordControllerPorts) {
    this.#ports = ports
    const { clock, stopping, providers } = ports
    this.#stale = new StaleRecords({
      ...{ clock, stopping },
      derive: (ref) => this.#deriveAgain(ref),
      isWriting: () => [...providers().desks()].some((desk) => !desk.isAtRest),
    })
  }

  /** How many records wait to be derived anew. */
  get staleCount(): number {
    return this.#stale.size
  }

  /** Whether records of which something is known to be wrong in DNS are about to be derived. */
  get hasUrgent(): boolean {
    return this.#stale.hasUrgent
  }

  /** What the record rests on may be other than it was: it is derived at once, and then reconciled. Urgent: DNS is known to be wrong. */
  expire(ref: string, isUrgent = false): void {
    this.#stale.add(ref, isUrgent)
  }

  /** The object is there, or another than it was. What a person has said of it is derived at once; the rest is for its reconcile. */
  changed(ref: string): void {
    const { store, book, add } = this.#ports
    const { metadata, resource } = store.get('DynamicDNSRecord', parseRef(ref)) ?? {}
    const known = metadata && book.byUid(metadata.uid)
    if (known?.derivation === undefined) book.takers.expect(ref)
    else if (resource !== undefined && isOtherVersion(known.resource, resource)) this.expire(ref, true)
    add(ref)
  }

  /** Resolves when those that have expired so far are derived. */
  async whenDerived(): Promise<void> {
    await this.#stale.whenSwept()
  }

  async reconcile(ref: string, stopping: AbortSignal): Promise<number | undefined> {
    const { store, statuses } = this.#ports
    await this.whenDerived()
    const stored = store.get('DynamicDNSRecord', parseRef(ref))
    if (stored === undefined || isLetGo(stored.metadata)) {
      this.#forget(ref)
      return undefined
    }
    const { resource } = stored
    if (resource === undefined) {
      await statuses.writeInvalid(stored, stopping)
      return undefined
    }
    if (!(await this.#hasFinalizer(stored, stopping))) return undefined
    const state = this.#derive(ref, resource)
    if (state?.isProbed !== true) return UNPROBED_MS
    if (this.#letWait(state)) return PATIENCE_MS
    const published = await this.#publish(stored, state, stopping)
    return published === 'gone' ? undefined : this.#nextLookAfter(state)
  }

  #forget(ref: string): void {
    const { book, statuses, onSettled } = this.#ports
    const state = book.get(ref)
    book.forget(ref)
    this.#stale.delete(ref)
    statuses.forget('DynamicDNSRecord', ref)
    onSettled(state)
  }

  /** Before the first write at a provider: whatever is written can then be cleaned up. False when it was just put on, which will be heard of. */
  async #hasFinalizer({ metadata }: StoredObject, stopping: AbortSignal): Promise<boolean> {
    if (hasOurFinalizer(metadata)) return true
    await this.#ports.store.setFinalizer('DynamicDNSRecord', metadata, true, stopping)
    return false
  }

  #derive(ref: string, resource: DynamicDNSRecord): RecordState | undefined {
    const { book } = this.#ports
    const known = book.get(ref)
    const isSame = known?.isProbed === true && !isOtherVersion(known.resource, resource) && !this.#stale.has(ref)
    if (isSame && (known.nextChangeAt ?? Infinity) > this.#ports.clock.monotonicNow()) {
      known.resource = resource
      return known
    }
    this.#stale.delete(ref)
    const state = book.derive(resource)
    if (state?.isProbed !== true) this.#stale.leaveToReconcile(ref)
    return state
  }

  /** Ahead of its reconcile, where there is nothing else to do first. */
  #deriveAgain(ref: string): void {
    const { store, book, add } = this.#ports
    add(ref)
    const stored = store.get('DynamicDNSRecord', parseRef(ref))
    if (stored?.resource === undefined || !hasOurFinalizer(stored.metadata) || book.get(ref)?.derivation === undefined)
      return
    try {
      this.#derive(ref, stored.resource)
    } catch {
      // Its reconcile finds the same, and says so.
      this.#stale.leaveToReconcile(ref)
    }
  }

  /** Nothing is said yet where a pass that is about to look at its names will have more to say. False once it has waited for long enough. */
  #letWait(state: RecordState): boolean {
    const now = this.#ports.clock.monotonicNow()
    // While what it has is not known, as after a start, one that was well has nothing new to say: an outage shows on its DNSProvider.
    const wasWell = !isFoundOut(state, this.#findDesk) && wasReady(state)
    if (wasWell && !hasOtherTargets(state)) return true
    const isPlaced = state.derivation?.waiting.length === 0 && !isHandingOver(state, this.#findDesk)
    if (!wasWell && isPlaced && isSettled(state, this.#findDesk)) {
      state.waitingSince = undefined
      return false
    }
    state.waitingSince ??= now
    if (now - state.waitingSince >= PATIENCE_MS) return false
    return wasWell || findZoneError(state, this.#findDesk) === undefined
  }

  readonly #findDesk: FindDesk = (zone) => this.#ports.providers().desk(zone)

  async #publish(
    stored: StoredObject<DynamicDNSRecord>,
    state: RecordState,
    stopping: AbortSignal,
  ): Promise<'written' | 'gone'> {
    const { store, statuses, clock, onSettled } = this.#ports
    const { resource } = state
    const { metadata } = resource
    const isLeaving = metadata.deletionTimestamp !== undefined
    if (isLeaving && (await this.#letGo(stored, state, stopping))) return 'gone'
    const run = summarizeRun(state, this.#findDesk)
    const error = findRunError(state, this.#findDesk) ?? problemOf(stored) ?? this.#explainStay(state, isLeaving)
    const status = deriveRecordStatus({ object: resource, now: clock.now(), error, run })
    const news = state.news()
    await statuses.write(stored, status, stopping)
    if (status !== undefined) for (const event of listEvents(stored, status, news.applied)) store.emit(event)
    state.hasTold(news)
    const isDone =
      resource.spec.suspend !== true && judgeProgress({ object: resource, now: clock.now(), error, run }) !== 'Pending'
    if (isDone) state.hasCarriedOut(clock.monotonicNow())
    onSettled(state)
    return 'written'
  }

  /** Takes the finalizer off where nothing of the record is left. False where something is, or may be: then it is derived anew. */
  async #letGo({ metadata }: StoredObject, state: RecordState, stopping: AbortSignal): Promise<boolean> {
    const leave = judgeLeave(state, this.#ports.providers(), this.#findDesk)
    if (leave === 'unknown') this.#stale.leaveToReconcile(state.ref)
    if (leave !== 'free') return false
    await this.#ports.store.setFinalizer('DynamicDNSRecord', metadata, false, stopping)
    return true
  }

  /** Why an object that is being deleted is still there, when no error of its own says so. */
  #explainStay(state: RecordState, isLeaving: boolean): ReconcileError | undefined {
    if (!isLeaving) return undefined
    return this.#stale.has(state.ref) ? explainHidden() : explainStay(state, this.#findDesk)
  }

  #nextLookAfter(state: RecordState): number | undefined {
    const { clock } = this.#ports
    const { metadata, spec } = state.resource
    if (metadata.deletionTimestamp !== undefined && this.#stale.has(state.ref)) return UNREAD_MS
    const conditions = this.#ports.store.get('DynamicDNSRecord', metadata)?.status?.conditions ?? []
    const deadline = progressDeadlineAt(conditions, metadata.generation, spec.progressDeadlineSeconds)
    const untilDeadlineMs = deadline !== undefined && deadline > clock.now() ? deadline - clock.now() : Infinity
    const untilChangeMs = (state.nextChangeAt ?? Infinity) - clock.monotonicNow()
    const nextMs = Math.max(0, Math.min(untilChangeMs, untilDeadlineMs))
    if (state.waitingSince !== undefined) return Math.min(PATIENCE_MS, nextMs)
    return nextMs === Infinity ? undefined : nextMs
  }
}

/** Its targets give something else than its status says: there is something to do, whatever it has. */
function hasOtherTargets({ derivation, resource: { status } }: RecordState): boolean {
  const told = new Map(status?.targets?.map(({ name, addresses, hostname }) => [name, { addresses, hostname }]))
  return (derivation?.targets ?? []).some(({ name, known, addresses, hostname }) => {
    return known && !isSameValue({ addresses, hostname }, told.get(name))
  })
}

/** It says of this very generation that all is well. */
function wasReady({ resource: { metadata, status } }: RecordState): boolean {
  const ready = findCondition(status?.conditions ?? [], 'Ready')
  const isSame = status?.observedGeneration === metadata.generation && metadata.deletionTimestamp === undefined
  return isSame && ready?.status === 'True'
}
