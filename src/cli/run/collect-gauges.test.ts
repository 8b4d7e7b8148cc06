import { describe, expect, it } from 'vitest'
import type { Fqdn } from '../../model/name.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { withGauges, type GaugedEngine } from './collect-gauges.ts'

it('reads the gauges whenever somebody asks, whether this process leads or not', async () => {
  const registry = createMetrics()
  const store = {
    health: () => [{ kind: 'Node' as const, synced: true, lastHeardAt: 5_000, problem: undefined }],
    list: () => [],
  }
  const engine = {
    desks: () => [],
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

describe('a gauge of an object', () => {
  const labels = { provider: 'dns/main', zone: 'example.com' }
  const seen = [['web/home', 'IPv4', 9_000]] as const

  function open(): {
    readonly engine: GaugedEngine
    readonly render: () => Promise<string>
    readonly leave: () => void
  } {
    const registry = createMetrics()
    const engine = {
      queueDepth: () => 0,
      budgets: () => [['dns/main', 1] as const],
      sightings: () => seen,
      desks: () => [{ zone: { provider: 'dns/main', zone: 'example.com' as Fqdn } }],
    }
    const running: { engine: GaugedEngine | undefined } = { engine }
    for (const gauge of ['zoneHeld', 'zoneRecordSets', 'zoneOwned', 'zoneOrphans'] as const)
      registry.metrics[gauge](labels, 3)
    const clock = { now: () => 1_000_000, monotonicNow: () => 6_000 }
    const { render } = withGauges(registry, { store: { health: () => [], list: () => [] }, running, clock })
    return { engine, render, leave: () => (running.engine = undefined) }
  }

  const objectsIn = (text: string): readonly string[] =>
    text.split('\n').filter((line) => /^stoa_\w+\{.*"(?:dns\/main|home)"/.test(line))

  it('is there for as long as the object is', async () => {
    const { engine, render } = open()
    expect(objectsIn(await render())).toHaveLength(6)
    engine.sightings = () => []
    expect(objectsIn(await render())).toHaveLength(5)
    engine.desks = () => []
    expect(objectsIn(await render())).toEqual(['stoa_provider_budget_ratio{provider="dns/main"} 1'])
    engine.budgets = () => []
    expect(objectsIn(await render())).toEqual([])
  })

  it('is not for a process to speak of that no longer leads', async () => {
    const { render, leave } = open()
    expect(objectsIn(await render())).toHaveLength(6)
    leave()
    expect(objectsIn(await render())).toEqual([])
  })
})
