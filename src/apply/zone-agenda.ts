// What the worker of a zone has to look at, and since when it waits: names that were touched, tries that are due, or everything.
import type { Clock, Random } from '../model/clock.ts'
import type { Fqdn } from '../model/name.ts'
import { DirtyNames } from './dirty-names.ts'
import { Gathering } from './gathering.ts'

/** So many names rarely want nothing; for fewer, it is not worth the call that may turn out to be for nothing. */
export const MANY_NAMES = 50

const LONGEST_MS = 250
/** Where many have come: what comes during the look that precedes their write goes along. */
const LONGEST_BEFORE_LOOK_MS = 125

export interface Work {
  /** All names when undefined. */
  readonly names: readonly Fqdn[] | undefined
  /** By somebody who wants another try of everything. */
  readonly isAsked: boolean
  /** More is likely to come in a moment. */
  readonly isGrowing: boolean
}

export interface AgendaOptions {
  readonly clock: Clock
  readonly random: Random
  /** The names, and those that can only be judged together with them. */
  readonly together: (names: readonly Fqdn[]) => readonly Fqdn[]
  /** Whether the whole zone is looked at before a write. */
  readonly looksFirst: boolean
  /** Whether names are about to be touched. */
  readonly isMoreComing: () => boolean
}

export class ZoneAgenda {
  readonly dirty: DirtyNames
  readonly #options: AgendaOptions
  readonly #gathering: Gathering
  #everything = true
  /** Somebody wants another try of everything: then nothing rests. */
  #isAsked = true

  constructor(options: AgendaOptions) {
    this.#options = options
    this.dirty = new DirtyNames(options.random)
    const { clock, isMoreComing, looksFirst } = options
    const looksSoon = (): boolean => looksFirst && this.dirty.size >= MANY_NAMES
    const longestMs = (): number => (looksSoon() ? LONGEST_BEFORE_LOOK_MS : LONGEST_MS)
    this.#gathering = new Gathering({ clock, isMoreComing, longestMs })
  }

  get isEmpty(): boolean {
    return !this.#everything && this.dirty.size === 0
  }

  /** These names want a look; all of them, and another try, when nothing is named. */
  touch(names?: Iterable<Fqdn>): void {
    if (names === undefined) {
      this.#everything = true
      this.#isAsked = true
    } else this.dirty.add(names)
    this.#gathering.touch()
  }

  /** The zone may be other than it was known to be. */
  addAll(): void {
    this.#everything = true
  }

  /** Lets a burst gather. */
  async gather(fill: number, stopping: AbortSignal): Promise<void> {
    await this.#gathering.wait(fill, stopping)
  }

  /** For a new pass. Undefined where there is nothing to look at. */
  take(): Work | undefined {
    const isGrowing = !this.#gathering.isQuiet
    this.#gathering.end()
    const taken = this.dirty.take(this.#options.clock.monotonicNow())
    const all = this.#everything
    if (!all && taken.length === 0) return undefined
    this.#everything = false
    const isAsked = all && this.#isAsked
    if (isAsked) this.#isAsked = false
    return { names: all ? undefined : this.#options.together(taken), isAsked, isGrowing }
  }

  /** What was touched during a look at the whole zone need not wait for the next pass. */
  takeAlong(names: readonly Fqdn[] | undefined): readonly Fqdn[] | undefined {
    if (names === undefined) return names
    this.#gathering.end()
    const more = this.dirty.takeMore(this.#options.clock.monotonicNow())
    return this.#options.together([...new Set([...names, ...more])])
  }

  /** The pass failed: nothing of it may be lost. */
  putBack({ names, isAsked }: Work): void {
    if (names === undefined) this.#everything = true
    if (isAsked) this.#isAsked = true
    this.dirty.putBack()
  }
}
