import { describe, expect, it } from 'vitest'
import { METRIC_TABLE, type MetricDefinition } from './metric-table.ts'
import { createMetrics } from './metrics.ts'

const definitions: readonly MetricDefinition[] = Object.values(METRIC_TABLE)
const samples = (text: string): readonly string[] => text.split('\n').filter((line) => /^stoa_\w+\{/.test(line))

describe('metrics', () => {
  it('count by their labels', async () => {
    const { metrics, render } = createMetrics()
    metrics.reconciles({ kind: 'NodePool', outcome: 'done' })
    metrics.reconciles({ kind: 'NodePool', outcome: 'done' })
    metrics.changes({ kind: 'create', outcome: 'applied' }, 5)
    expect(samples(await render())).toEqual([
      'stoa_reconciles_total{kind="NodePool",outcome="done"} 2',
      'stoa_changes_total{kind="create",outcome="applied"} 5',
    ])
  })

  it('forget a gauge whose object is gone', async () => {
    const { metrics, render } = createMetrics()
    metrics.zoneOrphans({ provider: 'dns/main', zone: 'example.com' }, 3)
    metrics.zoneOrphans({ provider: 'dns/main', zone: 'example.net' }, 1)
    await metrics.zoneOrphans.keep(({ zone }) => zone === 'example.net')
    expect(samples(await render())).toEqual(['stoa_zone_orphans{provider="dns/main",zone="example.net"} 1'])
  })

  it('sort durations into the buckets of the table', async () => {
    const { metrics, render } = createMetrics()
    metrics.reconcileSeconds({ kind: 'NodePool' }, 0.003)
    const text = await render()
    expect(text).toContain('stoa_reconcile_duration_seconds_bucket{le="0.001",kind="NodePool"} 0')
    expect(text).toContain('stoa_reconcile_duration_seconds_bucket{le="0.005",kind="NodePool"} 1')
    expect(text).toContain('stoa_reconcile_duration_seconds_sum{kind="NodePool"} 0.003')
  })

  it('are apart in every registry', async () => {
    const first = createMetrics()
    const second = createMetrics()
    first.metrics.leader({}, 1)
    expect(await first.render()).toContain('stoa_leader 1')
    expect(await second.render()).toContain('stoa_leader 0')
  })

  it('take an escape for what would end a label', async () => {
    const { metrics, render } = createMetrics()
    metrics.providerBudget({ provider: 'a"\n\\b' }, 0.5)
    expect(await render()).toContain('stoa_provider_budget_ratio{provider="a\\"\\n\\\\b"} 0.5')
  })
})

describe('the table of metrics', () => {
  it('names each once, and as Prometheus wants it', () => {
    expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length)
    for (const { name, type, help } of definitions) {
      expect(name).toMatch(/^stoa_[a-z_]+[a-z]$/)
      expect(name.endsWith('_total')).toBe(type === 'counter')
      expect(help).toMatch(/^[A-Z0-9].*\.$/)
    }
  })

  it('is what docs/spec/metrics.md says; `npx vitest run --project unit src/telemetry -u` rewrites the page', async () => {
    await expect(renderPage()).toMatchFileSnapshot(new URL('../../docs/spec/metrics.md', import.meta.url).pathname)
  })
})

function renderPage(): string {
  const rows = definitions.map(({ name, type, labels, help }) => {
    const values = Object.entries(labels).map(([label, known]) => `\`${label}\`${describeValues(known)}`)
    return `| \`${name}\` | ${type} | ${values.join('; ')} | ${help} |`
  })
  return [
    '# Metrics',
    '',
    '_Read this when_ you build a dashboard or an alert. _It defines_ every metric that `/metrics` gives. _It does not define_ where that address is.',
    '',
    'Names and labels are stable within a version of the API. No label holds a secret, an address or a text from outside, and each has few values: those listed, or',
    'for a label without a list the objects and zones that people have made. Moments are timestamps, so that an age is `time() - value`.',
    '',
    '<!-- generated from src/telemetry/metric-table.ts -->',
    '<!-- prettier-ignore-start -->',
    '| metric | type | labels | meaning |',
    '|---|---|---|---|',
    ...rows,
    '<!-- prettier-ignore-end -->',
    '',
    '## Alerts worth having',
    '',
    '- `stoa_zone_held_changes > 0` for an hour: something waits for an approval that nobody gives.',
    '- `sum by (provider, zone) (increase(stoa_zone_passes_total{outcome="unavailable"}[15m])) > 0 unless sum by (provider, zone) (increase(stoa_zone_passes_total{outcome=~"settled|applied"}[15m])) > 0`: a zone cannot be read.',
    '- `time() - stoa_wan_last_known_timestamp_seconds > 600`: the WAN address has not been seen for ten minutes.',
    '- `sum(stoa_leader) != 1` for a minute: nobody writes, or not all processes are seen.',
    '',
  ].join('\n')
}

function describeValues(values: MetricDefinition['labels'][string]): string {
  return values === 'named' ? '' : `: ${values.join(', ')}`
}
