// Counts what the process does. Each metric is a plain function, so that whoever counts knows neither registry nor client library;
// every registry stands alone, so that tests and a second engine in the same process do not share one.
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { METRIC_TABLE, type MetricDefinition } from './metric-table.ts'

type Table = typeof METRIC_TABLE

export type LabelsOf<Definition extends MetricDefinition> = {
  readonly [Label in keyof Definition['labels']]: Definition['labels'][Label] extends readonly (infer Value)[]
    ? Value
    : string
}

type RecorderOf<Definition extends MetricDefinition> = Definition['type'] extends 'counter'
  ? /** Adds one, or as many as `by` says. */
    (labels: LabelsOf<Definition>, by?: number) => void
  : Definition['type'] extends 'gauge'
    ? GaugeRecorder<LabelsOf<Definition>>
    : (labels: LabelsOf<Definition>, value: number) => void

interface GaugeRecorder<Labels> {
  (labels: Labels, value: number): void
  /** Takes all other series away: their objects are gone, or are no longer this process's to speak of. */
  keep(isThere: (labels: Labels) => boolean): Promise<void>
}

/** `metrics.reconciles({ kind: 'NodePool', outcome: 'done' })`. None of them throws. */
export type Metrics = { readonly [Key in keyof Table]: RecorderOf<Table[Key]> }

export interface MetricsRegistry {
  readonly metrics: Metrics
  readonly contentType: string
  /** Everything counted so far, as Prometheus reads it. */
  readonly render: () => Promise<string>
}

type Recorder = (labels: Record<string, string>, value?: number) => void

export function createMetrics(): MetricsRegistry {
  const registry = new Registry()
  return {
    metrics: mapTable((definition) => createRecorder(definition, registry)),
    contentType: registry.contentType,
    render: () => registry.metrics(),
  }
}

function mapTable(create: (definition: MetricDefinition) => Recorder): Metrics {
  const entries = Object.entries(METRIC_TABLE).map(([key, definition]) => [key, create(definition)] as const)
  // The table gave the keys and, through their definitions, the shape of each function.
  return Object.fromEntries(entries) as unknown as Metrics
}

function createRecorder({ type, name, help, labels, buckets = [] }: MetricDefinition, registry: Registry): Recorder {
  const config = { name, help, labelNames: Object.keys(labels), registers: [registry] }
  switch (type) {
    case 'counter': {
      const counter = new Counter(config)
      return (values, by = 1) => counter.inc(values, by)
    }
    case 'gauge':
      return createGaugeRecorder(new Gauge(config))
    case 'histogram': {
      const histogram = new Histogram({ ...config, buckets: [...buckets] })
      return (values, value = 0) => histogram.observe(values, value)
    }
  }
}

function createGaugeRecorder(gauge: Gauge): Recorder & GaugeRecorder<Record<string, string>> {
  const set = (labels: Record<string, string>, value = 0): void => gauge.set(labels, value)
  return Object.assign(set, {
    async keep(isThere: (labels: Record<string, string>) => boolean) {
      const { values } = await gauge.get()
      // Labels of ours are texts.
      for (const { labels } of values) if (!isThere(labels as Record<string, string>)) gauge.remove(labels)
    },
  })
}
