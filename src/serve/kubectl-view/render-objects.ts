// Objects in the two forms that kubectl asks for: as they are, and as the rows of a table that the server lays out.
import type { RawObject } from './raw-object.ts'
import { apiVersionOf, type ViewDefinition } from './view-kinds.ts'

export interface Rendering {
  list(objects: readonly RawObject[], version: number): unknown
  one(object: RawObject): unknown
}

export interface RenderingRequest {
  readonly definition: ViewDefinition
  readonly accept: string
  /** What a row says of its object beside the cells: `Metadata` unless told. */
  readonly includeObject: string | null
  /** Milliseconds since the epoch. */
  readonly now: number
}

export function chooseRendering(request: RenderingRequest): Rendering {
  const wantsTable = request.accept.split(',').some((type) => {
    const parameters = type.split(';').map((parameter) => parameter.trim())
    return ['as=Table', 'v=v1', 'g=meta.k8s.io'].every((wanted) => parameters.includes(wanted))
  })
  return wantsTable ? asTable(request) : asObjects(request.definition)
}

function asObjects(definition: ViewDefinition): Rendering {
  const apiVersion = apiVersionOf(definition)
  return {
    list: (items, version) => ({
      ...{ kind: `${definition.kind}List`, apiVersion },
      metadata: { resourceVersion: String(version) },
      items,
    }),
    one: (object) => object,
  }
}

function asTable({ definition, includeObject, now }: RenderingRequest): Rendering {
  const columnDefinitions = definition.columns.map(({ read: _, ...column }) => column)
  const toRow = (object: RawObject): unknown => ({
    cells: definition.columns.map(({ read }) => read(object, now) ?? null),
    ...(includeObject !== 'None' && { object: includeObject === 'Object' ? object : metadataOnly(object) }),
  })
  const toTable = (objects: readonly RawObject[], resourceVersion: unknown): unknown => ({
    ...{ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion } },
    columnDefinitions,
    rows: objects.map(toRow),
  })
  return {
    list: (objects, version) => toTable(objects, String(version)),
    one: (object) => toTable([object], object.metadata['resourceVersion']),
  }
}

function metadataOnly({ metadata }: RawObject): unknown {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
}
