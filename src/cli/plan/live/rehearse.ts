// Runs the engine over a tree until it is at rest, with the real world and without a single write at a provider.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ZoneReport } from '../../../apply/zone-pass.ts'
import { FileZonePersistence } from '../../../dns/file-zone-persistence.ts'
import { zoneText } from '../../../model/zone.ts'
import { ZoneStore, type ZoneSnapshot } from '../../../providers/builtin/zone-store.ts'
import type { Engine } from '../../../reconcile/engine.ts'
import type { GitStore } from '../../../store/git/git-store.ts'
import { SILENT_LOGGER } from '../../../telemetry/logger.ts'
import { createMetrics } from '../../../telemetry/metrics.ts'
import type { CommandIo } from '../../command-io.ts'
import { runEngine } from '../../run/run-engine.ts'
import type { StageLine } from '../stage-line.ts'
import type { RehearsedRecord } from './describe-live.ts'

export interface RehearsalOptions {
  readonly store: GitStore
  readonly dataFolder: string
  readonly timeoutMs: number
  readonly io: CommandIo
  readonly stage: StageLine
}

export interface Rehearsed {
  readonly reports: readonly ZoneReport[]
  readonly records: readonly RehearsedRecord[]
  readonly warnings: readonly string[]
}

/** So long nothing may stir before it counts as at rest: one thing that is found out has others looked at. */
const QUIET_MS = 1_000
const LOOK_MS = 100

export async function rehearse(options: RehearsalOptions): Promise<Rehearsed> {
  const { store, dataFolder, io } = options
  const reports = new Map<string, ZoneReport>()
  const running: { engine: Engine | undefined } = { engine: undefined }
  const { metrics } = createMetrics()
  const persistence = new FileZonePersistence<ZoneSnapshot>(join(dataFolder, 'zones'))
  const surroundings = {
    ...{ running, metrics, io, log: SILENT_LOGGER, config: { dryRun: true } },
    backend: {
      ...{ store, git: store, dataFolder, writer: undefined, description: 'a rehearsal' },
      lead: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    nameServer: {
      openZone: (zone: Parameters<typeof persistence.load>[0]) => ZoneStore.open({ zone, firstSerial: 1, persistence }),
      setSecondaries: () => undefined,
      close: () => Promise.resolve(),
    },
    hooks: {
      onPass: (report: ZoneReport): void => {
        if (report.names === undefined) reports.set(zoneText(report.zone), report)
      },
    },
  }
  const stopping = new AbortController()
  const signal = AbortSignal.any([io.signal, stopping.signal])
  const run = runEngine(surroundings, () => true, signal)
  try {
    const engine = await Promise.race([findEngine(running, io.signal), run.then(() => undefined)])
    if (engine === undefined) throw new Error('the engine ended by itself')
    return await watch(engine, reports, options)
  } finally {
    stopping.abort()
    await run.catch(() => undefined)
  }
}

async function findEngine(running: { readonly engine: Engine | undefined }, signal: AbortSignal): Promise<Engine> {
  while (running.engine === undefined) await sleep(LOOK_MS, undefined, { signal })
  return running.engine
}

async function watch(engine: Engine, reports: Map<string, ZoneReport>, options: RehearsalOptions): Promise<Rehearsed> {
  const { timeoutMs, io, stage } = options
  const deadline = performance.now() + timeoutMs
  const isIn = async (condition: () => boolean): Promise<boolean> => {
    while (!condition()) {
      if (performance.now() > deadline) return false
      await sleep(LOOK_MS, undefined, { signal: io.signal })
    }
    return true
  }
  stage.show('asking the providers and the world …')
  let quietSince = Infinity
  const settled = await isIn(() => {
    quietSince = engine.isAtRest ? Math.min(quietSince, performance.now()) : Infinity
    return performance.now() - quietSince >= QUIET_MS
  })
  // What was found piece by piece is now looked at as a whole.
  reports.clear()
  const readable = [...engine.desks()].filter(({ isRead }) => isRead)
  for (const desk of readable) desk.touchAll()
  const complete = await isIn(() => readable.every(({ zone }) => reports.has(zoneText(zone))))
  const late = `not everything could be found out within ${timeoutMs / 1000} seconds: what is missing is not in this plan`
  return {
    reports: [...reports.values()],
    records: [...engine.records()],
    warnings: [...(settled && complete ? [] : [late]), ...describeTrouble(engine, options.store)],
  }
}

/** What could not be found out, in the words of the status that a running Stoa would write. */
function describeTrouble(engine: Engine, store: Pick<GitStore, 'list'>): readonly string[] {
  const ofZones = [...engine.desks()].flatMap(({ zone, error }) => {
    return error === undefined ? [] : `zone ${zone.zone} at ${zone.provider} cannot be read: ${error.message}`
  })
  const ofObjects = (['DNSProvider', 'WANAddress'] as const).flatMap((kind) => {
    return [...store.list(kind)].flatMap(({ metadata, status }) => {
      const failed = status?.conditions?.find(({ type, status: is }) => TELLING.has(type) && is === 'False')
      return failed === undefined ? [] : `${kind} ${metadata.namespace}/${metadata.name}: ${failed.message}`
    })
  })
  return [...ofObjects, ...ofZones]
}

const TELLING: ReadonlySet<string> = new Set(['CredentialsValid', 'ZonesFound', 'AddressObserved'])
