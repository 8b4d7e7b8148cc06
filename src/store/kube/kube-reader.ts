// The reading half of the store: a cache for each kind, and the reflectors that keep it true.
import { setMaxListeners } from 'node:events'
import type { KindName } from '../../api/kinds.ts'
import type { Labels } from '../../api/label-selector.ts'
import type { NamespaceObject, NodeObject, ServiceObject } from '../../api/node.ts'
import type {
  ObjectChange,
  ObjectKey,
  ObjectOf,
  SecretLookup,
  StoredObject,
  StoreReader,
  WatchedKind,
  WatchHealth,
} from '../store.ts'
import { FollowedSecrets } from './followed-secrets.ts'
import { namespaceKind, nodeKind, serviceKind } from './narrow-kinds.ts'
import { ObjectCache, type CacheKind } from './object-cache.ts'
import { keyText } from './object-identity.ts'
import { Reflector, type ReflectorPorts, type ReflectorState } from './reflector.ts'
import { CLUSTER_KINDS, RESOURCES } from './resources.ts'
import { storedKind } from './stored-object.ts'

export class KubeReader implements StoreReader {
  readonly #ports: ReflectorPorts
  readonly #namespaces: readonly string[] | undefined
  readonly #listeners = new Set<(change: ObjectChange) => void>()
  /** Called whenever a reflector gets to know more about how it fares. */
  readonly #onState = new Set<() => void>()
  readonly #reflectors = new Map<WatchedKind, readonly Reflector[]>()
  readonly #objects: Readonly<Record<KindName, ObjectCache<StoredObject>>>
  readonly #nodes: ObjectCache<NodeObject>
  readonly #services: ObjectCache<ServiceObject>
  readonly #namespaceObjects: ObjectCache<NamespaceObject>
  readonly #secrets: FollowedSecrets

  /** `namespaces` undefined: the whole cluster. */
  constructor(ports: ReflectorPorts, namespaces: readonly string[] | undefined) {
    this.#ports = ports
    this.#namespaces = namespaces
    this.#objects = {
      DynamicDNSRecord: this.#watch('DynamicDNSRecord', storedKind('DynamicDNSRecord')),
      NodePool: this.#watch('NodePool', storedKind('NodePool')),
      WANAddress: this.#watch('WANAddress', storedKind('WANAddress')),
      DNSProvider: this.#watch('DNSProvider', storedKind('DNSProvider')),
    }
    this.#nodes = this.#watch('Node', nodeKind)
    this.#services = this.#watch('Service', serviceKind)
    this.#namespaceObjects = this.#watch('Namespace', namespaceKind)
    this.#secrets = new FollowedSecrets(ports, (key) => this.#tell('Secret', key))
  }

  async run(stopping: AbortSignal): Promise<void> {
    // Many watches listen for the end, which Node would take for a leak on a signal that is not theirs alone.
    const ending = new AbortController()
    setMaxListeners(0, ending.signal)
    const end = (): void => ending.abort(stopping.reason)
    if (stopping.aborted) end()
    stopping.addEventListener('abort', end, { once: true })
    this.#secrets.start(ending.signal)
    await Promise.all([...this.#reflectors.values()].flat().map((reflector) => reflector.run(ending.signal)))
  }

  isSynced(kind: WatchedKind): boolean {
    return this.#statesOf(kind).every(({ synced }) => synced)
  }

  whenSynced(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        this.#onState.delete(check)
        signal.removeEventListener('abort', abort)
        settle()
      }
      const check = (): void => {
        if ([...this.#reflectors.keys()].every((kind) => this.#isSettled(kind))) end(resolve)
      }
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is whatever the aborter gave
      const abort = (): void => end(() => reject(signal.reason))
      if (signal.aborted) return abort()
      signal.addEventListener('abort', abort, { once: true })
      this.#onState.add(check)
      check()
    })
  }

  health(): readonly WatchHealth[] {
    return [...this.#reflectors.keys(), 'Secret' as const].map((kind) => {
      const states = this.#statesOf(kind)
      const heardAt = states.flatMap(({ lastHeardAt }) => lastHeardAt ?? [])
      return {
        kind,
        synced: this.isSynced(kind),
        lastHeardAt: states.length === 0 || heardAt.length < states.length ? undefined : Math.min(...heardAt),
        problem: states.find(({ error }) => error !== undefined)?.error?.message,
      }
    })
  }

  subscribe(listener: (change: ObjectChange) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  get<Kind extends KindName>(kind: Kind, key: ObjectKey): StoredObject<ObjectOf<Kind>> | undefined {
    // The cache of a kind holds nothing else.
    return this.#objects[kind].get(keyText(key)) as StoredObject<ObjectOf<Kind>> | undefined
  }

  list<Kind extends KindName>(kind: Kind): Iterable<StoredObject<ObjectOf<Kind>>> {
    return this.#objects[kind].values() as Iterable<StoredObject<ObjectOf<Kind>>>
  }

  node(name: string): NodeObject | undefined {
    return this.#nodes.get(keyText({ namespace: '', name }))
  }

  nodes(): Iterable<NodeObject> {
    return this.#nodes.values()
  }

  service(key: ObjectKey): ServiceObject | undefined {
    return this.#services.get(keyText(key))
  }

  namespaceLabels(name: string): Labels | undefined {
    return this.#namespaceObjects.get(keyText({ namespace: '', name }))?.labels
  }

  followSecrets(keys: readonly ObjectKey[]): void {
    this.#secrets.follow(keys)
  }

  secret(key: ObjectKey): SecretLookup {
    return this.#secrets.lookup(key)
  }

  /** The answers to writes of our own, so that the next reconcile sees them. */
  cacheOf(kind: KindName): Pick<ObjectCache<StoredObject>, 'putWritten' | 'removeWritten'> {
    return this.#objects[kind]
  }

  #watch<Value>(kind: WatchedKind, cacheKind: CacheKind<Value>): ObjectCache<Value> {
    const cache = new ObjectCache(cacheKind, (key) => this.#tell(kind, key))
    const everywhere = this.#namespaces === undefined || CLUSTER_KINDS.includes(kind)
    const namespaces = everywhere ? [undefined] : (this.#namespaces ?? [])
    const reflectors = namespaces.map((namespace) => {
      const sink = cache.sinkFor((key) => namespace === undefined || key.startsWith(`${namespace}/`))
      const scope = { resource: RESOURCES[kind], namespace, name: undefined }
      return new Reflector(scope, sink, this.#ports, () => this.#onState.forEach((listener) => listener()))
    })
    this.#reflectors.set(kind, reflectors)
    return cache
  }

  /**
   * Whoever restricts Stoa to some namespaces may not let it read the cluster: then it runs without nodes and the labels of namespaces,
   * which stay unknown.
   */
  #isSettled(kind: WatchedKind): boolean {
    const mayBeForbidden = this.#namespaces !== undefined && CLUSTER_KINDS.includes(kind)
    return this.#statesOf(kind).every(({ synced, error }) => {
      return synced || (mayBeForbidden && error?.reason === 'Forbidden')
    })
  }

  #statesOf(kind: WatchedKind): readonly ReflectorState[] {
    if (kind === 'Secret') return this.#secrets.states()
    return (this.#reflectors.get(kind) ?? []).map(({ state }) => state)
  }

  #tell(kind: WatchedKind, { namespace, name }: ObjectKey): void {
    for (const listener of this.#listeners) listener({ kind, namespace, name })
  }
}
