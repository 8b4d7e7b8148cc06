// Carries changes out with the fewest calls, and finds who is to blame when a batch is refused for good.
import { toReconcileError } from '../model/errors.ts'
import type { Fqdn } from '../model/name.ts'
import { keyText } from '../model/record-set.ts'
import type { Change } from '../plan/plan.ts'
import { skipped, type ChangeOutcome } from '../providers/provider.ts'
import {
  blame,
  changeOf,
  concernsAll,
  isApplied,
  isBlocking,
  isOutdated,
  isRefused,
  isRefusedTogether,
  isSuspect,
  type Failure,
  type Suspect,
} from './change-outcomes.ts'
import { groupBy } from './group-by.ts'
import type { ZoneWriter } from './rested-writes.ts'

/** What is not found with so many calls is looked for in a later pass: a provider that refuses everything is not asked for ever. */
const MOST_SEARCH_CALLS = 64
/** With the one found before, so many refused alone from all over a batch speak for all of it. */
const REFUSED_SAMPLES = 7
/** What is outdated is tried again within a minute, and may well have settled by then: less has to be known of it. */
const OUTDATED_SAMPLES = 3
/** Steps of this part of the whole never come back near to where they were. */
const GOLDEN_PART = (Math.sqrt(5) - 1) / 2

/**
 * One outcome per change. `stopping` is heard between calls, never inside one. `isRetried` tells the names that were tried before, and
 * read again since.
 */
export async function carryOut(
  session: ZoneWriter,
  changes: readonly Change[],
  stopping: AbortSignal,
  isRetried: (name: Fqdn) => boolean = () => false,
): Promise<readonly ChangeOutcome[]> {
  const outcomes: ChangeOutcome[] = []
  const carrier = new Carrier(session, stopping, isRetried)
  for (const batch of session.batch(changes)) {
    // A provider that is away or asks to wait says so for all: other batches would only meet the same answer.
    if (outcomes.some(isBlocking)) outcomes.push(...batch.map(skipped))
    else outcomes.push(...(await carrier.carryOut(batch)))
  }
  return outcomes
}

class Carrier {
  readonly #session: ZoneWriter
  readonly #stopping: AbortSignal
  readonly #isRetried: (name: Fqdn) => boolean
  #searchCalls = 0
  #hasApplied = false
  /** What was said of those that were found to blame. */
  readonly #blamedFor = new Set<string>()

  constructor(session: ZoneWriter, stopping: AbortSignal, isRetried: (name: Fqdn) => boolean) {
    this.#session = session
    this.#stopping = stopping
    this.#isRetried = isRetried
  }

  async carryOut(batch: readonly Change[]): Promise<readonly ChangeOutcome[]> {
    const outcomes = await this.#send(batch)
    if (this.#isStuck(outcomes)) {
      const settled = outcomes.filter((outcome) => !isOutdated(outcome))
      return [...settled, ...(await this.#investigate(outcomes.filter(isOutdated)))]
    }
    const refused = outcomes.filter(isRefused)
    const suspects = refused.filter(isRefusedTogether)
    if (suspects.length === 0 || refused.some(concernsAll)) return outcomes
    const settled = outcomes.filter((outcome) => !isRefusedTogether(outcome))
    if (suspects.length === refused.length) return [...settled, ...(await this.#investigate(suspects))]
    const culprits = refused.filter((outcome) => !isRefusedTogether(outcome))
    return [...settled, ...(await this.#goOnWithout(culprits, suspects, boundNames(batch)))]
  }

  /** A provider that names the culprit saves the search: the rest is tried again without it, and without what made room for it. */
  async #goOnWithout(
    culprits: readonly Failure[],
    suspects: readonly Failure[],
    bound: ReadonlySet<Fqdn>,
  ): Promise<readonly ChangeOutcome[]> {
    const errors = new Map(culprits.map(({ change, error }) => [change.key.name, error]))
    const isBound = ({ change: { key } }: Failure): boolean => bound.has(key.name) && errors.has(key.name)
    const fallen = suspects
      .filter(isBound)
      .map((suspect) => blame({ ...suspect, error: errors.get(suspect.change.key.name) ?? suspect.error }))
    const again = suspects.filter((suspect) => !isBound(suspect))
    if (this.#seemsHopeless(again)) return [...fallen, ...(await this.#sample(again))]
    for (const { reason } of errors.values()) this.#blamedFor.add(reason)
    return [...fallen, ...(await this.#search(again.map(changeOf)))]
  }

  #investigate(suspects: readonly Suspect[]): Promise<readonly ChangeOutcome[]> {
    return this.#seemsHopeless(suspects) ? this.#sample(suspects) : this.#bisect(suspects)
  }

  /** One was found to blame, and all the others have the same answer without it. */
  #seemsHopeless(suspects: readonly Suspect[]): boolean {
    const reasons = new Set(suspects.map(({ error }) => error.reason))
    return !this.#hasApplied && reasons.size === 1 && [...reasons].every((reason) => this.#blamedFor.has(reason))
  }

  /**
   * Tries some alone, from all over the batch. Where none passes, the rest is taken at its word: to find each would only ask the same
   * again. Where one does, the search goes on.
   */
  async #sample(suspects: readonly Suspect[]): Promise<readonly ChangeOutcome[]> {
    const reason = suspects[0]?.error.reason
    const count = suspects.some(isOutdated) ? OUTDATED_SAMPLES : REFUSED_SAMPLES
    const settled: ChangeOutcome[] = []
    const left = new Map(suspects.map((suspect) => [suspect.change, suspect]))
    for (const step of pickSteps(inSteps(suspects), count)) {
      if (this.#isSpent) break
      const tried = await this.#try(step.map(changeOf))
      settled.push(...tried.map(blame))
      for (const { change } of step) left.delete(change)
      if (tried.every((outcome) => isSuspect(outcome) && outcome.error.reason === reason)) continue
      const canGoOn = tried.every(isApplied) || this.#canLearnFrom(tried)
      return [...settled, ...(canGoOn ? await this.#search([...left.keys()]) : [...left.keys()].map(skipped))]
    }
    return [...settled, ...left.values()]
  }

  /**
   * The suspects failed together, so at least one is to blame. Their first half is tried. If it passes, the blame is in the
   * second, without asking; if not, the second is put by and tried as a whole in the end. One culprit among n costs log₂ n + 1 calls.
   */
  async #bisect(failed: readonly Suspect[]): Promise<readonly ChangeOutcome[]> {
    const settled: ChangeOutcome[] = []
    const putBy = new Set<Change>()
    let suspects = inSteps(failed)
    while (suspects.length > 1) {
      const middle = Math.ceil(suspects.length / 2)
      const second = suspects.slice(middle)
      const tried = await this.#try(suspects.slice(0, middle).flat().map(changeOf))
      if (tried.every(isApplied)) {
        settled.push(...tried)
        suspects = second
        continue
      }
      for (const { change } of second.flat()) putBy.add(change)
      if (!this.#canLearnFrom(tried)) return [...settled, ...tried, ...[...putBy].map(skipped)]
      suspects = inSteps(tried)
    }
    for (const suspect of suspects.flat()) {
      this.#blamedFor.add(suspect.error.reason)
      settled.push(blame(suspect))
    }
    return [...settled, ...(await this.#search(failed.map(changeOf).filter((change) => putBy.has(change))))]
  }

  /** Nothing more can be learnt while the provider is away, or our own knowledge is stale. */
  #canLearnFrom(tried: readonly ChangeOutcome[]): tried is readonly Suspect[] {
    const isStale = tried.some(isOutdated) && !this.#isStuck(tried)
    return !isStale && tried.every(isSuspect) && !tried.some(concernsAll)
  }

  /** Reading again has not helped some name, and none of the batch was done: the others are not made to wait for that one. */
  #isStuck(outcomes: readonly ChangeOutcome[]): boolean {
    if (outcomes.some(({ kind }) => kind === 'applied' || kind === 'unconfirmed')) return false
    return outcomes.some((outcome) => isOutdated(outcome) && this.#isRetried(outcome.change.key.name))
  }

  get #isSpent(): boolean {
    return this.#searchCalls >= MOST_SEARCH_CALLS
  }

  async #search(changes: readonly Change[]): Promise<readonly ChangeOutcome[]> {
    if (changes.length === 0) return []
    if (this.#isSpent) return changes.map(skipped)
    this.#searchCalls += 1
    return this.carryOut(changes)
  }

  #try(changes: readonly Change[]): Promise<readonly ChangeOutcome[]> {
    if (this.#isSpent) return Promise.resolve(changes.map(skipped))
    this.#searchCalls += 1
    return this.#send(changes)
  }

  async #send(changes: readonly Change[]): Promise<readonly ChangeOutcome[]> {
    if (this.#stopping.aborted) return changes.map(skipped)
    try {
      // Whatever happens to the process, a call that was begun is waited for: only its own time limit ends it.
      const outcomes = await this.#session.apply(changes, new AbortController().signal)
      if (outcomes.some(isApplied)) this.#hasApplied = true
      return outcomes
    } catch (thrown) {
      // A session that fails in a way it does not foresee may have failed after the write.
      const error = toReconcileError(thrown)
      return changes.map((change) => ({ kind: 'unconfirmed', change, error }))
    }
  }
}

/** What makes room for another change stands or falls with it. */
function inSteps(suspects: readonly Suspect[]): readonly (readonly Suspect[])[] {
  const bound = boundNames(suspects.map(changeOf))
  return [...groupBy(suspects, ({ change: { key } }) => (bound.has(key.name) ? key.name : keyText(key))).values()]
}

/** Some from all over, at odd and even places: where each name has two sets, it may be all of the one kind that are refused. */
function pickSteps<Step>(steps: readonly Step[], count: number): readonly Step[] {
  if (steps.length <= count) return steps
  const places = Array.from({ length: count }, (_, index) => {
    const pair = Math.floor((((index + 1) * GOLDEN_PART) % 1) * Math.floor(steps.length / 2))
    return 2 * pair + (index % 2)
  })
  return [...new Set(places)].map((place) => steps[place]).filter((step) => step !== undefined)
}

/** Names where one set goes and another comes. */
function boundNames(changes: readonly Change[]): ReadonlySet<Fqdn> {
  const left = new Set(changes.filter(({ kind }) => kind === 'delete').map(({ key }) => key.name))
  return new Set(changes.filter(({ kind, key }) => kind !== 'delete' && left.has(key.name)).map(({ key }) => key.name))
}
