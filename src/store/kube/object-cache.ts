// The objects of one kind, narrowed to what is used of them. Says when one is other than it was, and only then.
import type { ObjectKey } from '../store.ts'
import { isOlderVersion, readIdentity } from './object-identity.ts'
import type { ReflectorSink } from './reflector.ts'

export interface CacheKind<Value> {
  /** Undefined for what is no object of the kind. Must not throw. Giving `previous` itself says that nothing has changed. */
  parse(object: unknown, previous: Value | undefined): Value | undefined
  /** Whether nobody needs to hear of the difference. */
  equals(previous: Value, next: Value): boolean
}

interface Source {
  readonly owns: (key: string) => boolean
  /** Everything up to this version has been heard of. Undefined before the first list. */
  reached: string | undefined
}

export class ObjectCache<Value> {
  readonly #kind: CacheKind<Value>
  readonly #onChange: (key: ObjectKey) => void
  readonly #values = new Map<string, Value>()
  readonly #sources: Source[] = []
  /** Versions that came as the answer to our own writes, ahead of the watch. Older events about these objects are stale. */
  readonly #written = new Map<string, string>()

  constructor(kind: CacheKind<Value>, onChange: (key: ObjectKey) => void) {
    this.#kind = kind
    this.#onChange = onChange
  }

  get(key: string): Value | undefined {
    return this.#values.get(key)
  }

  values(): Iterable<Value> {
    return this.#values.values()
  }

  /** The answer to a write of our own. */
  putWritten(object: unknown): void {
    this.#takeAnswer(object, () => this.#put(object))
  }

  /** The same, where the write was the last thing that kept the object. */
  removeWritten(object: unknown): void {
    this.#takeAnswer(object, (key) => this.#drop(key))
  }

  /** For one reflector; `owns` says which keys are its. */
  sinkFor(owns: (key: string) => boolean): ReflectorSink {
    const source: Source = { owns, reached: undefined }
    this.#sources.push(source)
    return {
      listBegins: () => {
        // What is listed from now on is at least as new as what was written before.
        for (const key of this.#written.keys()) if (owns(key)) this.#written.delete(key)
      },
      put: (object) => this.#put(object),
      remove: (object) => {
        const identity = readIdentity(object)
        if (identity !== undefined && !this.#isStale(identity)) this.#drop(identity.key)
      },
      reached: (version) => void (source.reached = version),
      listEnds: (keys) => {
        const gone = [...this.#values.keys()].filter((key) => owns(key) && !keys.has(key) && !this.#written.has(key))
        for (const key of gone) this.#drop(key)
      },
    }
  }

  /** An answer may come late: then the watch has told of the write already, and perhaps of what came after it. */
  #takeAnswer(object: unknown, take: (key: string) => void): void {
    const identity = readIdentity(object)
    if (identity === undefined || this.#isStale(identity)) return
    const { key, version } = identity
    const source = this.#sources.find(({ owns }) => owns(key))
    if (source?.reached !== undefined && !isOlderVersion(source.reached, version)) return
    take(key)
    this.#written.set(key, version)
  }

  #put(object: unknown): void {
    const identity = readIdentity(object)
    if (identity === undefined || this.#isStale(identity)) return
    const previous = this.#values.get(identity.key)
    const next = this.#kind.parse(object, previous)
    if (next === undefined || next === previous) return
    this.#values.set(identity.key, next)
    if (previous === undefined || !this.#kind.equals(previous, next)) this.#onChange(identity)
  }

  #drop(key: string): void {
    if (!this.#values.delete(key)) return
    const slash = key.indexOf('/')
    this.#onChange({ namespace: key.slice(0, slash), name: key.slice(slash + 1) })
  }

  #isStale({ key, version }: { readonly key: string; readonly version: string }): boolean {
    const written = this.#written.get(key)
    if (written === undefined) return false
    if (isOlderVersion(version, written)) return true
    this.#written.delete(key)
    return false
  }
}
