// The parts of a record's status that show what is published: flat texts for columns, and the capped list of record sets.
import type { RecordSetStatus } from '../api/generated/dynamic-dns-record.ts'
import { compareKeys, compareText } from '../model/record-set.ts'
import { countOf, formatCount, listSome } from '../model/text.ts'
import { errorToOutcome } from './error-to-outcome.ts'
import type { KeyOutcome, KeyResult, RecordRun } from './record-results.ts'
import { omitUndefined } from './omit-undefined.ts'
import { stableMessage, trimAtWord } from './stable-message.ts'

const MOST_SETS = 200
/** Over all sets together, so that a status stays far below what a cluster stores of an object. */
const MOST_VALUES = 4000
const MOST_VALUES_OF_A_SET = 100
const MOST_IN_A_COLUMN = 4
const LONGEST_TEXT = 1024
const LONGEST_VALUE = 4096

/** `203.0.113.7, 203.0.113.9`, or how many of how many. */
export function summarizeAddresses({ outcomes, cut }: Pick<RecordRun, 'outcomes' | 'cut'>): string {
  if (cut !== undefined) return `${formatCount(cut.published)} of ${formatCount(cut.available)}`
  const values = new Set(outcomes.flatMap((outcome) => outcome.values))
  return trimAtWord(listSome([...values].sort(compareText), MOST_IN_A_COLUMN), LONGEST_TEXT)
}

export function summarizeProviders({ zones }: Pick<RecordRun, 'zones'>): string {
  const providers = new Set(zones.map(({ provider }) => provider))
  return trimAtWord(listSome([...providers].sort(compareText), MOST_IN_A_COLUMN), LONGEST_TEXT)
}

/** What Ready says when all is well. */
export function describeSuccess(run: RecordRun): string {
  const { outcomes } = run
  const addresses = summarizeAddresses(run)
  const kept = outcomes.filter(({ result }) => result.kind === 'refused').length
  const sets = countOf(outcomes.length - kept, 'record set')
  const left = kept === 0 ? '' : `; ${countOf(kept, 'record set')} kept because of spec.syncPolicy`
  const why = run.failoverMessage === undefined ? '' : `; ${run.failoverMessage}`
  return trimAtWord(`${sets} in sync${addresses === '' ? '' : `: ${addresses}`}${left}${why}`, LONGEST_TEXT)
}

export function listRecordSets(outcomes: readonly KeyOutcome[]): readonly RecordSetStatus[] {
  const shown = outcomes.toSorted((a, b) => compareKeys(a.key, b.key)).slice(0, MOST_SETS)
  const each = Math.min(MOST_VALUES_OF_A_SET, Math.floor(MOST_VALUES / Math.max(1, shown.length)))
  return shown.map((outcome) => toRecordSetStatus(outcome, each))
}

function toRecordSetStatus({ key, ttl, values, adopted, result, note }: KeyOutcome, most: number): RecordSetStatus {
  return omitUndefined({
    name: key.name,
    type: key.type,
    setId: key.setId === '' ? undefined : key.setId,
    ttl,
    values: values.slice(0, most).map((value) => value.slice(0, LONGEST_VALUE)),
    state: stateOf(result),
    adopted: adopted ? true : undefined,
    message: describeResult(result) ?? (note === undefined ? undefined : stableMessage(note)),
  })
}

function stateOf(result: KeyResult): RecordSetStatus['state'] {
  switch (result.kind) {
    case 'insync':
    case 'applied':
      return 'InSync'
    case 'held':
      return 'Held'
    case 'refused':
      return 'Refused'
    case 'failed':
      return result.error.kind === 'terminal' ? 'Refused' : 'Pending'
    case 'skipped':
    case 'unconfirmed':
      return 'Pending'
  }
}

function describeResult(result: KeyResult): string | undefined {
  switch (result.kind) {
    case 'insync':
    case 'applied':
    case 'skipped':
      return undefined
    case 'held':
      return stableMessage(result.message)
    case 'refused':
      return stableMessage(result.refusal.message)
    case 'failed':
      return errorToOutcome(result.error).message
    case 'unconfirmed':
      return `could not confirm: ${errorToOutcome(result.error).message}`
  }
}
