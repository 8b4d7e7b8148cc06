import { toReconcileError, TransientError, WaitingError, type ReconcileError } from '../../model/errors.ts'
import { underSignals } from '../../model/under-signals.ts'
import type { CallGate, Lesson, Purpose } from '../call-gate.ts'

export interface GatedCallsOptions {
  readonly gate: CallGate
  readonly timeoutMs: number
}

/** Sends calls through the gate, ends those that hang, and tells the gate how each ended. */
export class GatedCalls {
  readonly #options: GatedCallsOptions

  constructor(options: GatedCallsOptions) {
    this.#options = options
  }

  /** Rejects with the model's errors, or the reason of `signal`. */
  async run<Result>(
    purpose: Purpose,
    call: (signal: AbortSignal) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    const { gate, timeoutMs } = this.#options
    await gate.admit(purpose, signal)
    const timeout = AbortSignal.timeout(timeoutMs)
    try {
      const result = await underSignals([signal, timeout], call)
      gate.settle({ kind: 'answered' })
      return result
    } catch (error) {
      const known = timeout.aborted ? lateAnswer(timeoutMs) : toReconcileError(error)
      gate.settle(signal.aborted ? { kind: 'failed' } : lessonOf(known))
      signal.throwIfAborted()
      throw known
    }
  }
}

function lateAnswer(timeoutMs: number): TransientError {
  return new TransientError('ProviderUnavailable', `the Kubernetes API did not answer within ${timeoutMs / 1000} s`)
}

/** A refusal is an answer too. */
function lessonOf(error: ReconcileError): Lesson {
  if (error instanceof WaitingError) return { kind: 'throttled', afterMs: error.retryAfterMs }
  return { kind: error.kind === 'terminal' ? 'answered' : 'failed' }
}
