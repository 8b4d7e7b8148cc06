// An error says what happens next: a person acts (terminal), we wait for a known time (waiting), or we try again with back-off (transient).

export abstract class ReconcileError extends Error {
  abstract readonly kind: 'terminal' | 'transient' | 'waiting'
  /** UpperCamelCase; becomes the reason of a condition and of an event. */
  readonly reason: string

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.reason = reason
  }
}

/** Trying again cannot help; the message names what a person can do. */
export class TerminalError extends ReconcileError {
  readonly kind = 'terminal'
}

/** May well work next time. */
export class TransientError extends ReconcileError {
  readonly kind = 'transient'
}

/** Will not work before a known time, such as the one in a `Retry-After` header. */
export class WaitingError extends ReconcileError {
  readonly kind = 'waiting'
  readonly retryAfterMs: number

  constructor(reason: string, message: string, retryAfterMs: number, options?: ErrorOptions) {
    super(reason, message, options)
    this.retryAfterMs = retryAfterMs
  }
}

/** Whatever is not understood is transient: giving up for good takes a reason. */
export function toReconcileError(error: unknown): ReconcileError {
  if (error instanceof ReconcileError) return error
  const message = error instanceof Error ? error.message || error.name : String(error)
  return new TransientError('UnexpectedError', message, { cause: error })
}
