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
import { describeTrouble, describeUnread, listUnseen } from './unread.ts'

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
  /** Names of records that could not even be looked at. */
  readonly unseen: readonly string[]
  /** Providers and zones that could not be read, and why. */
  readonly unread: readonly string[]
  readonly warnings: readonly string[]
}

/** So long nothing may stir before it counts as at rest: one thing that is found out has others looked at. */
const QUIET_MS = 1_000
const LOOK_MS = 100
/** Nobody is asked any more: the time is used up where a provider did not answer, and what the others said is to be shown. */
const LAST_LOOK_MS = 10_000

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
      serveZones: () => undefined,
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
  const isIn = async (withinMs: number, condition: () => boolean): Promise<boolean> => {
    const deadline = performance.now() + withinMs
    while (!condition()) {
      if (performance.now() > deadline) return false
      await sleep(LOOK_MS, undefined, { signal: io.signal })
    }
    return true
  }
  stage.show('asking the providers and the world …')
  let quietSince = Infinity
  const settled = await isIn(timeoutMs, () => {
    quietSince = engine.isAtRest ? Math.min(quietSince, performance.now()) : Infinity
    return performance.now() - quietSince >= QUIET_MS
  })
  // What was found piece by piece is now looked at as a whole.
  reports.clear()
  const readable = [...engine.desks()].filter(({ isRead }) => isRead)
  for (const desk of readable) desk.touchAll()
  const complete = await isIn(LAST_LOOK_MS, () => readable.every(({ zone }) => reports.has(zoneText(zone))))
  const late = `not everything could be found out within ${timeoutMs / 1000} seconds: what is missing is not in this plan`
  const { store } = options
  return {
    reports: [...reports.values()],
    records: [...engine.records()],
    unseen: listUnseen(engine, store),
    unread: describeUnread(engine, store),
    warnings: [...(settled && complete ? [] : [late]), ...describeTrouble(engine, store)],
  }
}
