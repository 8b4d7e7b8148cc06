// The store over a Git repository or a folder, for a Stoa without a cluster: manifests from there, everything else in the data directory.
import { join } from 'node:path'
import { KIND_NAMES, type KindName, type ObjectMeta } from '../../api/kinds.ts'
import type { Labels } from '../../api/label-selector.ts'
import type { NodeObject } from '../../api/node.ts'
import type { Clock, Random } from '../../model/clock.ts'
import { toReconcileError } from '../../model/errors.ts'
import type { OwnerId } from '../../model/record-set.ts'
import { SILENT_LOGGER, type Logger } from '../../telemetry/logger.ts'
import type { ObjectChange, ObjectKey, ObjectOf, SecretLookup, Store, StoredObject } from '../store.ts'
import type { StoreEvent, WatchedKind, WatchHealth } from '../store.ts'
import { ConfigMapFiles } from './config-map-files.ts'
import type { Commit, DataDirectory } from './data-directory.ts'
import { decideAnnotations, decideFinalizer, decideStatus } from './decide-writes.ts'
import { EventLog } from './event-log.ts'
import type { HeldRemovals } from './judge-removals.ts'
import { listChanges, listGone } from './list-changes.ts'
import { SecretFiles } from './secret-files.ts'
import { SourceFollower } from './source-follower.ts'
import { findEntry, findObject, isObjectEntry, listEntries, type AppliedSource, type Place } from './state.ts'
import { storedObjectOf } from './stored-objects.ts'
import { TreeReader } from './tree-reader.ts'
import type { TreeSource } from './tree-source.ts'
import type { Finding } from './tree.ts'
import { UsedNamespaces } from './used-namespaces.ts'

export interface GitStoreOptions {
  readonly source: TreeSource
  /** Open, and closed by whoever opened it, after the store has stopped. */
  readonly data: DataDirectory
  readonly clock: Clock
  readonly random: Random
  readonly logger?: Logger
  /** The namespace of a manifest that names none. */
  readonly defaultNamespace?: string
  /** Where Secrets may be in variables. */
  readonly environment?: NodeJS.ProcessEnv
  readonly secretPollMs?: number
}

const WATCHED: readonly WatchedKind[] = [...KIND_NAMES, 'Node', 'Service', 'Namespace', 'Secret']

export class GitStore implements Store {
  readonly events = new EventLog()
  readonly #data: DataDirectory
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #follower: SourceFollower
  readonly #secrets: SecretFiles
  readonly #configMaps: ConfigMapFiles
  readonly #used: UsedNamespaces
  readonly #listeners = new Set<(change: ObjectChange) => void>()
  readonly #waiting = new Set<() => void>()

  constructor(options: GitStoreOptions) {
    const { source, data, clock, random, logger = SILENT_LOGGER } = options
    const { defaultNamespace = 'default', environment = process.env, secretPollMs } = options
    this.#data = data
    this.#clock = clock
    this.#logger = logger
    const reader = new TreeReader(defaultNamespace)
    const onSynced = (): void => {
      for (const resolve of this.#waiting) resolve()
    }
    this.#follower = new SourceFollower({ source, data, reader, clock, random, logger, onSynced })
    this.#secrets = new SecretFiles({
      folder: join(data.path, 'secrets'),
      environment,
      clock,
      onChange: (key) => this.#tell([{ kind: 'Secret', ...key }]),
      ...(secretPollMs !== undefined && { pollMs: secretPollMs }),
    })
    this.#configMaps = new ConfigMapFiles(join(data.path, 'configmaps'))
    this.#used = new UsedNamespaces(data.state)
    data.subscribe((commit) => this.#used.learn(commit))
  }

  async run(stopping: AbortSignal): Promise<void> {
    const unsubscribe = this.#data.subscribe((commit) => this.#hear(commit))
    this.#dropConfigMaps()
    await Promise.all([this.#follower.run(stopping), this.#secrets.run(stopping)])
    unsubscribe()
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#follower.isSynced) return
    await new Promise<void>((resolve, reject) => {
      const end = (): void => {
        this.#waiting.delete(succeed)
        signal.removeEventListener('abort', fail)
      }
      const succeed = (): void => (end(), resolve())
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is whatever the aborter gave
      const fail = (): void => (end(), reject(signal.reason))
      this.#waiting.add(succeed)
      signal.addEventListener('abort', fail, { once: true })
    })
  }

  isSynced(_kind: WatchedKind): boolean {
    return this.#follower.isSynced
  }

  /** What cannot be remembered is as bad as what cannot be read: neither goes on. */
  health(): readonly WatchHealth[] {
    const { isSynced: synced, lastHeardAt, problem } = this.#follower
    const unsaved = problem === undefined ? this.#data.failure : undefined
    return WATCHED.map((kind) => ({ kind, synced, ...(unsaved ?? { lastHeardAt, problem }) }))
  }

  identity(_signal: AbortSignal): Promise<OwnerId> {
    return Promise.resolve(this.#data.state.settings.identity as OwnerId) // The brand has no other maker.
  }

  subscribe(listener: (change: ObjectChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get<Kind extends KindName>(kind: Kind, key: ObjectKey): StoredObject<ObjectOf<Kind>> | undefined {
    const entry = findObject(this.#data.state, kind, key)
    return entry === undefined ? undefined : storedObjectOf<Kind>(entry)
  }

  *list<Kind extends KindName>(kind: Kind): Iterable<StoredObject<ObjectOf<Kind>>> {
    for (const entry of this.#data.state.entries.get(kind)?.values() ?? []) {
      if (isObjectEntry(entry)) yield storedObjectOf<Kind>(entry)
    }
  }

  node(name: string): NodeObject | undefined {
    const entry = findEntry(this.#data.state, { kind: 'Node', namespace: '', name })
    return entry?.kind === 'Node' ? entry.node : undefined
  }

  *nodes(): Iterable<NodeObject> {
    for (const entry of this.#data.state.entries.get('Node')?.values() ?? []) {
      if (entry.kind === 'Node') yield entry.node
    }
  }

  /** Their addresses come from a cluster, and there is none. */
  service(_key: ObjectKey): undefined {
    return undefined
  }

  /** A namespace is there when a manifest says so, or when one of our objects is in it. */
  namespaceLabels(name: string): Labels | undefined {
    const entry = findEntry(this.#data.state, { kind: 'Namespace', namespace: '', name })
    if (entry?.kind === 'Namespace') return entry.labels
    return this.#used.has(name) ? { 'kubernetes.io/metadata.name': name } : undefined
  }

  followSecrets(keys: readonly ObjectKey[]): void {
    this.#secrets.follow(keys)
  }

  secret(key: ObjectKey): SecretLookup {
    return this.#secrets.get(key)
  }

  async writeStatus<Kind extends KindName>(
    kind: Kind,
    seen: ObjectMeta,
    status: NonNullable<ObjectOf<Kind>['status']>,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted()
    await this.#data.commit((state) => decideStatus(state, kind, seen, status))
  }

  async setFinalizer(kind: KindName, seen: ObjectMeta, present: boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    await this.#data.commit((state) => decideFinalizer(state, kind, seen, present))
  }

  emit(event: StoreEvent): void {
    this.events.add(event, this.#clock.now())
  }

  async publishConfigMap(
    owner: StoredObject,
    name: string,
    data: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted()
    await this.#configMaps.publish(owner, name, data)
  }

  /** Looks at the source now, as when a webhook says that it has changed. */
  requestSync(): void {
    this.#follower.requestSync()
  }

  /** Lets removals go that `findings` says are held. Rejects when something else is held, or nothing. */
  approveRemovals(hash: string): Promise<void> {
    return this.#follower.approveRemovals(hash)
  }

  /**
   * Adds annotations that no manifest has, as a person would with kubectl. They hold until the object's spec is another one. Rejects
   * when the object is not there.
   */
  annotate(kind: KindName, key: ObjectKey, annotations: Readonly<Record<string, string>>): Promise<void> {
    return this.#data.commit((state) => decideAnnotations(state, kind, key, annotations))
  }

  /** What is missing from the tree and yet kept; with a hash when a person can let it go. */
  heldRemovals(): HeldRemovals | undefined {
    return this.#follower.held
  }

  /** What a person should look at in the tree that was applied last. */
  findings(): readonly Finding[] {
    return this.#follower.findings
  }

  /** What was applied last; undefined before the first time. */
  source(): AppliedSource | undefined {
    return this.#data.state.settings.applied
  }

  /** Where an object is written, or was until it was removed. */
  fileOf(kind: KindName | 'Node' | 'Namespace', key: ObjectKey): Place | undefined {
    return findEntry(this.#data.state, { kind, namespace: key.namespace, name: key.name })?.place
  }

  #hear(commit: Commit): void {
    this.#tell(listChanges(commit))
    if (listGone(commit).length > 0) this.#dropConfigMaps()
  }

  #tell(changes: readonly ObjectChange[]): void {
    for (const change of changes) for (const listener of this.#listeners) listener(change)
  }

  #dropConfigMaps(): void {
    const uids = new Set(
      [...listEntries(this.#data.state)].map((entry) => (isObjectEntry(entry) ? entry.metadata.uid : '')),
    )
    this.#configMaps
      .removeOf((uid) => uids.has(uid))
      .catch((error: unknown) => {
        const problem = toReconcileError(error).message
        this.#logger.warn('ConfigMaps of removed objects could not be removed', { problem })
      })
  }
}
