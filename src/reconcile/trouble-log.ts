// What turns not Ready is a line in the log, and so is its recovery: once each, however often it is tried.
import { findCondition, type Conditions } from '../api/conditions.ts'
import type { KindName } from '../api/kinds.ts'
import type { StoredObject } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { objectText, refText } from './object-keys.ts'

export class TroubleLog {
  readonly #log: Logger
  /** By object: the reason that was told last. Kept here and not read from the status, so that a new log says it again. */
  readonly #told = new Map<string, string>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** Takes the conditions as they are now, whether they were so before or not. */
  note({ kind, metadata }: Pick<StoredObject, 'kind' | 'metadata'>, conditions: Conditions = []): void {
    const ready = findCondition(conditions, 'Ready')
    const object = refText(metadata)
    const key = objectText(kind, object)
    const told = this.#told.get(key)
    if (ready?.status === 'True' && told !== undefined) {
      this.#told.delete(key)
      this.#log.info('ready again', { kind, object })
    }
    if (ready?.status !== 'False' || ready.reason === told || !isToldHere(kind, conditions)) return
    this.#told.set(key, ready.reason)
    this.#log.warn('not ready', { kind, object, reason: ready.reason, why: ready.message })
  }

  /** The object is gone. */
  forget(kind: KindName, object: string): void {
    this.#told.delete(objectText(kind, object))
  }
}

/** An outage makes every record wait, and is told of its DNSProvider: of a record only what a person has to mend at that record. */
function isToldHere(kind: KindName, conditions: Conditions): boolean {
  if (kind !== 'DynamicDNSRecord') return true
  return findCondition(conditions, 'Stalled')?.reason === findCondition(conditions, 'Ready')?.reason
}
