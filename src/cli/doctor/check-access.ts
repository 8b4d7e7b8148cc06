// Whether the cluster answers, whether its clock is ours, and what the caller may do there.
import { isObject } from '../../api/is-object.ts'
import { API_GROUP } from '../../api/kinds.ts'
import { countOf } from '../../model/text.ts'
import type { ApiClient } from '../../store/kube/api-client.ts'
import { bad, good, plain, type Line } from '../status/explanation.ts'

export interface Access {
  readonly lines: readonly Line[]
  /** The cluster's time minus ours, in milliseconds. */
  readonly skewMs: number
}

/** Times of nodes and Leases are compared to the second; more than this moves graces and ages. */
const MOST_SKEW_MS = 5_000

export async function checkAccess(client: ApiClient, now: () => number, signal: AbortSignal): Promise<Access> {
  const begun = now()
  const { json, headers } = await client.request('GET', '/version', { signal })
  const version =
    isObject(json) && typeof json['gitVersion'] === 'string' ? json['gitVersion'] : 'of an unknown version'
  const date = typeof headers['date'] === 'string' ? Date.parse(headers['date']) : NaN
  const lines = [good(`Kubernetes ${version} answers`)]
  if (Number.isNaN(date)) return { lines, skewMs: 0 }
  // The header is cut to the second, and was written some time during the request.
  const skewMs = Math.round(date + 500 - (begun + now()) / 2)
  const seconds = Math.round(Math.abs(skewMs) / 1000)
  const side = skewMs > 0 ? 'behind' : 'ahead of'
  const clock =
    Math.abs(skewMs) > MOST_SKEW_MS
      ? bad(`this clock is ${countOf(seconds, 'second')} ${side} the cluster's: set both by NTP`)
      : good("this clock agrees with the cluster's")
  return { lines: [...lines, clock], skewMs }
}

interface Right {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  /** In this one alone. */
  readonly namespace?: string
  /** Without it something else still works. */
  readonly optional?: true
}

const OF_NO_NAMESPACE: ReadonlySet<string> = new Set(['nodes', 'namespaces'])

const KINDS = ['dynamicdnsrecords', 'nodepools', 'wanaddresses', 'dnsproviders'] as const

const ours = (verb: string, resources: readonly string[], more: Partial<Right> = {}): readonly Right[] =>
  resources.map((resource) => ({ verb, group: API_GROUP, resource, ...more }))
const core = (verb: string, ...resources: readonly string[]): readonly Right[] =>
  resources.map((resource) => ({ verb, group: '', resource }))

/** What the daily commands need. Whoever may only read can still look at everything. */
const PERSON: readonly Right[] = [
  ...ours('list', KINDS),
  ...ours('patch', KINDS, { optional: true }),
  ...core('patch', 'nodes').map((right) => ({ ...right, optional: true as const })),
]

/** What the controller needs, as it is shipped. */
const CONTROLLER: readonly Right[] = [
  ...ours('list', KINDS),
  ...ours('watch', KINDS),
  ...ours('patch', KINDS, { subresource: 'status' }),
  ...ours('patch', ['dynamicdnsrecords', 'dnsproviders']),
  ...core('list', 'nodes', 'namespaces', 'services'),
  ...core('watch', 'nodes', 'namespaces', 'services'),
  // Of all namespaces; single ones, or single Secrets, are as good.
  ...[...core('list', 'secrets'), ...core('watch', 'secrets')].map((right) => ({ ...right, optional: true as const })),
  { verb: 'create', group: 'events.k8s.io', resource: 'events' },
]

export interface Caller {
  /** Else it is a person. */
  readonly isController: boolean
  /** Those alone that are read; undefined: all. */
  readonly namespaces: readonly string[] | undefined
}

export async function checkRights(client: ApiClient, caller: Caller, signal: AbortSignal): Promise<readonly Line[]> {
  const { isController: inPod, namespaces } = caller
  const everywhere = inPod ? CONTROLLER : PERSON
  const rights = namespaces === undefined ? everywhere : everywhere.flatMap((right) => narrow(right, namespaces))
  const granted = await Promise.all(rights.map((right) => isGranted(client, right, signal)))
  const missing = rights.filter((_, index) => granted[index] === false)
  const needed = missing.filter(({ optional }) => optional === undefined).map(describeRight)
  const useful = missing.filter(({ optional }) => optional === true)
  const who = inPod ? 'the controller' : 'you'
  const lines: Line[] = []
  const role = namespaces === undefined ? 'a ClusterRole' : 'a Role there'
  if (needed.length > 0) lines.push(bad(`${who} may not ${needed.join(', ')}: grant it with ${role}`))
  lines.push(...describeUseful(useful, inPod))
  return lines.length > 0 ? lines : [good(`${who} may do all that is needed`)]
}

/** What belongs to no namespace is done without where only some are read. */
function narrow(right: Right, namespaces: readonly string[]): readonly Right[] {
  if (OF_NO_NAMESPACE.has(right.resource)) return [{ ...right, optional: true }]
  return namespaces.map((namespace) => ({ ...right, namespace }))
}

function describeUseful(missing: readonly Right[], inPod: boolean): readonly Line[] {
  const listed = (rights: readonly Right[]): string => rights.map(describeRight).join(', ')
  if (!inPod) return missing.length === 0 ? [] : [plain(describeLooking(missing, listed(missing)))]
  const secrets = missing.filter(({ resource }) => resource === 'secrets')
  const others = missing.filter(({ resource }) => resource !== 'secrets')
  const names = 'right where rbac.secrets of the chart names the Secrets it reads'
  const lacks = 'a NodePool with a selector stays as it is then, and no selector of namespaces lets in who was not in'
  return [
    ...(secrets.length === 0 ? [] : [plain(`the controller may not ${listed(secrets)} of any name: ${names}`)]),
    ...(others.length === 0 ? [] : [plain(`the controller may not ${listed(others)}: ${lacks}`)]),
  ]
}

/** Drains alone are written on Nodes. */
function describeLooking(missing: readonly Right[], list: string): string {
  const drainsOnly = missing.every(({ resource }) => resource === 'nodes')
  return drainsOnly
    ? `you may not drain: that needs ${list}`
    : `you may look only: approve, refresh, prune or drain need ${list}`
}

async function isGranted(client: ApiClient, right: Right, signal: AbortSignal): Promise<boolean> {
  const { verb, group, resource, subresource, namespace } = right
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        ...{ verb, group, resource },
        ...(subresource !== undefined && { subresource }),
        ...(namespace !== undefined && { namespace }),
      },
    },
  }
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  const { json } = await client.request('POST', path, { body, signal })
  return isObject(json) && isObject(json['status']) && json['status']['allowed'] === true
}

function describeRight({ verb, resource, subresource, namespace }: Right): string {
  const where = namespace === undefined ? '' : ` in ${namespace}`
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}${where}`
}
