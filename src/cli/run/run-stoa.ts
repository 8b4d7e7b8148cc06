// What `stoa run` does: puts the parts together, works until it is told to stop, and takes them apart again.
import packageInfo from '../../../package.json' with { type: 'json' }
import type { RunConfig } from '../../config/settings.ts'
import { readEgress, type Egress } from '../../egress/egress.ts'
import { ReconcileError } from '../../model/errors.ts'
import type { ZonePersistence } from '../../providers/builtin/zone-store.ts'
import type { EngineHooks } from '../../reconcile/engine-ports.ts'
import { createLogger } from '../../telemetry/create-logger.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import type { CommandIo } from '../command-io.ts'
import { EXIT } from '../exit-codes.ts'
import { systemClock } from '../system-clock.ts'
import type { Backend } from './backend.ts'
import { withGauges } from './collect-gauges.ts'
import { createNameServer } from './name-server.ts'
import { openCluster } from './open-cluster.ts'
import { openGit } from './open-git.ts'
import { readHookSecret } from './read-hook-secret.ts'
import { readRunConfig } from './read-run-config.ts'
import { runEngine, type EngineSurroundings } from './run-engine.ts'
import { startServers } from './start-servers.ts'

export interface StoaOptions {
  readonly config: RunConfig
  readonly io: CommandIo
  readonly log: Logger
  /** Of the push webhook; absent where none is taken. */
  readonly hookSecret?: string | undefined
  /** Where zones of the built-in name server are kept; the data folder if absent, or memory where there is none. */
  readonly persistence?: ZonePersistence
  /** Told beside the metrics of what the engine does. */
  readonly hooks?: EngineHooks
  /** Called when everything listens. */
  readonly onStarted?: (backend: Backend) => void
}

export async function runStoa(
  flags: Readonly<Record<string, string | boolean | undefined>>,
  io: CommandIo,
): Promise<void> {
  const config = await readRunConfig(flags, io)
  const hookSecret = await readHookSecret(config, io)
  const log = createLogger(config.logFormat, { level: config.logLevel, write: io.stderr, now: () => systemClock.now() })
  try {
    await operateStoa({ config, io, log, hookSecret })
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error
    io.stderr(`error: ${error.message}\n`)
    io.setExitCode(EXIT.failure)
  }
}

/** One that cannot be used is in the way only of those that it is meant for, which say so. */
function logProxy({ proxy }: Egress, log: Logger): void {
  if (proxy === undefined) return
  if ('problem' in proxy) log.warn('what is not in NO_PROXY cannot be reached', { problem: proxy.problem })
  else log.info('calls to providers leave through a proxy', { proxy: proxy.url, from: proxy.source })
}

/** Works until `io.signal` is aborted. Rejects with an error of the model when it cannot begin. */
export async function operateStoa(options: StoaOptions): Promise<void> {
  const { config, io, log, hookSecret, persistence, hooks = {}, onStarted } = options
  const registry = createMetrics()
  const { metrics } = registry
  metrics.buildInfo({ version: packageInfo.version, node: process.versions.node }, 1)
  metrics.leader({}, 0)
  const { git } = config
  const egress = readEgress(io.env)
  const backend = await (git === undefined
    ? openCluster(config, { egress, log, metrics })
    : openGit(git, config, log, io))
  const { store, description, dataFolder } = backend
  log.info('stoa begins', { version: packageInfo.version, source: description, dryRun: config.dryRun })
  logProxy(egress, log)
  const nameServer = createNameServer({ config, dataFolder, log, metrics, ...(persistence && { persistence }) })
  const running: EngineSurroundings['running'] = { engine: undefined }
  store.subscribe(({ kind }) => metrics.watchEvents({ kind }))
  try {
    const gauged = withGauges(registry, { store, running, clock: systemClock })
    const servers = await startServers({ config, backend, registry: gauged, hookSecret, log, io })
    onStarted?.(backend)
    await operateEngine({ backend, nameServer, config, log, metrics, io, running, hooks })
    await servers.close()
  } finally {
    await backend.close()
  }
  log.info('stoa has stopped')
}

/** The store outlives the engine: what the engine still has to say when it stops can be written. */
async function operateEngine(surroundings: EngineSurroundings): Promise<void> {
  const { backend, io, metrics } = surroundings
  const storing = new AbortController()
  const stored = backend.store.run(storing.signal)
  await backend
    .lead(async (stopping, mayCall) => {
      metrics.leader({}, 1)
      try {
        await runEngine(surroundings, mayCall, stopping)
      } finally {
        metrics.leader({}, 0)
      }
    }, io.signal)
    .catch((error: unknown) => {
      if (!io.signal.aborted) throw error
    })
  storing.abort()
  await stored
}
