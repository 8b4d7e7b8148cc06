// One engine, from when this process may write until it may not: a new one each time, over the same warm store.
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import type { RunConfig } from '../../config/settings.ts'
import { findEgress } from '../../egress/egress.ts'
import { createNetworkProbe } from '../../observe/health/network-probe.ts'
import { detectAddress } from '../../observe/wan/detect-address.ts'
import { Detectors } from '../../observe/wan/detectors.ts'
import { listLocalAddresses } from '../../observe/wan/local-addresses.ts'
import { createNameResolver } from '../../observe/wan/resolve-name.ts'
import { ServerLists } from '../../observe/wan/stun/server-lists.ts'
import { createProvider } from '../../providers/create-provider.ts'
import type { EngineHooks } from '../../reconcile/engine-ports.ts'
import { Engine } from '../../reconcile/engine.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { CommandIo } from '../command-io.ts'
import { cacheFolder } from '../environment.ts'
import { systemClock } from '../system-clock.ts'
import type { Backend } from './backend.ts'
import { countProbes, detectorHooks, engineHooks, joinHooks } from './engine-metrics.ts'
import type { NameServer } from './name-server.ts'

export interface EngineSurroundings {
  readonly backend: Backend
  readonly nameServer: NameServer
  readonly config: Pick<RunConfig, 'dryRun'>
  readonly log: Logger
  readonly metrics: Metrics
  readonly io: CommandIo
  /** Told beside the metrics. */
  readonly hooks: EngineHooks
  /** The engine at work, for gauges; undefined while another process leads. */
  readonly running: { engine: Engine | undefined }
}

const DNS_MESSAGE_IDS = 65_536

export async function runEngine(
  surroundings: EngineSurroundings,
  mayCall: () => boolean,
  stopping: AbortSignal,
): Promise<void> {
  const { backend, nameServer, config, log, metrics, io, running, hooks } = surroundings
  const { store, writer } = backend
  const ownerId = await store.identity(stopping).catch((error: unknown) => {
    // Whoever has lost the lead meanwhile may campaign again.
    if (!stopping.aborted) throw error
  })
  if (ownerId === undefined) return
  const { detectors, serverLists } = createDetectors(surroundings)
  const network = createNetworkProbe()
  const egress = findEgress(io.env)
  const engine = new Engine({
    ...{ store, clock: systemClock, random: Math.random, log },
    ...{ detectors, writer, mayCall, dryRun: config.dryRun },
    createProvider: (settings, ports) => createProvider(settings, { ...ports, egress }),
    probe: countProbes(network.probe, metrics),
    nextId: () => randomInt(DNS_MESSAGE_IDS),
    openServedZone: (zone) => nameServer.openZone(zone),
    serveZones: (secondaries) => nameServer.serveZones(secondaries),
    ownerId,
    hooks: joinHooks(engineHooks(metrics), hooks),
  })
  running.engine = engine
  try {
    await engine.run(stopping)
  } finally {
    running.engine = undefined
    // Whoever leads next serves; what is known here would only grow old.
    await nameServer.close()
    await detectors.close()
    network.close()
    serverLists.close()
  }
}

interface WanDetection {
  readonly detectors: Detectors
  readonly serverLists: ServerLists
}

function createDetectors({ backend, log, metrics, io }: EngineSurroundings): WanDetection {
  const clock = systemClock
  const random = Math.random
  const resolveName = createNameResolver()
  const directory = join(backend.dataFolder ?? cacheFolder(io.env), 'server-lists')
  const onProblem = (problem: string): void => log.warn('a list of STUN servers', { problem })
  const serverLists = new ServerLists({ clock, resolveName, directory, onProblem })
  const ports = { clock, random, resolveName, listLocalAddresses, serverLists }
  const detectors = new Detectors(
    {
      ...{ clock, random, listLocalAddresses },
      detect: (spec, options, signal) => detectAddress(spec, ports, options, signal),
    },
    detectorHooks(metrics, () => clock.now()),
  )
  return { detectors, serverLists }
}
