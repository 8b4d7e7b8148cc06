// What the Git store remembers: pure values, and how a change makes the next one of them.
import type { KindName, ObjectMeta } from '../../api/kinds.ts'
import type { NodeObject } from '../../api/node.ts'
import type { ObjectKey } from '../store.ts'

/** Where something is written, from the root of the tree. */
export interface Place {
  readonly file: string
  readonly line: number
}

/** One of our objects. */
export interface ObjectEntry {
  readonly kind: KindName
  /** Of the newest version; uid, generation, times, finalizers and resourceVersion are ours. */
  readonly metadata: ObjectMeta
  /** Of the newest version's spec. */
  readonly specHash: string
  /** The last valid one, with its defaults; absent when none was valid yet. */
  readonly spec?: unknown
  readonly status?: unknown
  /** Why the newest version is not in force. */
  readonly problem?: string
  /** Annotations that a person gave by command and no manifest has; they are in `metadata`, too, and speak of this generation alone. */
  readonly given?: Readonly<Record<string, string>>
  readonly place: Place
}

export interface NodeEntry {
  readonly kind: 'Node'
  readonly node: NodeObject
  readonly place: Place
}

export interface NamespaceEntry {
  readonly kind: 'Namespace'
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly place: Place
}

export type Entry = ObjectEntry | NodeEntry | NamespaceEntry

/** What was applied last. */
export interface AppliedSource {
  /** Which repository, ref and folder. */
  readonly source: string
  /** Absent for a plain folder. */
  readonly commit?: string
  /** RFC 3339. */
  readonly time: string
}

/** The parts that are there once. */
export interface Settings {
  readonly identity: string
  /** The last resourceVersion that was given. */
  readonly revision: number
  /** How many of our objects have gone for good; absent while none has. */
  readonly removed?: number
  /** Stands for the schemas the specs were checked with. */
  readonly schemas: string
  readonly applied?: AppliedSource
  /** Names of what a person has to let go before it may be removed; see `judgeRemovals`. */
  readonly held?: readonly string[]
}

export interface StoreState {
  readonly settings: Settings
  /** By kind, then by `entryKey`. */
  readonly entries: ReadonlyMap<Entry['kind'], ReadonlyMap<string, Entry>>
}

export interface StateChange {
  readonly settings?: Partial<Settings>
  readonly put?: readonly Entry[]
  readonly remove?: readonly EntryRef[]
}

export interface EntryRef extends ObjectKey {
  readonly kind: Entry['kind']
}

export function isObjectEntry(entry: Entry): entry is ObjectEntry {
  return entry.kind !== 'Node' && entry.kind !== 'Namespace'
}

export function refOf(entry: Entry): EntryRef {
  if (entry.kind === 'Node') return { kind: entry.kind, namespace: '', name: entry.node.name }
  if (entry.kind === 'Namespace') return { kind: entry.kind, namespace: '', name: entry.name }
  return { kind: entry.kind, namespace: entry.metadata.namespace, name: entry.metadata.name }
}

/** A slash cannot occur in either part. */
export function entryKey({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`
}

export function findEntry(state: StoreState, { kind, ...key }: EntryRef): Entry | undefined {
  return state.entries.get(kind)?.get(entryKey(key))
}

export function findObject(state: StoreState, kind: KindName, key: ObjectKey): ObjectEntry | undefined {
  const entry = findEntry(state, { kind, namespace: key.namespace, name: key.name })
  return entry !== undefined && isObjectEntry(entry) ? entry : undefined
}

export function* listEntries(state: StoreState): Generator<Entry> {
  for (const entries of state.entries.values()) yield* entries.values()
}

export function emptyState(settings: Settings): StoreState {
  return { settings, entries: new Map() }
}

/** The whole state as one change from nothing. */
export function wholeState(state: StoreState): StateChange {
  return { settings: state.settings, put: [...listEntries(state)] }
}

/** Copies each kind once, however many changes there are. */
export function applyChanges(state: StoreState, changes: Iterable<StateChange>): StoreState {
  const draft = new StateDraft(state)
  for (const change of changes) draft.apply(change)
  return draft
}

/** A state under construction: later changes of a batch are decided on what the earlier ones made of it. */
export class StateDraft implements StoreState {
  settings: Settings
  readonly entries: Map<Entry['kind'], ReadonlyMap<string, Entry>>
  readonly #copied = new Map<Entry['kind'], Map<string, Entry>>()

  constructor(state: StoreState) {
    this.settings = state.settings
    this.entries = new Map(state.entries)
  }

  apply({ settings, put = [], remove = [] }: StateChange): void {
    this.settings = { ...this.settings, ...settings }
    for (const entry of put) this.#writable(entry.kind).set(entryKey(refOf(entry)), entry)
    for (const ref of remove) this.#remove(ref)
  }

  #remove(ref: EntryRef): void {
    const entry = findEntry(this, ref)
    if (!this.#writable(ref.kind).delete(entryKey(ref)) || entry === undefined || !isObjectEntry(entry)) return
    this.settings = { ...this.settings, removed: (this.settings.removed ?? 0) + 1 }
  }

  #writable(kind: Entry['kind']): Map<string, Entry> {
    const known = this.#copied.get(kind)
    if (known !== undefined) return known
    const copy = new Map(this.entries.get(kind))
    this.#copied.set(kind, copy)
    this.entries.set(kind, copy)
    return copy
  }
}
