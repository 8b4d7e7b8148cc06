// Remembered specs were checked by the Stoa that read them. One with other schemas checks them again, so that nothing in force is
// other than the types say.
import { API_VERSION } from '../../api/kinds.ts'
import { parseObject } from '../../api/parse-object.ts'
import { formatPath } from '../../api/problem.ts'
import { isObjectEntry, listEntries, type ObjectEntry, type StateChange, type StoreState } from './state.ts'

export function recheckSpecs(state: StoreState, schemas: string): StateChange {
  if (state.settings.schemas === schemas) return {}
  const objects = [...listEntries(state)].filter(isObjectEntry)
  return { settings: { schemas }, put: objects.filter(({ spec }) => spec !== undefined).map(recheck) }
}

function recheck({ spec, status, ...entry }: ObjectEntry): ObjectEntry {
  const { kind, metadata, problem, place } = entry
  const { name, namespace } = metadata
  const result = parseObject({ apiVersion: API_VERSION, kind, metadata: { name, namespace }, spec, status })
  if (result.kind === 'ok') return { ...entry, spec: result.object.spec, status: result.object.status }
  const [first] = result.problems
  const what = first === undefined ? '' : `: ${formatPath(first.path)} ${first.message}`
  return { ...entry, problem: problem ?? `${place.file}:${place.line}: does not fit this version of Stoa${what}` }
}
