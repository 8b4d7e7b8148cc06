// What kubectl asks before anything else: which server this is, and which kinds it has.
import { KIND_DEFINITIONS } from '../../api/generated/schemas.ts'
import { API_GROUP, API_VERSION, KIND_NAMES } from '../../api/kinds.ts'
import { describeSchema } from './describe-schema.ts'
import { VIEW_DEFINITIONS, type ViewDefinition } from './view-kinds.ts'

const GROUP_VERSION = { groupVersion: API_VERSION, version: 'v1alpha1' }
const GROUP = { name: API_GROUP, versions: [GROUP_VERSION], preferredVersion: GROUP_VERSION }
const OPENAPI_PATH = `/openapi/v3/apis/${API_VERSION}`

/** What stands at a path of discovery; undefined where there is nothing. */
export function discover(path: string): unknown {
  if (Object.hasOwn(DOCUMENTS, path)) return DOCUMENTS[path]?.()
  // When an object is missing, kubectl asks whether its namespace is to blame. Here, a namespace is only a name.
  const namespace = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(path)?.[1]
  return namespace === undefined ? undefined : { kind: 'Namespace', apiVersion: 'v1', metadata: { name: namespace } }
}

const DOCUMENTS: Readonly<Record<string, () => unknown>> = {
  '/api': () => ({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }),
  '/api/v1': () => resourceList('v1', ''),
  '/apis': () => ({ kind: 'APIGroupList', apiVersion: 'v1', groups: [GROUP] }),
  [`/apis/${API_GROUP}`]: () => ({ kind: 'APIGroup', apiVersion: 'v1', ...GROUP }),
  [`/apis/${API_VERSION}`]: () => resourceList(API_VERSION, API_GROUP),
  // The version of Kubernetes whose habits this server has.
  '/version': () => ({ major: '1', minor: '32', gitVersion: 'v1.32.0-stoa', platform: 'stoa' }),
  '/openapi/v3': () => ({ paths: { [`apis/${API_VERSION}`]: { serverRelativeURL: OPENAPI_PATH } } }),
  [OPENAPI_PATH]: renderOpenApi,
}

function resourceList(groupVersion: string, group: string): unknown {
  const resources = VIEW_DEFINITIONS.filter((definition) => definition.group === group).map(describeResource)
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources }
}

function describeResource(definition: ViewDefinition): unknown {
  const { plural, singular, kind, namespaced, shortNames, categories } = definition
  const names = { name: plural, singularName: singular, kind, shortNames, categories }
  return { ...names, namespaced, verbs: ['get', 'list', 'watch'] }
}

/** Enough for `kubectl explain`, and for kubectl to leave the check of a write to us, who refuse it in better words. */
function renderOpenApi(): unknown {
  const kinds = KIND_NAMES.map((kind) => {
    const { plural } = KIND_DEFINITIONS[kind]
    const schema = describeSchema(kind)
    const [group, version] = API_VERSION.split('/')
    const identity = { group, version, kind }
    const operation = {
      'x-kubernetes-group-version-kind': identity,
      parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
      responses: {},
    }
    return {
      path: [`/apis/${API_VERSION}/namespaces/{namespace}/${plural}/{name}`, { patch: operation }] as const,
      schema: [`dev.stoa.dns.v1alpha1.${kind}`, { ...schema, 'x-kubernetes-group-version-kind': [identity] }] as const,
    }
  })
  return {
    openapi: '3.0.0',
    info: { title: 'Stoa', version: 'v1alpha1' },
    paths: Object.fromEntries(kinds.map(({ path }) => path)),
    components: { schemas: Object.fromEntries(kinds.map(({ schema }) => schema)) },
  }
}
