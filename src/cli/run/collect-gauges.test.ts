import { expect, it } from 'vitest'
import { createMetrics } from '../../telemetry/metrics.ts'
import { withGauges } from './collect-gauges.ts'

it('reads the gauges whenever somebody asks, whether this process leads or not', async () => {
  const registry = createMetrics()
  const store = {
    health: () => [{ kind: 'Node' as const, synced: true, lastHeardAt: 5_000, problem: undefined }],
    list: () => [],
  }
  const engine = {
    queueDepth: () => 3,
    budgets: () => [['dns/main', 0.5]] as const,
    *sightings() {
      yield ['web/home', 'IPv4', 9_000] as const
    },
  }
  const running: { engine: typeof engine | undefined } = { engine }
  const collected = withGauges(registry, { store, running, clock: { now: () => 1_000_000, monotonicNow: () => 6_000 } })
  const text = await collected.render()
  expect(text).toContain('stoa_queue_depth{kind="NodePool"} 3')
  expect(text).toContain('stoa_provider_budget_ratio{provider="dns/main"} 0.5')
  expect(text).toContain('stoa_watch_last_heard_timestamp_seconds{kind="Node"} 999')
  expect(text).toContain('stoa_wan_last_known_timestamp_seconds{namespace="web",name="home",family="IPv4"} 9')
  running.engine = undefined
  expect(await collected.render()).toContain('stoa_queue_depth{kind="NodePool"} 0')
})
