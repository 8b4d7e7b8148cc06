// For providers that write one set with one call: keeps a set and its mark together, and a name in use, as well as separate calls can.
import { TransientError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import type { Purpose } from '../call-gate.ts'
import { cutBatches } from '../cut-batches.ts'
import type { RawChange, RawOutcome, RawUnit } from '../raw-zone.ts'

/** What fills a name again that was just emptied is a repair: it does not wait for an allowance to come back. */
type Write = (change: RawChange, purpose: Purpose) => Promise<RawOutcome>

/** What makes room at a name stands or falls with what needs it. All else fails for itself alone. */
export function batchOneByOne(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
  const owned = units.flatMap(([own]) => own ?? [])
  const left = new Set(owned.filter(leaves).map(({ key }) => key.name))
  const bound = new Set(owned.filter((own) => !leaves(own) && left.has(own.key.name)).map(({ key }) => key.name))
  const nameOf = ([own]: RawUnit): Fqdn | undefined => (own && bound.has(own.key.name) ? own.key.name : undefined)
  return cutBatches(units, { nameOf, sizeOf: () => 1, room: 1 })
}

/**
 * A mark is there before its set and gone after it, so that a stop in between leaves nothing that is nobody's. Between what leaves a
 * name and what comes there is nothing else.
 */
export async function applyOneByOne(changes: readonly RawChange[], write: Write): Promise<RawOutcome> {
  const ordered = inOrder(changes)
  for (const [at, change] of ordered.entries()) {
    const done = ordered.slice(0, at)
    const isNameEmpty = done.some((one) => leaves(one) && !isMark(one))
    const purpose = isNameEmpty ? 'Repair' : 'Work'
    let outcome = await write(change, purpose)
    // Forth or back, the next call has to wait as long.
    if (isNameEmpty && isToWait(outcome)) outcome = await write(change, purpose)
    if (outcome.kind === 'applied') continue
    // Marks that are left over are no reason to undo what was wanted: they are seen, and removed, by those who read again.
    const isCleanup = at > 0 && ordered.slice(at).every((one) => leaves(one) && isMark(one))
    return isCleanup ? leaveOpen(outcome) : takeBack(done, outcome, write)
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
    const undone = await write({ key, previous: next, next: previous }, 'Repair')
    if (undone.kind !== 'applied') return leaveOpen(outcome)
  }
  return outcome
}

/** To be settled by reading again. */
function leaveOpen({ error }: Exclude<RawOutcome, { kind: 'applied' }>): RawOutcome {
  const { reason, message } = error
  return { kind: 'unconfirmed', error: new TransientError(reason, message, { cause: error }) }
}

function inOrder(changes: readonly RawChange[]): readonly RawChange[] {
  const written = new Set(changes.filter((change) => !leaves(change)).map(({ key }) => key.name))
  const rank = (change: RawChange): number => {
    if (!leaves(change)) return isMark(change) ? 0 : 2
    // A mark of an older version may stand at the very name of its set, where it would be in the way of a CNAME.
    return isMark(change) && !written.has(change.key.name) ? 3 : 1
  }
  return changes.toSorted((a, b) => rank(a) - rank(b))
}

function leaves({ next }: RawChange): boolean {
  return next === undefined
}

function isMark({ key }: RawChange): boolean {
  return key.type === 'TXT'
}

function isToWait(outcome: RawOutcome): boolean {
  return outcome.kind === 'failed' && outcome.error.kind === 'waiting'
}
