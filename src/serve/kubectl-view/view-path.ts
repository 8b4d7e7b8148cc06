// Which objects a path of the API speaks of.
import { API_GROUP, API_VERSION } from '../../api/kinds.ts'
import { VIEW_DEFINITIONS, type ViewDefinition } from './view-kinds.ts'

export interface ViewPath {
  readonly definition: ViewDefinition
  /** Undefined: all of them. */
  readonly namespace: string | undefined
  /** Undefined: a list. */
  readonly name: string | undefined
}

const OURS = new RegExp(
  `^/apis/${API_VERSION}(?:/namespaces/(?<namespace>[^/]+))?/(?<plural>[^/]+)(?:/(?<name>[^/]+))?(?:/status)?$`,
)
const CORE = /^\/api\/v1\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?$/

export function parseViewPath(path: string): ViewPath | undefined {
  return locate(OURS.exec(path)?.groups, API_GROUP) ?? locate(CORE.exec(path)?.groups, '')
}

function locate(groups: Readonly<Record<string, string | undefined>> | undefined, group: string): ViewPath | undefined {
  const { namespace, plural, name } = groups ?? {}
  const definition = VIEW_DEFINITIONS.find((known) => known.group === group && known.plural === plural)
  if (definition === undefined) return undefined
  // A name without its namespace names nothing.
  return definition.namespaced && name !== undefined && namespace === undefined
    ? undefined
    : { definition, namespace, name }
}
