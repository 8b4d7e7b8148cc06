// What `stoa run` does: puts the parts together, works until it is told to stop, and takes them apart again.
import packageInfo from '../../../package.json' with { type: 'json' }
import { createLogger } from '../../telemetry/create-logger.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { ReconcileError } from '../../model/errors.ts'
import type { CommandIo } from '../command-io.ts'
import { EXIT } from '../exit-codes.ts'
import { systemClock } from '../system-clock.ts'
import type { Backend } from './backend.ts'
import { withGauges } from './collect-gauges.ts'
import { createNameServer } from './name-server.ts'
import { openCluster } from './open-cluster.ts'
import { openGit } from './open-git.ts'
import { readRunConfig } from './read-run-config.ts'
import { runEngine, type EngineSurroundings } from './run-engine.ts'
import { startServers } from './start-servers.ts'

export async function runStoa(
  flags: Readonly<Record<string, string | boolean | undefined>>,
  io: CommandIo,
): Promise<void> {
  const config = await readRunConfig(flags, io)
  const log = createLogger(config.logFormat, { level: config.logLevel, write: io.stderr, now: () => systemClock.now() })
  const registry = createMetrics()
  const { metrics } = registry
  metrics.buildInfo({ version: packageInfo.version, node: process.versions.node }, 1)
  metrics.leader({}, 0)
  let backend: Backend
  try {
    backend = await (config.git === undefined
      ? openCluster(config, log, metrics)
      : openGit(config.git, config, log, io))
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error
    io.stderr(`error: ${error.message}\n`)
    io.setExitCode(EXIT.failure)
    return
  }
  log.info('stoa begins', { version: packageInfo.version, source: backend.description, dryRun: config.dryRun })
  const nameServer = createNameServer({ config, dataFolder: backend.dataFolder, log, metrics })
  const running: EngineSurroundings['running'] = { engine: undefined }
  const surroundings = { backend, nameServer, config, log, metrics, io, running }
  backend.store.subscribe(({ kind }) => metrics.watchEvents({ kind }))
  try {
    const servers = await startServers({
      config,
      backend,
      registry: withGauges(registry, { store: backend.store, running }),
      log,
      io,
    })
    const storing = new AbortController()
    // The store outlives the engine: what the engine still has to say when it stops can be written.
    const stored = backend.store.run(storing.signal)
    await backend
      .lead((stopping, mayCall) => runEngine(surroundings, mayCall, stopping), io.signal)
      .catch((error: unknown) => {
        if (!io.signal.aborted) throw error
      })
    storing.abort()
    await stored
    await servers.close()
  } finally {
    await nameServer.close()
    await backend.close()
  }
  log.info('stoa has stopped')
}
