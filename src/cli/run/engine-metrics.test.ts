import { expect, it } from 'vitest'
import { PROVIDER, recordFor, startEngine } from '../../../test/support/engine-bench.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { engineHooks } from './engine-metrics.ts'

it('counts each failed try to read a zone: an alert looks for those without a good one', async () => {
  const { metrics, render } = createMetrics()
  const { onUnavailable } = engineHooks(metrics)
  const { zone, store, clock } = startEngine(onUnavailable && { onUnavailable })
  zone.fail('down', 3)
  store.put(PROVIDER)
  store.put(recordFor('www', { addresses: ['192.0.2.1'] }))
  await clock.advance(60_000)
  expect(zone.table.size).toBe(1)
  const labels = 'provider="web/main",zone="example.com",outcome="unavailable"'
  expect(await render()).toContain(`stoa_zone_passes_total{${labels}} 3`)
})
