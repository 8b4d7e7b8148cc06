// The last events, for whoever shows them. Equal ones in a row are counted.
import type { StoreEvent } from '../store.ts'

export interface LoggedEvent extends StoreEvent {
  readonly count: number
  /** Milliseconds since the epoch. */
  readonly firstAt: number
  readonly lastAt: number
}

const MAX_EVENTS = 1_000

export class EventLog {
  readonly #listeners = new Set<(event: LoggedEvent) => void>()
  readonly #events: LoggedEvent[] = []

  add(event: StoreEvent, now: number): void {
    const last = this.#events.at(-1)
    const repeats = last !== undefined && isSame(last, event)
    const next = repeats
      ? { ...last, count: last.count + 1, lastAt: now }
      : { ...event, count: 1, firstAt: now, lastAt: now }
    if (repeats) this.#events.pop()
    this.#events.push(next)
    if (this.#events.length > MAX_EVENTS) this.#events.shift()
    for (const listener of this.#listeners) listener(next)
  }

  /** Oldest first. */
  list(): readonly LoggedEvent[] {
    return [...this.#events]
  }

  /** The listener must not throw. It hears a repeated event again, with its count. */
  subscribe(listener: (event: LoggedEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

function isSame(a: StoreEvent, b: StoreEvent): boolean {
  const sameObject = a.about.kind === b.about.kind && a.about.metadata.uid === b.about.metadata.uid
  return sameObject && a.type === b.type && a.reason === b.reason && a.message === b.message
}
