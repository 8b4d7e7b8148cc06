// The objects of one kind with a version each, and what became of them: what lists and watches are made of.
import type { RawObject } from './raw-object.ts'

const KEPT_EVENTS = 1_000

export interface LogEvent {
  readonly version: number
  /** Undefined when it is new. */
  readonly previous: RawObject | undefined
  /** Undefined when it is gone. */
  readonly next: RawObject | undefined
}

interface Entry {
  /** As it was listed. */
  readonly source: RawObject
  readonly text: string
  /** With its version. */
  readonly object: RawObject
}

export class ObjectLog {
  readonly #list: () => Iterable<RawObject>
  readonly #entries = new Map<string, Entry>()
  readonly #listeners = new Set<(event: LogEvent) => void>()
  #events: LogEvent[] = []
  /** Everything after this is known. */
  #oldest: number
  #version: number

  /** Versions of one run must not be taken for those of another: `firstVersion` grows from run to run. */
  constructor(list: () => Iterable<RawObject>, firstVersion: number) {
    this.#list = list
    this.#version = firstVersion
    this.#oldest = firstVersion
  }

  get version(): number {
    return this.#version
  }

  /** In the order of their names. */
  objects(): readonly RawObject[] {
    const keys = [...this.#entries.keys()].sort()
    return keys.flatMap((key) => this.#entries.get(key)?.object ?? [])
  }

  /** What happened after a version; undefined when that is no longer, or not yet, known. */
  since(version: number): readonly LogEvent[] | undefined {
    if (version < this.#oldest || version > this.#version) return undefined
    return this.#events.filter((event) => event.version > version)
  }

  onEvent(listener: (event: LogEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes in what changed since the last time. */
  refresh(): void {
    const gone = new Set(this.#entries.keys())
    for (const source of this.#list()) {
      const key = `${source.metadata.namespace ?? ''}/${source.metadata.name}`
      gone.delete(key)
      this.#take(key, source)
    }
    for (const key of gone) this.#drop(key)
  }

  #take(key: string, source: RawObject): void {
    const known = this.#entries.get(key)
    if (known?.source === source) return
    const text = JSON.stringify(source)
    if (known?.text === text) {
      this.#entries.set(key, { ...known, source })
      return
    }
    const object = this.#stamp(source)
    this.#entries.set(key, { source, text, object })
    this.#say({ version: this.#version, previous: known?.object, next: object })
  }

  #drop(key: string): void {
    const known = this.#entries.get(key)
    if (known === undefined) return
    this.#entries.delete(key)
    const previous = this.#stamp(known.source)
    this.#say({ version: this.#version, previous, next: undefined })
  }

  #stamp(source: RawObject): RawObject {
    this.#version += 1
    return { ...source, metadata: { ...source.metadata, resourceVersion: String(this.#version) } }
  }

  #say(event: LogEvent): void {
    this.#events.push(event)
    if (this.#events.length > 2 * KEPT_EVENTS) {
      this.#oldest = this.#events.at(-KEPT_EVENTS - 1)?.version ?? this.#oldest
      this.#events = this.#events.slice(-KEPT_EVENTS)
    }
    for (const listener of this.#listeners) listener(event)
  }
}
