// Lines on their way to a client, each made only when there is room for it: a burst waits here, not in the socket.
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { Clock } from '../../model/clock.ts'

/** A client that leaves something unread for so long, while there is more to say, is let go: it can ask again. */
export const LONGEST_UNREAD_MS = 60_000

interface Waiting {
  readonly makeLine: () => string
  readonly since: number
}

export class LineQueue {
  readonly #client: Writable
  readonly #clock: Pick<Clock, 'monotonicNow'>
  /** In their order, with the one that the client is just taking. */
  readonly #waiting = new Set<Waiting>()
  readonly #closing = new AbortController()
  #isSending = false

  constructor(client: Writable, clock: Pick<Clock, 'monotonicNow'>) {
    this.#client = client
    this.#clock = clock
  }

  push(makeLine: () => string): void {
    if (this.#closing.signal.aborted) return
    const since = this.#clock.monotonicNow()
    const [oldest] = this.#waiting
    if (oldest !== undefined && since - oldest.since > LONGEST_UNREAD_MS) return this.#letGo()
    this.#waiting.add({ makeLine, since })
    if (!this.#isSending) this.#send().catch(() => this.#letGo())
  }

  /** What waits is dropped. */
  close(): void {
    this.#closing.abort()
    this.#waiting.clear()
  }

  #letGo(): void {
    // Whoever closed ends what was said, and not in the middle of it.
    if (this.#closing.signal.aborted) return
    this.close()
    this.#client.destroy()
  }

  /** What is added meanwhile is sent, too. */
  async #send(): Promise<void> {
    const { signal } = this.#closing
    this.#isSending = true
    for (const line of this.#waiting) {
      if (!this.#client.write(line.makeLine())) await once(this.#client, 'drain', { signal })
      this.#waiting.delete(line)
    }
    this.#isSending = false
  }
}
