// A Stoa in a cluster: reads and writes the Kubernetes API, and works only while it holds the Lease.
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { LEASE_NAMESPACE, type RunConfig } from '../../config/settings.ts'
import type { Egress } from '../../egress/egress.ts'
import type { DnsEndpointObject } from '../../providers/dnsendpoint/resource-writer.ts'
import { createApiClient } from '../../store/kube/api-client.ts'
import { openConnection } from '../../store/kube/connection.ts'
import { createKubeStore } from '../../store/kube/kube-store.ts'
import { createLeaseApi } from '../../store/kube/lease-api.ts'
import { DEFAULT_LEASE_DURATIONS, runElection } from '../../store/kube/lease-election.ts'
import { createDnsEndpointWriter } from '../../store/kube/resource-writer.ts'
import type { WatchedKind } from '../../store/store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { systemClock } from '../system-clock.ts'
import type { Backend } from './backend.ts'

export interface ClusterSurroundings {
  readonly egress: Egress
  readonly log: Logger
  readonly metrics: Metrics
}

export async function openCluster(config: RunConfig, surroundings: ClusterSurroundings): Promise<Backend> {
  const { egress, log, metrics } = surroundings
  const { kubeconfig, context } = config
  const connection = await openConnection({ kubeconfig, context, egress })
  const client = createApiClient(connection)
  const instance = hostname()
  const clock = systemClock
  const random = Math.random
  const hooks = {
    onList: (kind: WatchedKind): void => metrics.watchRelists({ kind }),
    onDropped: (): void => metrics.eventsDropped({}),
  }
  const namespaces = config.watchNamespaces
  const store = createKubeStore({ client, clock, random, logger: log, namespaces, instance, hooks })
  const namespace = config.leaseNamespace ?? connection.podNamespace ?? LEASE_NAMESPACE
  const lead: Backend['lead'] = async (work, signal) => {
    if (!config.leaderElection) return work(signal, () => true)
    const api = createLeaseApi(client, { namespace, name: config.leaseName })
    await runElection(
      {
        ...{ api, clock, random, log, durations: DEFAULT_LEASE_DURATIONS },
        identity: `${instance}_${randomUUID()}`,
        lead: (stopping, leadership) => work(stopping, () => leadership.holds()),
      },
      signal,
    )
  }
  return {
    ...{ store, lead, git: undefined, dataFolder: undefined },
    description: `cluster ${connection.server}`,
    writer: createDnsEndpointWriter<DnsEndpointObject>(client),
    close: () => client.close(),
  }
}
