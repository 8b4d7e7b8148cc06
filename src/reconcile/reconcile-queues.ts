// One queue per kind, and what every reconcile has around it: an id in the log, a count, a failure that is tried again.
import type { KindName } from '../api/kinds.ts'
import { toReconcileError, type ReconcileError } from '../model/errors.ts'
import type { EnginePorts } from './engine-ports.ts'
import { LastTexts } from './last-texts.ts'
import { objectText } from './object-keys.ts'
import { WorkQueue } from './work-queue.ts'

export interface Controller {
  reconcile(ref: string, stopping: AbortSignal): Promise<number | undefined>
}

export type Controllers = Readonly<Record<KindName, Controller>>

/** How many objects of a kind are looked at, or wait for their status to be written, at the same time. Records hear of a pool before its status does, so pools must not queue. */
const CONCURRENCY: Readonly<Record<KindName, number>> = {
  DynamicDNSRecord: 16,
  NodePool: 1_000,
  WANAddress: 4,
  DNSProvider: 8,
}

const SOON_MS = 1_000

export class ReconcileQueues {
  readonly #ports: Pick<EnginePorts, 'clock' | 'random' | 'log' | 'hooks'>
  readonly #controllers: Controllers
  readonly #queues: Readonly<Record<KindName, WorkQueue>>
  /** Why an object failed last: what repeats itself is told once, however often it is tried. */
  readonly #failures = new LastTexts()
  #reconciles = 0

  constructor(ports: Pick<EnginePorts, 'clock' | 'random' | 'log' | 'hooks'>, controllers: Controllers) {
    this.#ports = ports
    this.#controllers = controllers
    const create = (kind: KindName): WorkQueue => {
      const { clock, random } = ports
      const work = (ref: string, stopping: AbortSignal): Promise<number | undefined> =>
        this.#reconcile(kind, ref, stopping)
      return new WorkQueue({ clock, random, concurrency: CONCURRENCY[kind], work })
    }
    this.#queues = {
      DynamicDNSRecord: create('DynamicDNSRecord'),
      NodePool: create('NodePool'),
      WANAddress: create('WANAddress'),
      DNSProvider: create('DNSProvider'),
    }
  }

  add(kind: KindName, ref: string): void {
    this.#queues[kind].add(ref)
  }

  /** Within a second: for what many others may be about to ask for as well. */
  addSoon(kind: KindName, ref: string): void {
    this.#queues[kind].addAfter(ref, SOON_MS)
  }

  /** Keys that are ready or under way. */
  depth(kind: KindName): number {
    return this.#queues[kind].depth
  }

  async run(stopping: AbortSignal): Promise<void> {
    await Promise.all(Object.values(this.#queues).map((queue) => queue.run(stopping)))
  }

  async #reconcile(kind: KindName, ref: string, stopping: AbortSignal): Promise<number | undefined> {
    const { hooks, log } = this.#ports
    this.#reconciles += 1
    const fields = { kind, object: ref, reconcile: this.#reconciles.toString(36) }
    const startedAt = performance.now()
    try {
      const again = await this.#controllers[kind].reconcile(ref, stopping)
      hooks.onReconcile?.(kind, 'done', performance.now() - startedAt)
      this.#failures.isOther(objectText(kind, ref), undefined)
      log.debug('reconciled', fields)
      return again
    } catch (thrown) {
      const error = toReconcileError(thrown)
      hooks.onReconcile?.(kind, error.kind, performance.now() - startedAt)
      if (!stopping.aborted) this.#tell(error, fields)
      throw error
    }
  }

  #tell({ reason, message }: ReconcileError, fields: { readonly kind: KindName; readonly object: string }): void {
    const { log } = this.#ports
    const why = { ...fields, reason, error: message }
    // Somebody else wrote at the same time: the next look will know.
    if (reason === 'Conflict') return log.debug('the object has changed meanwhile', why)
    if (this.#failures.isOther(objectText(fields.kind, fields.object), `${reason}: ${message}`))
      log.warn('a reconcile failed and will be tried again', why)
    else log.debug('a reconcile failed as before', why)
  }
}
