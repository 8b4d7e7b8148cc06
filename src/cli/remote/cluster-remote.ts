// The objects of a cluster, read and annotated as the user that the kubeconfig names.
import { isObject } from '../../api/is-object.ts'
import { API_VERSION, isKindName } from '../../api/kinds.ts'
import type { RawObject, ViewKind } from '../../serve/kubectl-view/raw-object.ts'
import { PATCH_TYPES, type ApiClient } from '../../store/kube/api-client.ts'
import { hasReason } from '../../store/kube/api-errors.ts'
import { apiPath, type ApiPlace } from '../../store/kube/api-path.ts'
import { listPages } from '../../store/kube/list-pages.ts'
import { RESOURCES } from '../../store/kube/resources.ts'
import { withoutBulk } from '../../store/kube/without-bulk.ts'
import { CommandError } from '../command-error.ts'
import type { Annotations, Remote, RemoteObject } from './remote.ts'

export interface ClusterRemoteOptions {
  readonly client: ApiClient
  readonly server: string
  /** Of the kubeconfig's context. */
  readonly namespace: string | undefined
  readonly signal: AbortSignal
}

export function createClusterRemote(options: ClusterRemoteOptions): Remote {
  const { client, server, namespace } = options
  return {
    description: `cluster ${server}`,
    defaultNamespace: namespace ?? 'default',
    source: undefined,
    list: (kind, within) => listObjects(options, kind, within),
    get: (kind, key) => getObject(options, kind, key),
    annotate: (kind, { namespace: within, name }, annotations) =>
      annotate(options, kind, { namespace: within, name }, annotations),
    annotateNode: (name, annotations) => annotate(options, 'Node', { name }, annotations),
    close: () => client.close(),
  }
}

async function listObjects(
  { client, server, signal }: ClusterRemoteOptions,
  kind: ViewKind,
  namespace: string | undefined,
): Promise<readonly RemoteObject[]> {
  const place = namespace === undefined ? {} : { namespace }
  const pathWith = (query: Readonly<Record<string, string>>): string => apiPath(RESOURCES[kind], { ...place, query })
  const objects: RemoteObject[] = []
  try {
    for await (const { items } of listPages(client, pathWith, signal)) {
      objects.push(...items.map((item) => ({ object: readObject(kind, item) })))
    }
  } catch (error) {
    // A list is there, be it empty, as soon as its kind is.
    throw hasReason(error, 'NotFound') ? missingKind(kind, server) : error
  }
  return objects
}

async function getObject(
  { client, server, signal }: ClusterRemoteOptions,
  kind: ViewKind,
  key: Parameters<Remote['get']>[1],
): Promise<RemoteObject | undefined> {
  const path = apiPath(RESOURCES[kind], kind === 'Node' ? { name: key.name } : key)
  const { status, json } = await client.request('GET', path, { accept: [404], signal })
  // Of an object it says in JSON that it is missing; of a kind that nobody has defined, in no words of the API.
  if (status === 404 && !isObject(json)) throw missingKind(kind, server)
  return status === 404 ? undefined : { object: readObject(kind, json) }
}

async function annotate(
  { client, signal }: ClusterRemoteOptions,
  kind: ViewKind,
  place: ApiPlace,
  annotations: Annotations,
): Promise<void> {
  const body = { metadata: { annotations } }
  await client.request('PATCH', apiPath(RESOURCES[kind], place), { body, contentType: PATCH_TYPES.merge, signal })
}

function missingKind(kind: ViewKind, server: string): CommandError {
  const { plural, group } = RESOURCES[kind]
  const remedy = 'if Stoa is to work there, kubectl apply --server-side -k crds, and see stoa doctor'
  return new CommandError(`cluster ${server} has no ${group === '' ? plural : `${plural}.${group}`}: ${remedy}`)
}

/** Items of a list do not say what they are. */
function readObject(kind: ViewKind, json: unknown): RawObject {
  const object = withoutBulk(json)
  const metadata = isObject(object) ? object['metadata'] : undefined
  if (!isObject(object) || !isObject(metadata) || typeof metadata['name'] !== 'string') {
    throw new CommandError(`the answer about ${kind} holds something that is no object`)
  }
  const apiVersion = isKindName(kind) ? API_VERSION : 'v1'
  return { ...object, apiVersion, kind, metadata: { ...metadata, name: metadata['name'] } }
}
