// Nodes, Services and Namespaces of a cluster, narrowed to what decisions need, so that caches stay small and comparisons cheap.
import { isObject } from './is-object.ts'

export interface NodeObject {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly unschedulable: boolean
  readonly taints: readonly Taint[]
  readonly addresses: readonly NodeAddress[]
  /** Absent while the node has not reported yet. */
  readonly ready?: NodeReady
}

export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
}

export interface NodeAddress {
  /** ExternalIP, InternalIP, Hostname and others. */
  readonly type: string
  readonly address: string
}

export interface NodeReady {
  readonly status: 'True' | 'False' | 'Unknown'
  readonly lastTransitionTime: string
}

export interface ServiceObject {
  readonly namespace: string
  readonly name: string
  readonly ingress: readonly ServiceIngress[]
}

export interface ServiceIngress {
  readonly ip?: string
  readonly hostname?: string
}

export interface NamespaceObject {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

/** Undefined when it has no name: then it is no node. Whatever else is missing or of another type is left out. */
export function parseNode(value: unknown): NodeObject | undefined {
  const metadata = objectAt(value, 'metadata')
  const spec = objectAt(value, 'spec')
  const status = objectAt(value, 'status')
  const name = textAt(metadata, 'name')
  if (name === undefined) return undefined
  const creationTimestamp = textAt(metadata, 'creationTimestamp')
  const deletionTimestamp = textAt(metadata, 'deletionTimestamp')
  const ready = parseReady(status)
  return {
    name,
    labels: textsAt(metadata, 'labels'),
    annotations: textsAt(metadata, 'annotations'),
    ...(creationTimestamp !== undefined && { creationTimestamp }),
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    unschedulable: spec['unschedulable'] === true,
    taints: listAt(spec, 'taints').flatMap(parseTaint),
    addresses: listAt(status, 'addresses').flatMap(parseAddress),
    ...(ready !== undefined && { ready }),
  }
}

export function parseService(value: unknown): ServiceObject | undefined {
  const metadata = objectAt(value, 'metadata')
  const namespace = textAt(metadata, 'namespace')
  const name = textAt(metadata, 'name')
  if (namespace === undefined || name === undefined) return undefined
  const isLoadBalancer = textAt(objectAt(value, 'spec'), 'type') === 'LoadBalancer'
  const ingress = listAt(objectAt(objectAt(value, 'status'), 'loadBalancer'), 'ingress')
  return { namespace, name, ingress: isLoadBalancer ? ingress.flatMap(parseIngress) : [] }
}

export function parseNamespace(value: unknown): NamespaceObject | undefined {
  const metadata = objectAt(value, 'metadata')
  const name = textAt(metadata, 'name')
  return name === undefined ? undefined : { name, labels: textsAt(metadata, 'labels') }
}

function parseTaint(value: unknown): Taint[] {
  const from = toObject(value)
  const key = textAt(from, 'key')
  const text = textAt(from, 'value')
  return key === undefined
    ? []
    : [{ key, effect: textAt(from, 'effect') ?? '', ...(text !== undefined && { value: text }) }]
}

function parseAddress(value: unknown): NodeAddress[] {
  const from = toObject(value)
  const type = textAt(from, 'type')
  const address = textAt(from, 'address')
  return type === undefined || address === undefined ? [] : [{ type, address }]
}

function parseReady(status: JsonObject): NodeReady | undefined {
  const condition = listAt(status, 'conditions')
    .map(toObject)
    .find(({ type }) => type === 'Ready')
  if (condition === undefined) return undefined
  const { status: state } = condition
  return {
    status: state === 'True' || state === 'False' ? state : 'Unknown',
    lastTransitionTime: textAt(condition, 'lastTransitionTime') ?? '',
  }
}

function parseIngress(value: unknown): ServiceIngress[] {
  const from = toObject(value)
  const ip = textAt(from, 'ip')
  const hostname = textAt(from, 'hostname')
  if (ip === undefined && hostname === undefined) return []
  return [{ ...(ip !== undefined && { ip }), ...(hostname !== undefined && { hostname }) }]
}

type JsonObject = Readonly<Record<string, unknown>>

function toObject(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

function objectAt(value: unknown, key: string): JsonObject {
  return toObject(toObject(value)[key])
}

function listAt(value: JsonObject, key: string): readonly unknown[] {
  const list = value[key]
  return Array.isArray(list) ? list : []
}

function textAt(value: JsonObject, key: string): string | undefined {
  const text = value[key]
  return typeof text === 'string' && text !== '' ? text : undefined
}

function textsAt(value: JsonObject, key: string): Readonly<Record<string, string>> {
  const entries = Object.entries(objectAt(value, key)).filter(([, text]) => typeof text === 'string')
  return Object.fromEntries(entries) as Record<string, string> // Only texts are left.
}
