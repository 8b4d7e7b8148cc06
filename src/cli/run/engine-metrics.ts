// What the engine and the detectors do, as metrics.
import type { ZoneReport } from '../../apply/zone-pass.ts'
import type { DetectorHooks } from '../../observe/wan/detector.ts'
import type { Probe } from '../../observe/health/probe-spec.ts'
import type { EngineHooks } from '../../reconcile/engine-ports.ts'
import type { LabelsOf, Metrics } from '../../telemetry/metrics.ts'
import type { METRIC_TABLE } from '../../telemetry/metric-table.ts'

type ProviderType = LabelsOf<(typeof METRIC_TABLE)['providerCalls']>['type']

export function engineHooks(metrics: Metrics): EngineHooks {
  return {
    onReconcile: (kind, outcome, elapsedMs) => {
      metrics.reconciles({ kind, outcome })
      metrics.reconcileSeconds({ kind }, elapsedMs / 1000)
    },
    onStatusWrite: (kind, outcome) => metrics.statusWrites({ kind, outcome }),
    // The schema lets no other type through.
    onCall: (type, outcome) => metrics.providerCalls({ type: type as ProviderType, outcome }),
    onPass: (report) => countPass(report, metrics),
    onUnavailable: (zone) => metrics.zonePasses({ ...zone, outcome: 'unavailable' }),
  }
}

/** Both hear of everything. */
export function joinHooks(first: EngineHooks, second: EngineHooks): EngineHooks {
  return {
    onReconcile: (...given) => (first.onReconcile?.(...given), second.onReconcile?.(...given)),
    onStatusWrite: (...given) => (first.onStatusWrite?.(...given), second.onStatusWrite?.(...given)),
    onCall: (...given) => (first.onCall?.(...given), second.onCall?.(...given)),
    onPass: (...given) => (first.onPass?.(...given), second.onPass?.(...given)),
    onUnavailable: (...given) => (first.onUnavailable?.(...given), second.onUnavailable?.(...given)),
  }
}

function countPass(report: ZoneReport, metrics: Metrics): void {
  const { zone, verdict, heldByMode, heldByDryRun, orphans } = report
  const labels = { provider: zone.provider, zone: zone.zone }
  const outcomes = [...report.outcomes, ...report.pruned]
  for (const { kind, change } of outcomes) metrics.changes({ kind: change.kind, outcome: kind })
  const held = heldByMode.length + heldByDryRun.length + (verdict.verdict === 'held' ? verdict.held.length : 0)
  metrics.zoneHeld(labels, held)
  metrics.zoneRecordSets(labels, report.recordSets)
  metrics.zoneOwned(labels, report.owned)
  if (orphans !== undefined) metrics.zoneOrphans(labels, orphans.count)
  metrics.zonePasses({ ...labels, outcome: outcomeOf(outcomes, held) })
}

function outcomeOf(outcomes: ZoneReport['outcomes'], held: number): 'settled' | 'applied' | 'held' | 'failed' {
  if (outcomes.some(({ kind }) => kind !== 'applied')) return 'failed'
  if (outcomes.length > 0) return 'applied'
  return held > 0 ? 'held' : 'settled'
}

export function detectorHooks(metrics: Metrics, now: () => number): DetectorHooks {
  return {
    onOutcome: ({ source: { transport }, result }) => {
      metrics.wanAnswers({ transport, outcome: result.kind })
      if (result.kind === 'answered') metrics.wanLastAnswer({ transport }, now() / 1000)
    },
    onRound: ({ kind, family }) => metrics.wanRounds({ family, outcome: kind }),
  }
}

export function countProbes(probe: Probe, metrics: Metrics): Probe {
  return async (spec, signal) => {
    const problem = await probe(spec, signal)
    metrics.probes({ type: spec.handler.kind, result: problem === undefined ? 'healthy' : 'unhealthy' })
    return problem
  }
}
