// Where things are in the Kubernetes API, and how a request reads in a sentence or in an RBAC rule.

export interface ApiResource {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
}

export interface ApiPlace {
  readonly namespace?: string | undefined
  readonly name?: string
  readonly subresource?: string
  readonly query?: Readonly<Record<string, string>>
}

export function apiPath({ group, version, plural }: ApiResource, place: ApiPlace = {}): string {
  const { namespace, name, subresource, query } = place
  const parts = [
    group === '' ? '/api' : `/apis/${group}`,
    version,
    ...(namespace === undefined ? [] : ['namespaces', encodeURIComponent(namespace)]),
    plural,
    ...(name === undefined ? [] : [encodeURIComponent(name)]),
    ...(subresource === undefined ? [] : [subresource]),
  ]
  return parts.join('/') + (query === undefined ? '' : `?${new URLSearchParams(query).toString()}`)
}

export interface ApiAction {
  /** As RBAC names it. */
  readonly verb: string
  /** With its subresource, as RBAC names it: `nodepools/status`. */
  readonly resource: string
  readonly group: string
  readonly namespace: string | undefined
  readonly name: string | undefined
}

const PATH = /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/
const WRITE_VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Undefined for what is no resource, such as /version. */
export function readAction(method: string, path: string): ApiAction | undefined {
  const [place = '', query] = path.split('?')
  const found = PATH.exec(place)
  if (found === null) return undefined
  const [, group = '', namespace, plural = '', name, subresource] = found
  const readVerb = new URLSearchParams(query).has('watch') ? 'watch' : name === undefined ? 'list' : 'get'
  return {
    verb: WRITE_VERBS[method] ?? readVerb,
    resource: subresource === undefined ? plural : `${plural}/${subresource}`,
    group,
    namespace,
    name,
  }
}

/** `list nodepools.dns.stoa.dev in namespace web`. */
export function describeAction(method: string, path: string): string {
  const action = readAction(method, path)
  if (action === undefined) return `${method} ${path}`
  const [plural = '', subresource] = action.resource.split('/')
  const resource = action.group === '' ? plural : `${plural}.${action.group}`
  return [
    `${action.verb} ${resource}`,
    action.name === undefined ? '' : ` ${action.name}`,
    subresource === undefined ? '' : ` (${subresource})`,
    action.namespace === undefined ? '' : ` in namespace ${action.namespace}`,
  ].join('')
}
