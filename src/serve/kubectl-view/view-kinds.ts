// The kinds of the view: how they are addressed, and what kubectl prints of them.
import { KIND_DEFINITIONS } from '../../api/generated/schemas.ts'
import { API_GROUP, KIND_NAMES } from '../../api/kinds.ts'
import type { KindDefinition, PrinterColumn } from '../../api/schema.ts'
import { describeAge } from './human-duration.ts'
import { compileJsonPath } from './json-path.ts'
import type { RawObject, ViewKind } from './raw-object.ts'

export interface ViewDefinition {
  readonly kind: ViewKind
  /** Empty for the kinds of Kubernetes itself. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly columns: readonly ViewColumn[]
  /** Beside name and namespace: fields that a field selector may use. */
  readonly selectable: readonly string[]
}

export interface ViewColumn {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  readonly priority: number
  /** `now` in milliseconds since the epoch. */
  readonly read: (object: RawObject, now: number) => unknown
}

const NAME_COLUMN: ViewColumn = {
  ...{ name: 'Name', type: 'string', format: 'name', description: 'The name of the object.', priority: 0 },
  read: ({ metadata }) => metadata.name,
}
const AGE_COLUMN = toColumn({
  ...{ name: 'Age', type: 'date', description: 'How long the object has existed.' },
  jsonPath: '.metadata.creationTimestamp',
})

/** The same that the CRDs allow. */
const SELECTABLE: Readonly<Partial<Record<ViewKind, readonly string[]>>> = {
  DynamicDNSRecord: ['spec.providerRef.name', 'spec.mode'],
}

const NODES: ViewDefinition = {
  ...{ kind: 'Node', group: '', version: 'v1', plural: 'nodes', singular: 'node', shortNames: ['no'] },
  ...{ categories: [], namespaced: false, selectable: [] },
  columns: [
    NAME_COLUMN,
    {
      ...{ name: 'Status', type: 'string', format: '', description: 'Whether the node is ready.', priority: 0 },
      read: describeNode,
    },
    AGE_COLUMN,
  ],
}

export const VIEW_DEFINITIONS: readonly ViewDefinition[] = [
  ...KIND_NAMES.map((kind) => toViewDefinition(KIND_DEFINITIONS[kind])),
  NODES,
]

export function apiVersionOf({ group, version }: ViewDefinition): string {
  return group === '' ? version : `${group}/${version}`
}

/** As messages name a kind: `dynamicdnsrecords.dns.stoa.dev`. */
export function resourceNameOf({ group, plural }: ViewDefinition): string {
  return group === '' ? plural : `${plural}.${group}`
}

function toViewDefinition({ kind, plural, singular, shortNames, printerColumns }: KindDefinition): ViewDefinition {
  return {
    ...{ kind, group: API_GROUP, version: 'v1alpha1', plural, singular, shortNames },
    ...{ categories: ['stoa'], namespaced: true, selectable: SELECTABLE[kind] ?? [] },
    columns: [NAME_COLUMN, ...printerColumns.map(toColumn)],
  }
}

function toColumn({ name, type, description, jsonPath, priority = 0 }: PrinterColumn): ViewColumn {
  const find = compileJsonPath(jsonPath)
  const read = type === 'date' ? (object: RawObject, now: number) => readAge(find(object), now) : find
  return { name, type, format: '', description, priority, read }
}

function readAge(value: unknown, now: number): string | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN
  return Number.isNaN(time) ? undefined : describeAge(now - time)
}

const readReady = compileJsonPath('.status.conditions[?(@.type=="Ready")].status')
const readCordoned = compileJsonPath('.spec.unschedulable')

function describeNode(node: RawObject): string {
  const ready = readReady(node)
  const state = ready === undefined ? 'Unknown' : ready === 'True' ? 'Ready' : 'NotReady'
  return readCordoned(node) === true ? `${state},SchedulingDisabled` : state
}
