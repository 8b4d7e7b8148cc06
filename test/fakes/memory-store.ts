// The store port in memory, for stories about the engine: manifests go in as a cluster would take them, statuses and events can be read.
import { RECORDS_FINALIZER, type KindName, type ObjectMeta, type StoaObject } from '../../src/api/kinds.ts'
import type { Labels } from '../../src/api/label-selector.ts'
import { parseNode, type NodeObject, type ServiceObject } from '../../src/api/node.ts'
import { parseObject } from '../../src/api/parse-object.ts'
import { formatPath } from '../../src/api/problem.ts'
import { TransientError } from '../../src/model/errors.ts'
import type { OwnerId } from '../../src/model/record-set.ts'
import type { Clock } from '../../src/model/clock.ts'
import type {
  ObjectChange,
  ObjectKey,
  ObjectOf,
  SecretLookup,
  Store,
  StoredObject,
  StoreEvent,
  WatchedKind,
  WatchHealth,
} from '../../src/store/store.ts'

interface Manifest {
  readonly kind: KindName
  readonly metadata: Partial<ObjectMeta> & { readonly name: string }
  readonly spec: unknown
}

const NO_SIGNAL = new AbortController().signal

export class MemoryStore implements Store {
  readonly events: StoreEvent[] = []
  readonly configMaps = new Map<string, Readonly<Record<string, string>>>()
  readonly statusWrites: { readonly kind: KindName; readonly name: string; readonly status: unknown }[] = []
  readonly unsynced = new Set<WatchedKind>()
  /** While true no Secret has been read. */
  isSecretUnread = false
  readonly #clock: Clock
  readonly #objects = new Map<string, StoredObject>()
  /** As they were written: generations count them. */
  readonly #specs = new Map<string, string>()
  readonly #nodes = new Map<string, NodeObject>()
  readonly #services = new Map<string, ServiceObject>()
  readonly #namespaces = new Map<string, Labels>()
  readonly #secrets = new Map<string, ReadonlyMap<string, string>>()
  readonly #listeners = new Set<(change: ObjectChange) => void>()
  #serial = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Creates the object, or replaces its spec and annotations, as `kubectl apply` does. */
  put({ kind, metadata, spec }: Manifest): void {
    const namespace = metadata.namespace ?? 'web'
    const before = this.get(kind, { namespace, name: metadata.name })
    const apiVersion = 'dns.stoa.dev/v1alpha1'
    const parsed = parseObject({ apiVersion, kind, metadata: { name: metadata.name, namespace }, spec })
    const meta: ObjectMeta = {
      ...(before?.metadata ?? {
        uid: `uid-${(this.#serial += 1)}`,
        generation: 0,
        creationTimestamp: new Date(this.#clock.now()).toISOString(),
      }),
      ...metadata,
      namespace,
      generation:
        (before?.metadata.generation ?? 0) +
        (this.#specs.get(keyOf(kind, { namespace, name: metadata.name })) === JSON.stringify(spec) ? 0 : 1),
      resourceVersion: String((this.#serial += 1)),
    }
    this.#specs.set(keyOf(kind, meta), JSON.stringify(spec))
    if (parsed.kind === 'invalid') {
      const problem = parsed.problems.map(({ path, message }) => `${formatPath(path)} ${message}`).join('; ')
      const lastValid = before?.resource && withMeta(before.resource, meta, before.status)
      this.#set({ kind, metadata: meta, status: before?.status, resource: lastValid, problem })
    } else {
      const status = before?.status ?? parsed.object.status
      this.#set({ kind, metadata: meta, status, resource: withMeta(parsed.object, meta, status), problem: undefined })
    }
  }

  annotate(kind: KindName, key: ObjectKey, annotations: Readonly<Record<string, string>>): void {
    const stored = this.#need(kind, key)
    this.#replace(stored, { annotations: { ...stored.metadata.annotations, ...annotations } })
  }

  /** As after a restart with an object of which the newest version is not valid. */
  loseSpec(kind: KindName, key: ObjectKey): void {
    this.#set({ ...this.#need(kind, key), resource: undefined, problem: 'spec is not valid' })
  }

  /** As the apiserver deletes: an object with finalizers stays until they are gone. */
  delete(kind: KindName, key: ObjectKey): void {
    const stored = this.#need(kind, key)
    if ((stored.metadata.finalizers ?? []).length === 0) this.#remove(stored)
    else this.#replace(stored, { deletionTimestamp: new Date(this.#clock.now()).toISOString() })
  }

  /** Whatever finalizers it has. */
  forceRemove(kind: KindName, key: ObjectKey): void {
    this.#remove(this.#need(kind, key))
  }

  putNode(node: unknown): void {
    const parsed = parseNode(node)
    if (parsed === undefined) throw new Error('this is no node')
    this.#nodes.set(parsed.name, parsed)
    this.#notify({ kind: 'Node', namespace: '', name: parsed.name })
  }

  deleteNode(name: string): void {
    this.#nodes.delete(name)
    this.#notify({ kind: 'Node', namespace: '', name })
  }

  putService(service: ServiceObject): void {
    this.#services.set(`${service.namespace}/${service.name}`, service)
    this.#notify({ kind: 'Service', namespace: service.namespace, name: service.name })
  }

  putNamespace(name: string, labels: Labels): void {
    this.#namespaces.set(name, labels)
    this.#notify({ kind: 'Namespace', namespace: '', name })
  }

  putSecret({ namespace, name }: ObjectKey, values: Readonly<Record<string, string>>): void {
    this.#secrets.set(`${namespace}/${name}`, new Map(Object.entries(values)))
    this.#notify({ kind: 'Secret', namespace, name })
  }

  removeSecret({ namespace, name }: ObjectKey): void {
    this.#secrets.delete(`${namespace}/${name}`)
    this.#notify({ kind: 'Secret', namespace, name })
  }

  run = (): Promise<void> => Promise.resolve()
  whenSynced = (): Promise<void> => Promise.resolve()
  health = (): readonly WatchHealth[] => []
  identity = (): Promise<OwnerId> => Promise.resolve('cluster-1' as OwnerId)
  isSynced = (kind: WatchedKind): boolean => !this.unsynced.has(kind)
  node = (name: string): NodeObject | undefined => this.#nodes.get(name)
  nodes = (): Iterable<NodeObject> => this.#nodes.values()
  service = ({ namespace, name }: ObjectKey): ServiceObject | undefined => this.#services.get(`${namespace}/${name}`)
  namespaceLabels = (name: string): Labels | undefined => this.#namespaces.get(name)
  followSecrets = (): void => undefined

  secret({ namespace, name }: ObjectKey): SecretLookup {
    if (this.isSecretUnread) return { kind: 'unread', message: 'it is not read yet' }
    const values = this.#secrets.get(`${namespace}/${name}`)
    return values === undefined ? { kind: 'absent' } : { kind: 'found', values }
  }

  subscribe(listener: (change: ObjectChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get<Kind extends KindName>(kind: Kind, key: ObjectKey): StoredObject<ObjectOf<Kind>> | undefined {
    return this.#objects.get(keyOf(kind, key)) as StoredObject<ObjectOf<Kind>> | undefined
  }

  list<Kind extends KindName>(kind: Kind): Iterable<StoredObject<ObjectOf<Kind>>> {
    return [...this.#objects.values()].filter((one) => one.kind === kind) as StoredObject<ObjectOf<Kind>>[]
  }

  writeStatus<Kind extends KindName>(
    kind: Kind,
    seen: ObjectMeta,
    status: NonNullable<ObjectOf<Kind>['status']>,
    signal: AbortSignal = NO_SIGNAL,
  ): Promise<void> {
    return this.#write(kind, seen, signal, (stored) => {
      this.statusWrites.push({ kind, name: seen.name, status })
      const metadata = { ...stored.metadata, resourceVersion: String((this.#serial += 1)) }
      const resource = stored.resource && withMeta(stored.resource, metadata, status)
      this.#set({ ...stored, metadata, status, resource })
    })
  }

  setFinalizer(kind: KindName, seen: ObjectMeta, present: boolean, signal: AbortSignal = NO_SIGNAL): Promise<void> {
    return this.#write(kind, seen, signal, (stored) => {
      const finalizers = present ? [RECORDS_FINALIZER] : []
      if (!present && stored.metadata.deletionTimestamp !== undefined) this.#remove(stored)
      else this.#replace(stored, { finalizers })
    })
  }

  emit(event: StoreEvent): void {
    this.events.push(event)
  }

  publishConfigMap(owner: StoredObject, name: string, data: Readonly<Record<string, string>>): Promise<void> {
    this.configMaps.set(`${owner.metadata.namespace}/${name}`, data)
    return Promise.resolve()
  }

  async #write(
    kind: KindName,
    seen: ObjectMeta,
    signal: AbortSignal,
    write: (stored: StoredObject) => void,
  ): Promise<void> {
    await Promise.resolve()
    signal.throwIfAborted()
    const stored = this.get(kind, seen)
    if (stored?.metadata.uid !== seen.uid) return
    if (stored.metadata.resourceVersion !== seen.resourceVersion) {
      throw new TransientError('Conflict', `${kind} ${seen.namespace}/${seen.name} has changed meanwhile`)
    }
    write(stored)
  }

  #need(kind: KindName, key: ObjectKey): StoredObject {
    const stored = this.get(kind, key)
    if (stored === undefined) throw new Error(`there is no ${kind} ${key.namespace}/${key.name}`)
    return stored
  }

  #replace(stored: StoredObject, part: Partial<ObjectMeta>): void {
    const metadata = { ...stored.metadata, ...part, resourceVersion: String((this.#serial += 1)) }
    this.#set({ ...stored, metadata, resource: stored.resource && withMeta(stored.resource, metadata, stored.status) })
  }

  #set(stored: StoredObject): void {
    this.#objects.set(keyOf(stored.kind, stored.metadata), stored)
    this.#notify({ kind: stored.kind, namespace: stored.metadata.namespace, name: stored.metadata.name })
  }

  #remove({ kind, metadata: { namespace, name } }: StoredObject): void {
    this.#objects.delete(keyOf(kind, { namespace, name }))
    this.#notify({ kind, namespace, name })
  }

  #notify(change: ObjectChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

function keyOf(kind: string, { namespace, name }: ObjectKey): string {
  return `${kind} ${namespace}/${name}`
}

function withMeta(resource: StoaObject, metadata: ObjectMeta, status: StoaObject['status']): StoaObject {
  return { ...resource, metadata, status } as StoaObject
}
