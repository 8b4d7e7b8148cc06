// Where the Lease is that a controller campaigns for: the same for everybody who may write for this cluster.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEgress } from '../../egress/egress.ts'
import { startClusterBench, type ClusterBench } from '../../../test/support/daily-bench.ts'
import { readConfig } from '../../config/read-config.ts'
import type { RunConfig } from '../../config/settings.ts'
import { SILENT_LOGGER, type Logger } from '../../telemetry/logger.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { openCluster } from './open-cluster.ts'

const LEASES = '/apis/coordination.k8s.io/v1'

let bench: ClusterBench
beforeEach(async () => {
  bench = await startClusterBench()
})
afterEach(() => bench.stop())

/** The kubeconfig's context has the namespace `web`. */
function configOf(flags: Readonly<Record<string, string>> = {}): RunConfig {
  const result = readConfig({ flags: { kubeconfig: bench.kubeconfig, ...flags }, env: {}, file: undefined })
  if (result.kind === 'invalid') throw new Error(result.problems.join('\n'))
  return result.config
}

/** Campaigns until it leads, or until `stopping` is aborted. */
async function campaign(config: RunConfig, stopping = new AbortController(), log: Logger = SILENT_LOGGER) {
  const backend = await openCluster(config, { egress: readEgress({}), log, metrics: createMetrics().metrics })
  await backend.lead(() => Promise.resolve(stopping.abort()), stopping.signal)
  await backend.close()
}

describe('from a kubeconfig, the Lease', () => {
  it("is the Deployment's, whatever the namespace of the context", async () => {
    await campaign(configOf())
    expect(bench.fake.find(`${LEASES}/namespaces/stoa-system/leases/stoa`)).toBeDefined()
    expect(bench.fake.find(`${LEASES}/namespaces/web/leases/stoa`)).toBeUndefined()
  })

  it('is where it is told to be', async () => {
    await campaign(configOf({ leaseNamespace: 'dns', leaseName: 'other' }))
    expect(bench.fake.find(`${LEASES}/namespaces/dns/leases/other`)).toBeDefined()
  })

  it('names the remedy while its namespace is not there', async () => {
    bench.fake.fault = ({ method }) => (method === 'POST' ? { status: 404 } : undefined)
    const stopping = new AbortController()
    let said = ''
    const warn: Logger['warn'] = (_message, fields) => {
      said = String(fields?.['error'])
      stopping.abort()
    }
    await campaign(configOf(), stopping, { ...SILENT_LOGGER, warn })
    expect(said).toBe(
      'namespace stoa-system, where the Lease stoa belongs, does not exist: create it (kubectl create namespace stoa-system), ' +
        'or name another with --lease-namespace',
    )
  })
})
