// The store's objects as the Kubernetes API would show them.
import { API_VERSION } from '../../api/kinds.ts'
import type { NodeObject } from '../../api/node.ts'
import type { RawObject, ViewKind } from '../../serve/kubectl-view/raw-object.ts'
import type { StoreReader } from '../../store/store.ts'

export function* listRawObjects(store: Pick<StoreReader, 'list' | 'nodes'>, kind: ViewKind): Iterable<RawObject> {
  if (kind === 'Node') {
    for (const node of store.nodes()) yield toRawNode(node)
    return
  }
  for (const { metadata, status, resource } of store.list(kind)) {
    yield { apiVersion: API_VERSION, kind, metadata: { ...metadata }, spec: resource?.spec ?? {}, status: status ?? {} }
  }
}

export function toRawNode(node: NodeObject): RawObject {
  const { name, labels, annotations, creationTimestamp, unschedulable, taints, addresses, ready } = node
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels, annotations, ...(creationTimestamp !== undefined && { creationTimestamp }) },
    spec: { taints, ...(unschedulable && { unschedulable }) },
    status: { addresses, conditions: ready === undefined ? [] : [{ type: 'Ready', ...ready }] },
  }
}
