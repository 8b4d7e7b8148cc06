// For providers that write one set with one call: keeps a set and its mark together as well as separate calls can.
import { TransientError } from '../../model/errors.ts'
import type { RawChange, RawOutcome } from '../raw-zone.ts'

type Write = (change: RawChange) => Promise<RawOutcome>

/** A mark is there before its set and gone after it, so that a stop in between leaves nothing that is nobody's. */
export async function applyOneByOne(changes: readonly RawChange[], write: Write): Promise<RawOutcome> {
  const done: RawChange[] = []
  for (const change of [...changes].sort((a, b) => rank(a) - rank(b))) {
    const outcome = await write(change)
    if (outcome.kind !== 'applied') return takeBack(done, outcome, write)
    done.push(change)
  }
  return { kind: 'applied' }
}

/** What certainly did not succeed takes back what was written for it; what may have is settled by reading. */
async function takeBack(
  done: readonly RawChange[],
  outcome: Exclude<RawOutcome, { kind: 'applied' }>,
  write: Write,
): Promise<RawOutcome> {
  if (outcome.kind === 'unconfirmed') return outcome
  for (const { key, previous, next } of done.toReversed()) {
    const undone = await write({ key, previous: next, next: previous })
    if (undone.kind === 'applied') continue
    const { reason, message } = outcome.error
    return { kind: 'unconfirmed', error: new TransientError(reason, message, { cause: outcome.error }) }
  }
  return outcome
}

function rank({ key, next }: RawChange): number {
  const mark = key.type === 'TXT'
  if (next === undefined) return mark ? 1 : 0
  return mark ? 2 : 3
}
