// Gauges that are read when somebody asks for the metrics, because nothing says when they change.
import { KIND_NAMES } from '../../api/kinds.ts'
import type { Clock } from '../../model/clock.ts'
import { parseRef } from '../../reconcile/object-keys.ts'
import type { Engine } from '../../reconcile/engine.ts'
import type { Store } from '../../store/store.ts'
import type { Metrics, MetricsRegistry } from '../../telemetry/metrics.ts'

export interface GaugeSources {
  readonly store: Pick<Store, 'health' | 'list'>
  readonly clock: Pick<Clock, 'now' | 'monotonicNow'>
  readonly running: { readonly engine: Pick<Engine, 'queueDepth' | 'budgets' | 'sightings'> | undefined }
}

/** The registry, with its gauges as they are whenever it is read. */
export function withGauges(registry: MetricsRegistry, sources: GaugeSources): MetricsRegistry {
  return {
    ...registry,
    render: () => {
      collect(registry.metrics, sources)
      return registry.render()
    },
  }
}

function collect(metrics: Metrics, { store, clock, running: { engine } }: GaugeSources): void {
  for (const kind of KIND_NAMES) metrics.queueDepth({ kind }, engine?.queueDepth(kind) ?? 0)
  for (const [provider, fill] of engine?.budgets() ?? []) metrics.providerBudget({ provider }, fill)
  for (const [ref, family, seenAtMs] of engine?.sightings() ?? []) {
    metrics.wanLastKnown({ ...parseRef(ref), family }, seenAtMs / 1000)
  }
  for (const { kind, lastHeardAt } of store.health()) {
    if (lastHeardAt === undefined) continue
    const heardAtMs = clock.now() - (clock.monotonicNow() - lastHeardAt)
    metrics.watchLastHeard({ kind }, heardAtMs / 1000)
  }
}
