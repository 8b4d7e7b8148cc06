// Gauges that are read when somebody asks for the metrics, because nothing says when they change.
import { KIND_NAMES } from '../../api/kinds.ts'
import type { Clock } from '../../model/clock.ts'
import { parseRef, refText } from '../../reconcile/object-keys.ts'
import type { Engine } from '../../reconcile/engine.ts'
import type { AddressFamily } from '../../model/address.ts'
import type { ZoneRef } from '../../model/zone.ts'
import type { Store } from '../../store/store.ts'
import type { Metrics, MetricsRegistry } from '../../telemetry/metrics.ts'

export interface GaugeSources {
  readonly store: Pick<Store, 'health' | 'list'>
  readonly clock: Pick<Clock, 'now' | 'monotonicNow'>
  readonly running: { readonly engine: GaugedEngine | undefined }
}

export interface GaugedEngine extends Pick<Engine, 'queueDepth' | 'budgets'> {
  sightings(): Iterable<readonly [ref: string, family: AddressFamily, seenAtMs: number]>
  desks(): Iterable<{ readonly zone: ZoneRef }>
}

/** The registry, with its gauges as they are whenever it is read. */
export function withGauges(registry: MetricsRegistry, sources: GaugeSources): MetricsRegistry {
  return {
    ...registry,
    async render() {
      collect(registry.metrics, sources)
      await forgetDeparted(registry.metrics, sources.running.engine)
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

/** What is said of an object that is gone would never change again, nor what a process says that no longer leads: an alert on it would not end. */
async function forgetDeparted(metrics: Metrics, engine: GaugedEngine | undefined): Promise<void> {
  const zones = new Set([...(engine?.desks() ?? [])].map(({ zone }) => `${zone.provider} ${zone.zone}`))
  const { zoneHeld, zoneRecordSets, zoneOwned, zoneOrphans } = metrics
  for (const gauge of [zoneHeld, zoneRecordSets, zoneOwned, zoneOrphans])
    await gauge.keep(({ provider, zone }) => zones.has(`${provider} ${zone}`))
  const providers = new Set([...(engine?.budgets() ?? [])].map(([provider]) => provider))
  await metrics.providerBudget.keep(({ provider }) => providers.has(provider))
  const wans = new Set([...(engine?.sightings() ?? [])].map(([ref, family]) => `${ref} ${family}`))
  await metrics.wanLastKnown.keep(({ family, ...key }) => wans.has(`${refText(key)} ${family}`))
}
