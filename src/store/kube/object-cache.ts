// The objects of one kind, narrowed to what is used of them. Says when one is other than it was, and only then.
import type { ObjectKey } from '../store.ts'
import { isOlderVersion, readIdentity, type ObjectIdentity } from './object-identity.ts'
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
  /** The uids of what our own writes removed, by key, until the watch has told of it. Other events about them are stale. */
  readonly #removed = new Map<string, string>()

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

  /** The answer to a write of our own. It may come late: then the watch has told of it already, and perhaps of what came after. */
  putWritten(object: unknown): void {
    const identity = readIdentity(object)
    if (identity === undefined || this.#isStale(identity)) return
    const { key, version } = identity
    const source = this.#sources.find(({ owns }) => owns(key))
    if (source?.reached !== undefined && !isOlderVersion(source.reached, version)) return
    this.#put(object)
    this.#written.set(key, version)
  }

  /**
   * The same, where the write was the last thing that kept the object. The answer is the object as it was before that, with
   * its version from then, which therefore says nothing here. `isIt` tells the object from another of that name.
   */
  removeWritten(object: unknown, isIt: (value: Value) => boolean): void {
    const identity = readIdentity(object)
    const value = identity && this.#values.get(identity.key)
    if (identity === undefined || value === undefined || !isIt(value)) return
    this.#removed.set(identity.key, identity.uid)
    this.#written.delete(identity.key)
    this.#drop(identity.key)
  }

  /** For one reflector; `owns` says which keys are its. */
  sinkFor(owns: (key: string) => boolean): ReflectorSink {
    const source: Source = { owns, reached: undefined }
    this.#sources.push(source)
    return {
      listBegins: () => {
        // What is listed from now on is at least as new as what was written before.
        for (const answers of [this.#written, this.#removed])
          for (const key of answers.keys()) if (owns(key)) answers.delete(key)
      },
      put: (object) => this.#put(object),
      remove: (object) => {
        const identity = readIdentity(object)
        if (identity === undefined) return
        if (this.#removed.get(identity.key) === identity.uid) this.#removed.delete(identity.key)
        else if (!this.#isStale(identity)) this.#drop(identity.key)
      },
      reached: (version) => void (source.reached = version),
      listEnds: (keys) => {
        const gone = [...this.#values.keys()].filter((key) => owns(key) && !keys.has(key) && !this.#written.has(key))
        for (const key of gone) this.#drop(key)
      },
    }
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

  #isStale({ key, version, uid }: ObjectIdentity): boolean {
    if (this.#removed.get(key) === uid) return true
    const written = this.#written.get(key)
    if (written === undefined) return false
    if (isOlderVersion(version, written)) return true
    this.#written.delete(key)
    return false
  }
}
