// The port to resources and nodes. A store keeps everything it watches in memory: reading is free and never waits, and whoever listens
// hears only that something is other than it was, never what (design: level, not edge).
import type { KindName, ObjectMeta, StoaObject } from '../api/kinds.ts'
import type { Labels } from '../api/label-selector.ts'
import type { NodeObject, ServiceObject } from '../api/node.ts'
import type { OwnerId } from '../model/record-set.ts'

export interface ObjectKey {
  /** Empty for what has no namespace. */
  readonly namespace: string
  readonly name: string
}

/** Everything a store reads. Nodes and Namespaces have no namespace. */
export type WatchedKind = KindName | 'Node' | 'Service' | 'Namespace' | 'Secret'

/** The object is other than it was, new, or gone. The present state is in the store. */
export interface ObjectChange extends ObjectKey {
  readonly kind: WatchedKind
}

export type ObjectOf<Kind extends KindName> = Extract<StoaObject, { readonly kind: Kind }>

/** One of our objects as the store has it. Never changed in place: a newer version is another value. */
export interface StoredObject<Resource extends StoaObject = StoaObject> {
  readonly kind: Resource['kind']
  /** Of the newest version, valid or not. */
  readonly metadata: ObjectMeta
  readonly status: Resource['status'] | undefined
  /**
   * What is in force: the newest version, or the last valid one where the newest is not valid, with the newest metadata and status
   * either way. Undefined when no valid version is known.
   */
  readonly resource: Resource | undefined
  /** Why the newest version is not in force; where objects are read from files, with file and line. */
  readonly problem: string | undefined
}

export type SecretLookup =
  | { readonly kind: 'found'; readonly values: ReadonlyMap<string, string> }
  | { readonly kind: 'absent' }
  /** Unread: the first look at it is under way, and its end will be heard of. Unknown: it cannot be read. The message names it and says why. */
  | { readonly kind: 'unread' | 'unknown'; readonly message: string }

/** What happened to an object, for people. Equal events in a row are counted, not repeated. */
export interface StoreEvent {
  readonly type: 'Normal' | 'Warning'
  /** UpperCamelCase. */
  readonly reason: string
  readonly message: string
  readonly about: {
    readonly kind: KindName
    readonly metadata: Pick<ObjectMeta, 'namespace' | 'name' | 'uid'>
  }
}

/** Whether everything of a kind has been read, and since when nothing has been heard that should have been. */
export interface WatchHealth {
  readonly kind: WatchedKind
  readonly synced: boolean
  /** When the last sign of life came, by the monotonic clock; undefined before the first. */
  readonly lastHeardAt: number | undefined
  /** Why it is not heard from at the moment. */
  readonly problem: string | undefined
}

export interface StoreReader {
  /** Everything was read once. While false, what is not there may only not be known yet. */
  isSynced(kind: WatchedKind): boolean
  /** The listener must not throw. Returns what ends it. */
  subscribe(listener: (change: ObjectChange) => void): () => void
  get<Kind extends KindName>(kind: Kind, key: ObjectKey): StoredObject<ObjectOf<Kind>> | undefined
  list<Kind extends KindName>(kind: Kind): Iterable<StoredObject<ObjectOf<Kind>>>
  node(name: string): NodeObject | undefined
  nodes(): Iterable<NodeObject>
  service(key: ObjectKey): ServiceObject | undefined
  /** Undefined where the namespace is not known. */
  namespaceLabels(name: string): Labels | undefined
  /** From now on exactly these are kept. Secrets that are not followed are unknown. */
  followSecrets(keys: readonly ObjectKey[]): void
  secret(key: ObjectKey): SecretLookup
}

/**
 * Writes reject with the errors of the model: a TransientError `Conflict` when the object is another version by now (it will be heard
 * of, and reconciled again), a TerminalError when it is refused for good, a WaitingError when throttled. Writing to an object that is
 * gone does nothing and succeeds: there is nobody left to tell.
 */
export interface StoreWriter {
  /** Replaces the status. `seen` is the version it was derived from. */
  writeStatus<Kind extends KindName>(
    kind: Kind,
    seen: ObjectMeta,
    status: NonNullable<ObjectOf<Kind>['status']>,
    signal: AbortSignal,
  ): Promise<void>
  /** Puts the records finalizer on the object, or takes it off. An object that is being deleted goes once it is off. */
  setFinalizer(kind: KindName, seen: ObjectMeta, present: boolean, signal: AbortSignal): Promise<void>
  /** Best effort: never rejects, never waits. */
  emit(event: StoreEvent): void
  /** Creates or updates a ConfigMap for an object, and lets it go with that object. Others' ConfigMaps are refused. */
  publishConfigMap(
    owner: StoredObject,
    name: string,
    data: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void>
}

export interface Store extends StoreReader, StoreWriter {
  /** Reads and watches until aborted, whatever fails meanwhile. */
  run(stopping: AbortSignal): Promise<void>
  /** Resolves once every kind is synced. Rejects only when aborted. */
  whenSynced(signal: AbortSignal): Promise<void>
  health(): readonly WatchHealth[]
  /** Which Stoa this is, when a provider's spec does not say: the cluster's identity, or one made once in the data directory. */
  identity(signal: AbortSignal): Promise<OwnerId>
}
