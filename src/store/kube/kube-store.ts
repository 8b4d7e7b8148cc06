// The store of a cluster: everything is read by watches of our own and written straight to the Kubernetes API.
import type { Clock, Random } from '../../model/clock.ts'
import type { OwnerId } from '../../model/record-set.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Store, WatchedKind } from '../store.ts'
import type { ApiClient } from './api-client.ts'
import type { ApiResource } from './api-path.ts'
import { readClusterUid } from './cluster-uid.ts'
import { createConfigMapPublisher } from './config-map.ts'
import { EventRecorder } from './events.ts'
import { KubeReader } from './kube-reader.ts'
import { createObjectWriter } from './object-writer.ts'
import { RESOURCES, WATCHED_KINDS } from './resources.ts'

export interface KubeStoreOptions {
  readonly client: ApiClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Only what is in these namespaces is read. Undefined: everything. */
  readonly namespaces?: readonly string[] | undefined
  /** Which process this is, such as the name of the Pod; it stands in events. */
  readonly instance: string
  readonly hooks?: KubeStoreHooks
}

/** For metrics. They must not throw. */
export interface KubeStoreHooks {
  /** Everything of the kind is read, for the first time or again. */
  readonly onList?: (kind: WatchedKind) => void
  /** An Event could not be delivered. */
  readonly onDropped?: () => void
}

/** More than the minute after which a quiet watch gets a bookmark. */
const IDLE_MS = 90_000

export function createKubeStore(options: KubeStoreOptions): Store {
  const { client, clock, random, logger, namespaces, instance, hooks = {} } = options
  const onList = (resource: ApiResource): void => {
    const kind = WATCHED_KINDS.find((one) => RESOURCES[one] === resource)
    if (kind !== undefined) hooks.onList?.(kind)
  }
  const reader = new KubeReader({ client, clock, random, logger, idleMs: IDLE_MS, onList }, namespaces)
  const recorder = new EventRecorder({ client, clock, logger, instance, onDropped: hooks.onDropped })
  const writer = createObjectWriter(client, (kind) => reader.cacheOf(kind))
  const stopped = new AbortController()
  let identity: OwnerId | undefined

  return {
    isSynced: (kind) => reader.isSynced(kind),
    subscribe: (listener) => reader.subscribe(listener),
    get: (kind, key) => reader.get(kind, key),
    list: (kind) => reader.list(kind),
    node: (name) => reader.node(name),
    nodes: () => reader.nodes(),
    service: (key) => reader.service(key),
    namespaceLabels: (name) => reader.namespaceLabels(name),
    followSecrets: (keys) => reader.followSecrets(keys),
    secret: (key) => reader.secret(key),
    whenSynced: (signal) => reader.whenSynced(signal),
    health: () => reader.health(),
    ...writer,
    publishConfigMap: createConfigMapPublisher(client),
    emit: (event) => recorder.emit(event, stopped.signal),
    identity: async (signal) => (identity ??= await readClusterUid({ client, clock, random, logger }, signal)),
    run: async (stopping) => {
      await reader.run(stopping)
      stopped.abort()
    },
  }
}
