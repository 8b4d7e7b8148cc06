// When a zone is looked at for what others did there, and when it is read whatever a probe says.
import type { Random } from '../model/clock.ts'

const PROBE_EVERY_MS = 60_000
const LIST_EVERY_MS = 600_000
/** A zone that one call reads is read this often while the allowance is at least half full. */
const CHEAP_LIST_EVERY_MS = 60_000

export interface Look {
  /** The whole zone, and not only a probe. */
  readonly isRead: boolean
  /** Those that other zones of the credential made meanwhile count too: then it is busy, and the longer pause is right. */
  readonly calls: number
  /** Of the allowance, from 0 to 1. */
  readonly fill: number
}

/** Moments are the monotonic clock's, so that nothing waits longer because the date was set back. */
export class CheckSchedule {
  readonly #hasProbe: boolean
  readonly #random: Random
  #nextAt = 0
  #nextListAt = 0

  constructor(hasProbe: boolean, random: Random) {
    this.#hasProbe = hasProbe
    this.#random = random
  }

  get nextAt(): number {
    return this.#nextAt
  }

  /** When it is to be read, if a probe may have missed something. */
  get nextListAt(): number {
    return this.#nextListAt
  }

  note(look: Look, now: number): void {
    const jitter = 0.9 + this.#random() / 5
    if (look.isRead) this.#nextListAt = now + LIST_EVERY_MS * jitter
    this.#nextAt = now + (this.#hasProbe ? PROBE_EVERY_MS : listEveryMs(look)) * jitter
  }
}

function listEveryMs({ calls, fill }: Look): number {
  return calls <= 1 && fill >= 0.5 ? CHEAP_LIST_EVERY_MS : LIST_EVERY_MS
}
