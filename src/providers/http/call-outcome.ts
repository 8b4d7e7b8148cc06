// What the end of a writing call says of its changes, for providers that answer for a call as a whole.
import { TransientError, type ReconcileError } from '../../model/errors.ts'
import type { RawOutcome } from '../raw-zone.ts'
import { NotSentError } from './http-client.ts'

/** What was to be replaced is no longer as it was read, or what was to be new is already there. */
export class OutdatedError extends TransientError {}

/** An answer that is lost, broken, or a server's error leaves open what was done. */
export function outcomeOfFailure(error: ReconcileError): RawOutcome {
  if (error instanceof OutdatedError) return { kind: 'outdated', error }
  const open = error.kind === 'transient' && !(error instanceof NotSentError)
  return { kind: open ? 'unconfirmed' : 'failed', error }
}
