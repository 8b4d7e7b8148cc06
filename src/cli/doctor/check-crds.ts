// Whether the cluster knows our kinds as this version does.
import { KIND_DEFINITIONS } from '../../api/generated/schemas.ts'
import { isObject } from '../../api/is-object.ts'
import { API_GROUP, KIND_NAMES, type KindName } from '../../api/kinds.ts'
import type { ApiClient } from '../../store/kube/api-client.ts'
import { apiPath } from '../../store/kube/api-path.ts'
import { hasReason } from '../../store/kube/api-errors.ts'
import { bad, good, plain, type Line } from '../status/explanation.ts'

const CRDS = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' }
const REMEDY = 'kubectl apply --server-side --force-conflicts -k crds, of this version'

export async function checkCrds(client: ApiClient, signal: AbortSignal): Promise<readonly Line[]> {
  const lines = (await Promise.all(KIND_NAMES.map((kind) => checkCrd(client, kind, signal)))).flat()
  return lines.length > 0 ? lines : [good('all four CRDs are there, and those of this version')]
}

async function checkCrd(client: ApiClient, kind: KindName, signal: AbortSignal): Promise<readonly Line[]> {
  const { plural, schema } = KIND_DEFINITIONS[kind]
  const name = `${plural}.${API_GROUP}`
  try {
    const { status, json } = await client.request('GET', apiPath(CRDS, { name }), { accept: [404], signal })
    if (status === 404) return [bad(`the CRD ${name} is missing: ${REMEDY}`)]
    const difference = findDifference(schema, readSchema(json))
    if (difference === undefined) return []
    return [bad(`the CRD ${name} is of another version of Stoa (${difference} differs): ${REMEDY}`)]
  } catch (error) {
    if (!hasReason(error, 'Forbidden')) throw error
    return [plain(`you may not read the CRD ${name}, so nobody knows whether it is of this version`)]
  }
}

function readSchema(crd: unknown): unknown {
  const versions = at(at(crd, 'spec'), 'versions')
  const version: unknown = Array.isArray(versions) ? versions.find((one) => at(one, 'name') === 'v1alpha1') : undefined
  return at(at(version, 'schema'), 'openAPIV3Schema')
}

function at(value: unknown, key: string): unknown {
  return isObject(value) ? value[key] : undefined
}

/** Where the second first differs from the first; descriptions are for readers, and block defaults are ours: both say nothing here. */
export function findDifference(ours: unknown, theirs: unknown, path = ''): string | undefined {
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    if (ours.length !== theirs.length) return path
    return firstOf(ours.keys(), (index) => findDifference(ours[index], theirs[index], `${path}[${index}]`))
  }
  if (isObject(ours) && isObject(theirs)) {
    // A property may be called description; then it is an object.
    const isSaid = (key: string): boolean =>
      key !== 'blockDefault' && (key !== 'description' || typeof (ours[key] ?? theirs[key]) !== 'string')
    const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)].filter(isSaid))
    return firstOf(keys, (key) => findDifference(ours[key], theirs[key], path === '' ? key : `${path}.${key}`))
  }
  return Object.is(ours, theirs) ? undefined : path || 'everything'
}

function firstOf<Value>(values: Iterable<Value>, find: (value: Value) => string | undefined): string | undefined {
  for (const value of values) {
    const found = find(value)
    if (found !== undefined) return found
  }
  return undefined
}
