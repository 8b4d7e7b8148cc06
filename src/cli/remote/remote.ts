// What the daily commands need of wherever Stoa keeps its objects: a cluster, a running process without one, or what such a process
// left behind. Everything goes with the rights of whoever runs the command.
import type { KindName } from '../../api/kinds.ts'
import type { ControlObject, ControlReport } from '../../serve/control-socket.ts'
import type { ViewKind } from '../../serve/kubectl-view/raw-object.ts'
import type { ObjectKey } from '../../store/store.ts'

export type RemoteObject = ControlObject

/** Null takes an annotation off. */
export type Annotations = Readonly<Record<string, string | null>>

/** All of it rejects with an error of the model, whose message is for people. */
export interface Remote {
  /** In words: `cluster https://10.0.0.1:6443`. */
  readonly description: string
  /** Of names that come without one; undefined: all are looked through. */
  readonly defaultNamespace: string | undefined
  /** In every namespace if none is given. */
  list(kind: ViewKind, namespace?: string): Promise<readonly RemoteObject[]>
  get(kind: ViewKind, key: ObjectKey): Promise<RemoteObject | undefined>
  annotate(kind: KindName, key: ObjectKey, annotations: Annotations): Promise<void>
  /** Nodes are the cluster's. Without one they are written in manifests, and there is nothing to call. */
  annotateNode: ((name: string, annotations: Annotations) => Promise<void>) | undefined
  /** Without a cluster: what is behind the objects. */
  source: RemoteSource | undefined
  close(): Promise<void>
}

export interface RemoteSource {
  report(): Promise<ControlReport>
  approveRemovals(hash: string): Promise<void>
  /** Has the source looked at. */
  requestSync(): Promise<void>
}
