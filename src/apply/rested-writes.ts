// Between a decision and its write a provider may want to be left alone for minutes, in which all that was decided on may change: the
// brakes, the wishes, the world. Then it is decided anew.
import { WaitingError } from '../model/errors.ts'
import type { ZoneSession } from '../providers/provider.ts'

/** What carries changes out. */
export type ZoneWriter = Pick<ZoneSession, 'batch' | 'apply'>

/** For less, a decision holds. */
const LONGEST_WAIT_MS = 10_000

export function withoutLongRests(session: ZoneWriter, restMs: () => number): ZoneWriter {
  return {
    batch: (changes) => session.batch(changes),
    apply: (batch, signal) => {
      const afterMs = restMs()
      if (afterMs <= LONGEST_WAIT_MS) return session.apply(batch, signal)
      const message = 'the provider wants no more requests for now; Stoa goes on by itself as soon as it may'
      const error = new WaitingError('RateLimited', message, afterMs)
      return Promise.resolve(batch.map((change) => ({ kind: 'failed', change, error, scope: 'Batch' })))
    },
  }
}
