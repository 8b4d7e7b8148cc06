// Whether a controller works in the cluster: who holds the Lease, and what its Pods say of themselves.
import { isObject } from '../../api/is-object.ts'
import { printable } from '../../model/text.ts'
import { describeAge } from '../../serve/kubectl-view/human-duration.ts'
import type { ApiClient } from '../../store/kube/api-client.ts'
import { hasReason } from '../../store/kube/api-errors.ts'
import { apiPath } from '../../store/kube/api-path.ts'
import { createLeaseApi } from '../../store/kube/lease-api.ts'
import { bad, good, plain, type Line } from '../status/explanation.ts'

export interface LeaseKey {
  readonly namespace: string
  readonly name: string
}

/** `now` is the cluster's time, in milliseconds since the epoch. */
export async function checkLease(
  client: ApiClient,
  key: LeaseKey,
  now: number,
  signal: AbortSignal,
): Promise<readonly Line[]> {
  const place = `Lease ${key.namespace}/${key.name}`
  try {
    const lease = await createLeaseApi(client, key).get(signal)
    const remedy =
      'start one, give --lease-namespace and --lease-name, or ignore this where it runs with --no-leader-election'
    if (lease === undefined) return [bad(`there is no ${place}, so no controller has worked here: ${remedy}`)]
    if (lease.holder === '') return [bad(`nobody holds ${place}: no controller is running`)]
    const age = now - Date.parse(lease.renewTime ?? '')
    if (!(age <= lease.durationSeconds * 1000)) {
      const since = Number.isNaN(age) ? '' : ` for ${describeAge(age)}`
      return [bad(`${lease.holder} holds ${place} and has not renewed it${since}: no controller is working`)]
    }
    return [good(`${lease.holder} leads (${place}, renewed ${describeAge(age)} ago)`)]
  } catch (error) {
    if (!hasReason(error, 'Forbidden')) throw error
    return [plain(`you may not read ${place}, so nobody knows whether a controller works`)]
  }
}

const PODS = { group: '', version: 'v1', plural: 'pods' }
const SELECTOR = 'app.kubernetes.io/name=stoa'
const METRICS_PORT = 8080

/** Through the apiserver, because Pods are seldom reached from outside. */
export async function checkPods(client: ApiClient, namespace: string, signal: AbortSignal): Promise<readonly Line[]> {
  try {
    const path = apiPath(PODS, { namespace, query: { labelSelector: SELECTOR } })
    const { json } = await client.request('GET', path, { signal })
    const items = isObject(json) && Array.isArray(json['items']) ? (json['items'] as readonly unknown[]) : []
    const names = items.flatMap((pod) => readRunning(pod) ?? [])
    if (names.length === 0) return [plain(`no Pod of Stoa runs in namespace ${namespace}; it may run elsewhere`)]
    return await Promise.all(names.map((name) => checkHealth(client, { namespace, name }, signal)))
  } catch (error) {
    if (!hasReason(error, 'Forbidden')) throw error
    return [plain(`you may not list Pods in namespace ${namespace}, so their health was not asked for`)]
  }
}

function readRunning(pod: unknown): string | undefined {
  const { metadata, status } = isObject(pod) ? pod : {}
  const isRunning = isObject(status) && status['phase'] === 'Running'
  const name = isObject(metadata) ? metadata['name'] : undefined
  return isRunning && typeof name === 'string' ? name : undefined
}

async function checkHealth(
  client: ApiClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Line> {
  const proxied = apiPath(PODS, { namespace, name: `${name}:${METRICS_PORT}`, subresource: 'proxy' })
  try {
    const { status } = await client.request('GET', `${proxied}/health`, { accept: [503], signal })
    return status === 503
      ? bad(`Pod ${name} is not ready: kubectl logs -n ${namespace} ${name} says why`)
      : good(`Pod ${name} is healthy`)
  } catch (error) {
    if (hasReason(error, 'Forbidden')) return plain(`you may not ask Pod ${name} for its health (get pods/proxy)`)
    const words = error instanceof Error ? error.message : String(error)
    return bad(`the health of Pod ${name} cannot be had on port ${METRICS_PORT}: ${printable(words)}`)
  }
}
