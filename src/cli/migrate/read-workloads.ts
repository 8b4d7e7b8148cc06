// Containers of Deployments and the like: their arguments and environment, each with its place in the file.
import { isObject } from '../../api/is-object.ts'
import type { ManifestObject } from '../../api/manifest/manifest-object.ts'
import type { FieldPath } from '../../api/problem.ts'
import type { Variable } from './given-environment.ts'
import type { Migration, Place } from './migration.ts'

export interface Argument {
  readonly text: string
  readonly place: Place
}

export interface Container {
  readonly place: Place
  /** Whose copy it is: a Pod or Job that another object has made says what that says. */
  readonly madeBy: string | undefined
  readonly namespace: string
  readonly image: string
  readonly arguments: readonly Argument[]
  readonly environment: ReadonlyMap<string, Variable>
  /** ConfigMaps and Secrets that are its environment as a whole, as `ConfigMap dns/settings`. */
  readonly environmentFrom: readonly string[]
}

/** An object and the file it stands in. */
export interface FoundObject {
  readonly file: string
  readonly object: ManifestObject
}

const POD_SPECS: Readonly<Record<string, FieldPath>> = {
  Pod: ['spec'],
  Deployment: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
}

export function placeIn({ file, object }: FoundObject, path: FieldPath): Place {
  return { file, line: object.locate(path).line }
}

export function listContainers(found: FoundObject): readonly Container[] {
  const path = POD_SPECS[found.object.kind ?? '']
  if (path === undefined) return []
  const containers = at(found.object.value, [...path, 'containers'])
  if (!Array.isArray(containers)) return []
  return containers.map((container: unknown, index) => readContainer(found, container, [...path, 'containers', index]))
}

function readContainer(found: FoundObject, container: unknown, path: FieldPath): Container {
  const namespace = found.object.namespace ?? 'default'
  const image = at(container, ['image'])
  return {
    place: placeIn(found, path),
    madeBy: makerOf(found),
    namespace,
    image: typeof image === 'string' ? image : '',
    arguments: ['command', 'args'].flatMap((key) => readArguments(found, container, [...path, key])),
    environment: readVariables(found, container, path, namespace),
    environmentFrom: readWholeSources(container, namespace),
  }
}

function makerOf({ object: { kind = '', value } }: FoundObject): string | undefined {
  const uid = ['Pod', 'Job'].includes(kind) ? at(value, ['metadata', 'ownerReferences', 0, 'uid']) : undefined
  return typeof uid === 'string' ? uid : undefined
}

/** Of one program: what `kubectl get all` shows beside the workload that made it, and all but one of several replicas, is left out. */
export function withoutCopies(containers: readonly Container[]): readonly Container[] {
  const makers = new Set<string>()
  return containers.filter(({ madeBy, namespace }) => {
    if (madeBy === undefined) return true
    if (makers.has(madeBy) || containers.some((other) => isOriginal(other, namespace))) return false
    makers.add(madeBy)
    return true
  })
}

function isOriginal({ madeBy, namespace }: Container, within: string): boolean {
  return madeBy === undefined && namespace === within
}

function readWholeSources(container: unknown, namespace: string): readonly string[] {
  const list = at(container, ['envFrom'])
  return (Array.isArray(list) ? list : []).flatMap((entry: unknown) =>
    (['configMapRef', 'secretRef'] as const).flatMap((field) => {
      const name = at(entry, [field, 'name'])
      return typeof name === 'string' ? [`${field === 'secretRef' ? 'Secret' : 'ConfigMap'} ${namespace}/${name}`] : []
    }),
  )
}

function readArguments(found: FoundObject, container: unknown, path: FieldPath): readonly Argument[] {
  const list = at(container, path.slice(-1))
  if (!Array.isArray(list)) return []
  return list.flatMap((text: unknown, index) =>
    typeof text === 'string' ? [{ text, place: placeIn(found, [...path, index]) }] : [],
  )
}

function readVariables(
  found: FoundObject,
  container: unknown,
  path: FieldPath,
  namespace: string,
): ReadonlyMap<string, Variable> {
  const list = at(container, ['env'])
  const variables = new Map<string, Variable>()
  for (const [index, entry] of (Array.isArray(list) ? list : []).entries()) {
    const name = at(entry, ['name'])
    if (typeof name !== 'string') continue
    const [secret, key] = ['name', 'key'].map((field) => at(entry, ['valueFrom', 'secretKeyRef', field]))
    variables.set(name, {
      value: readValue(entry),
      place: placeIn(found, [...path, 'env', index]),
      ...(typeof secret === 'string' && typeof key === 'string' && { secret: { namespace, name: secret, key } }),
    })
  }
  return variables
}

/** Undefined where it comes from elsewhere. */
function readValue(entry: unknown): string | undefined {
  if (at(entry, ['valueFrom']) !== undefined) return undefined
  const value = at(entry, ['value'])
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** Says where a part of the environment is that was not read. */
export function tellWholeSources(
  { environmentFrom, place }: Pick<Container, 'environmentFrom' | 'place'>,
  program: string,
  migration: Migration,
): void {
  for (const source of environmentFrom) {
    migration.note(
      `its environment is also in ${source}, which is not read here: if there are settings of ${program} in it, give them with --env-file`,
      place,
    )
  }
}

export function at(value: unknown, path: FieldPath): unknown {
  return path.reduce((found: unknown, step) => {
    if (Array.isArray(found) && typeof step === 'number') return found[step]
    return isObject(found) ? found[step] : undefined
  }, value)
}
