// What stands between a provider and everybody else: whatever it answers, those who ask hear an error that says so in words.
import { ReconcileError, TransientError } from '../model/errors.ts'
import type { RecordKey, StoredSet } from '../model/record-set.ts'
import type { Change } from '../plan/plan.ts'
import type { ChangeOutcome, Provider, ZoneSession } from './provider.ts'

/**
 * The provider, with every failure that nobody foresaw (an answer of another shape than the API has, say) as one that waits and tries
 * again. Of a write it is open then what was done.
 */
export function understood(provider: Provider): Provider {
  const { type } = provider
  return {
    type,
    listZones: (signal) => inWords(type, signal, () => provider.listZones(signal)),
    openZone: (zone, signal) =>
      inWords(type, signal, async () => understoodSession(type, await provider.openZone(zone, signal))),
    close: () => provider.close(),
  }
}

function understoodSession(type: string, session: ZoneSession): ZoneSession {
  const { zone, capabilities, comparesAndSwaps, probe } = session
  return {
    ...{ zone, capabilities, comparesAndSwaps },
    list: (signal) => listInWords(type, session, signal),
    reread: (names, signal) => inWords(type, signal, () => session.reread(names, signal)),
    probe: probe && ((signal) => inWords(type, signal, () => probe.call(session, signal))),
    batch: (changes) => session.batch(changes),
    apply: (batch, signal) => applyInWords(type, session, batch, signal),
    ...(session.cutAbove && { cutAbove: (key: RecordKey) => session.cutAbove?.(key) }),
    ...(session.obstacles && { obstacles: (changes: readonly Change[]) => session.obstacles?.(changes) ?? new Map() }),
    ...(session.strayMarks && { strayMarks: (pending: readonly RecordKey[]) => session.strayMarks?.(pending) ?? [] }),
    normalise: (set) => session.normalise(set),
  }
}

async function inWords<Result>(type: string, signal: AbortSignal, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask()
  } catch (error) {
    throw explain(type, signal, error)
  }
}

async function* listInWords(
  type: string,
  session: ZoneSession,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredSet[], void> {
  try {
    yield* session.list(signal)
  } catch (error) {
    throw explain(type, signal, error)
  }
}

async function applyInWords(
  type: string,
  session: ZoneSession,
  batch: readonly Change[],
  signal: AbortSignal,
): Promise<readonly ChangeOutcome[]> {
  try {
    const outcomes = await session.apply(batch, signal)
    return outcomes.map((outcome) =>
      'error' in outcome ? { ...outcome, error: toWords(type, outcome.error) } : outcome,
    )
  } catch (thrown) {
    if (signal.aborted) throw thrown
    const error = toWords(type, thrown)
    return batch.map((change) => ({ kind: 'unconfirmed', change, error }))
  }
}

/** An end that was asked for speaks for itself. */
function explain(type: string, signal: AbortSignal, error: unknown): unknown {
  return signal.aborted ? error : toWords(type, error)
}

/** And so does what was foreseen. What was not is unexpected, as `toReconcileError` has it. */
function toWords(type: string, error: unknown): ReconcileError {
  if (error instanceof ReconcileError && error.reason !== 'UnexpectedError') return error
  const message =
    `${type} sent an answer that cannot be understood, and is asked again; ` +
    `if it stays so, check that what the spec leads to is ${type} itself and nothing in between`
  return new TransientError('ProviderUnavailable', message, { cause: error })
}
