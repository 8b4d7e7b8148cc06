// Carries changes out with the fewest calls, and finds who is to blame when a batch is refused for good.
import type { Change } from '../plan/plan.ts'
import type { ChangeOutcome, ZoneSession } from '../providers/provider.ts'
import { groupBy } from './group-by.ts'

type Failure = Extract<ChangeOutcome, { kind: 'failed' }>

/** Whatever happens to the process, a call that was begun is waited for: only its own time limit ends it. */
const NEVER = new AbortController().signal

/** One outcome per change. `stopping` is heard between calls, never inside one. */
export async function carryOut(
  session: ZoneSession,
  changes: readonly Change[],
  stopping: AbortSignal,
): Promise<readonly ChangeOutcome[]> {
  const outcomes: ChangeOutcome[] = []
  for (const batch of session.batch(changes)) {
    // A provider that is away or asks to wait says so for all: other batches would only meet the same answer.
    if (outcomes.some(isBlocking)) outcomes.push(...skip(batch))
    else outcomes.push(...(await carryOutBatch(session, batch, stopping)))
  }
  return outcomes
}

async function carryOutBatch(
  session: ZoneSession,
  batch: readonly Change[],
  stopping: AbortSignal,
): Promise<readonly ChangeOutcome[]> {
  if (stopping.aborted) return skip(batch)
  const outcomes = await session.apply(batch, NEVER)
  const refused = outcomes.filter(isRefused)
  const suspects = refused.filter(({ scope }) => scope === 'Batch')
  if (suspects.length === 0) return outcomes
  const settled = outcomes.filter((outcome) => !(isRefused(outcome) && outcome.scope === 'Batch'))
  // A provider that names the culprit saves the search: the rest is tried again without it.
  const again = suspects.length < refused.length ? carryOutBatch(session, suspects.map(changeOf), stopping) : undefined
  return [...settled, ...(await (again ?? bisect(session, suspects, stopping)))]
}

/**
 * The suspects were refused together, so at least one is to blame. Their first half is tried. If it passes, the blame is in the
 * second, without asking; if not, the second is put by and tried as a whole in the end. One culprit among n costs log₂ n + 1 calls.
 */
async function bisect(
  session: ZoneSession,
  refused: readonly Failure[],
  stopping: AbortSignal,
): Promise<readonly ChangeOutcome[]> {
  const settled: ChangeOutcome[] = []
  const putBy = new Set<Change>()
  let suspects = byName(refused)
  while (suspects.length > 1) {
    const middle = Math.ceil(suspects.length / 2)
    const first = suspects.slice(0, middle).flat().map(changeOf)
    const second = suspects.slice(middle)
    const tried = stopping.aborted ? skip(first) : await session.apply(first, NEVER)
    if (tried.every(({ kind }) => kind === 'applied')) {
      settled.push(...tried)
      suspects = second
      continue
    }
    for (const { change } of second.flat()) putBy.add(change)
    // Nothing more can be learnt while the provider is away, or our own knowledge is stale.
    if (!tried.every(isRefused)) return [...settled, ...tried, ...skip([...putBy])]
    suspects = byName(tried)
  }
  settled.push(...suspects.flat().map((failure): Failure => ({ ...failure, scope: 'Change' })))
  const rest = refused.map(changeOf).filter((change) => putBy.has(change))
  return rest.length === 0 ? settled : [...settled, ...(await carryOutBatch(session, rest, stopping))]
}

/** Changes of one name belong together: one makes room for the other. */
function byName(failures: readonly Failure[]): readonly (readonly Failure[])[] {
  return [...groupBy(failures, ({ change }) => change.key.name).values()]
}

function changeOf({ change }: ChangeOutcome): Change {
  return change
}

function isRefused(outcome: ChangeOutcome): outcome is Failure {
  return outcome.kind === 'failed' && outcome.error.kind === 'terminal'
}

function isBlocking(outcome: ChangeOutcome): boolean {
  return outcome.kind === 'unconfirmed' || (outcome.kind === 'failed' && outcome.error.kind !== 'terminal')
}

function skip(changes: readonly Change[]): readonly ChangeOutcome[] {
  const reason = 'not attempted: an earlier call has to be settled first'
  return changes.map((change) => ({ kind: 'skipped', change, reason }))
}
