// What resolvers may still answer although DNS does not say it any more: a value that was taken out, or whose TTL was lowered, for as long
// as its TTL was when they last could ask.
import type { ChangeOutcome } from '../../providers/provider.ts'
import type { Change } from '../../plan/plan.ts'

export class RememberedAnswers {
  /** By value: when the last resolver has forgotten it, by the monotonic clock. */
  readonly #until = new Map<string, number>()

  /** To be called right after the writes. One whose answer was lost may have been made. */
  learn(outcomes: readonly ChangeOutcome[], now: number): void {
    const changes = outcomes.flatMap(({ kind, change }) => (kind === 'applied' || kind === 'unconfirmed' ? change : []))
    const ended = changes.flatMap((change) => listEnded(change))
    if (ended.length === 0) return
    for (const [value, until] of this.#until) if (until <= now) this.#until.delete(value)
    for (const { value, ttlSeconds } of ended) {
      this.#until.set(value, Math.max(this.#until.get(value) ?? 0, now + ttlSeconds * 1000))
    }
  }

  /** In how many milliseconds none of the values is remembered any more. */
  msLeft(values: readonly string[], now: number): number {
    return Math.max(0, ...values.map((value) => (this.#until.get(value) ?? 0) - now))
  }
}

interface EndedAnswer {
  readonly value: string
  readonly ttlSeconds: number
}

/** The values that nobody is answered any more with the TTL of before. */
function listEnded(change: Change): readonly EndedAnswer[] {
  if (change.kind === 'create') return []
  const { values, ttl } = change.previous
  const next = change.kind === 'delete' ? undefined : change.next
  // A higher TTL outlasts the one before.
  const kept = new Set(next === undefined || next.ttl < ttl ? [] : next.values.map(({ value }) => value))
  return values.flatMap(({ value }) => (kept.has(value) ? [] : { value, ttlSeconds: ttl }))
}
