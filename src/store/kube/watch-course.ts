// How a watch goes on after each thing that can happen to it: from which version, and after what wait. Pure, so that it can be
// read and tested as a table.
import { WaitingError, type ReconcileError } from '../../model/errors.ts'
import { jitteredRestAfter } from '../../model/rest-after.ts'

export interface Course {
  /** Where the next watch begins; undefined: list first. */
  readonly version: string | undefined
  /** In a row. Only a watch that works puts it back to zero: a list that works may still be followed by a watch that never does. */
  readonly failures: number
}

export interface WatchEnd {
  /** The last version heard of. */
  readonly version: string
  /** Whether any event came. */
  readonly heard: boolean
  readonly lastedMs: number
  /** Undefined: the server ended it in good order. */
  readonly error: ReconcileError | undefined
  /** The error stood in the stream, so whatever was to come next is lost. */
  readonly broken: boolean
}

export interface NextStep {
  readonly course: Course
  readonly waitMs: number
}

export const FIRST_COURSE: Course = { version: undefined, failures: 0 }

const BACK_OFF = { firstMs: 500, longestMs: 30_000 }
/** When the server does answer, so that events are not late for long. */
const MAX_WAIT_AFTER_CLOSE_MS = 5000
/** A watch that was open for so long did work, even when nothing happened. */
export const WORKED_MS = 30_000
/** Between the beginnings of two watches, even when each brings something. */
const MIN_PERIOD_MS = 1000

export function afterListFailure({ failures }: Course, error: ReconcileError, random: number): NextStep {
  return { course: { version: undefined, failures: failures + 1 }, waitMs: waitAfter(error, failures, random) }
}

export function afterWatch(course: Course, end: WatchEnd, random: number): NextStep {
  const worked = end.heard || end.lastedMs >= WORKED_MS
  const failures = worked ? 0 : course.failures
  if (end.error === undefined) {
    if (worked) return { course: { version: end.version, failures: 0 }, waitMs: restOf(end.lastedMs) }
    const waitMs = Math.min(backOff(failures, random), MAX_WAIT_AFTER_CLOSE_MS)
    return { course: { version: end.version, failures: failures + 1 }, waitMs }
  }
  const version = end.broken || needsList(end.error) ? undefined : end.version
  return { course: { version, failures: failures + 1 }, waitMs: waitAfter(end.error, failures, random) }
}

/** Jittered, so that many watches that end together do not come back together. */
export function backOff(failures: number, random: number): number {
  return Math.round(jitteredRestAfter(failures + 1, BACK_OFF, random))
}

function waitAfter(error: ReconcileError, failures: number, random: number): number {
  const waitMs = backOff(failures, random)
  return error instanceof WaitingError ? Math.max(waitMs, Math.round(error.retryAfterMs * (1 + random / 10))) : waitMs
}

function restOf(lastedMs: number): number {
  return Math.max(0, MIN_PERIOD_MS - lastedMs)
}

/** The version is too old, or the server does not take it at all. */
function needsList(error: ReconcileError): boolean {
  return error.reason === 'Expired' || error.kind === 'terminal'
}
