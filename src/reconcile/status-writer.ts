import type { KindName, StoaObject } from '../api/kinds.ts'
import { TerminalError, toReconcileError, type ReconcileError } from '../model/errors.ts'
import { deriveInvalidStatus } from '../status/invalid-status.ts'
import type { ObjectOf, StoredObject } from '../store/store.ts'
import type { EnginePorts } from './engine-ports.ts'
import { TroubleLog } from './trouble-log.ts'
import { Turns } from './turns.ts'

/** Each takes a connection, and what is urgent wants the apiserver too. */
const MOST_AT_ONCE = 16

/** Writes what is new, and counts it; what is not ready stands in the log, too. */
export class StatusWriter {
  readonly #ports: Pick<EnginePorts, 'store' | 'clock' | 'hooks'>
  readonly #turns = new Turns(MOST_AT_ONCE)
  readonly #troubles: TroubleLog

  constructor(ports: Pick<EnginePorts, 'store' | 'clock' | 'hooks' | 'log'>) {
    this.#ports = ports
    this.#troubles = new TroubleLog(ports.log)
  }

  /** Nothing is written when there is nothing new to say. */
  async write<Resource extends StoaObject>(
    stored: StoredObject<Resource>,
    status: NonNullable<Resource['status']> | undefined,
    stopping: AbortSignal,
  ): Promise<void> {
    const { kind, metadata } = stored
    this.#troubles.note(stored, (status ?? stored.status)?.conditions)
    if (status === undefined) return
    const { store, hooks } = this.#ports
    // A status of the resource's own kind, which the compiler cannot follow through the union of all kinds.
    const ofKind = status as NonNullable<ObjectOf<Resource['kind']>['status']>
    try {
      await this.#turns.take(() => store.writeStatus(kind, metadata, ofKind, stopping))
      hooks.onStatusWrite?.(kind, 'written')
    } catch (error) {
      hooks.onStatusWrite?.(kind, toReconcileError(error).reason === 'Conflict' ? 'conflict' : 'failed')
      throw error
    }
  }

  /** The object is gone. */
  forget(kind: KindName, ref: string): void {
    this.#troubles.forget(kind, ref)
  }

  /** For an object of which no valid version is known. */
  async writeInvalid<Resource extends StoaObject>(
    stored: StoredObject<Resource> | undefined,
    stopping: AbortSignal,
  ): Promise<void> {
    if (stored === undefined) return
    const problem = stored.problem ?? 'the object cannot be read'
    // As above.
    const status = deriveInvalidStatus(stored, problem, this.#ports.clock.now()) as NonNullable<Resource['status']>
    await this.write(stored, status, stopping)
  }
}

/** Why the newest version of an object is not in force, as an error of its reconcile, which goes on with the last valid one. */
export function problemOf({ problem }: StoredObject): ReconcileError | undefined {
  if (problem === undefined) return undefined
  return new TerminalError('InvalidSpec', `${problem}; the last valid version stays in force`)
}
