// The HTTP servers beside the engine: health and metrics, the page, and without a cluster the kubectl view and the control socket.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunConfig } from '../../config/settings.ts'
import { startControlSocket } from '../../serve/control-socket.ts'
import { startHealthServer } from '../../serve/health-server.ts'
import type { GitHook } from '../../serve/git-hook.ts'
import { startKubectlView } from '../../serve/kubectl-view/kubectl-view.ts'
import { renderKubeconfig } from '../../serve/kubectl-view/render-kubeconfig.ts'
import { startPageServer } from '../../serve/page-server.ts'
import { readPageView } from '../../serve/page-view.ts'
import { formatPlace } from '../../store/git/tree.ts'
import type { GitStore } from '../../store/git/git-store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { MetricsRegistry } from '../../telemetry/metrics.ts'
import type { CommandIo } from '../command-io.ts'
import { systemClock } from '../system-clock.ts'
import type { Backend } from './backend.ts'
import { createControlPort } from './control-port.ts'
import { findPublishedAddress } from './published-address.ts'
import { processHealth } from './process-health.ts'
import { listRawObjects } from './raw-objects.ts'

export interface ServersOptions {
  readonly config: RunConfig
  readonly backend: Backend
  readonly registry: MetricsRegistry
  readonly hookSecret: string | undefined
  readonly log: Logger
  readonly io: CommandIo
}

export interface RunningServers {
  readonly close: () => Promise<void>
}

const SECRET = ['Secret'] as const
const LOOPBACK = '127.0.0.1'
/** Of both families: a Pod may have an IPv6 address and no other. */
const ALL_ADDRESSES = '::'

export async function startServers(options: ServersOptions): Promise<RunningServers> {
  const running: RunningServers[] = []
  const close = async (): Promise<void> => {
    await Promise.all(running.map((server) => server.close()))
  }
  try {
    for (const start of [startHealth, startPage, startView, startControl]) {
      const server = await start(options)
      if (server !== undefined) running.push(server)
    }
    return { close }
  } catch (error) {
    await close()
    throw error
  }
}

/** A Pod is reached from outside; a machine's own process only from itself, unless told otherwise. */
function hostOf({ config, io }: ServersOptions): string {
  return config.host ?? (io.env.KUBERNETES_SERVICE_HOST === undefined ? LOOPBACK : ALL_ADDRESSES)
}

async function startHealth(options: ServersOptions): Promise<RunningServers | undefined> {
  const { config, backend, registry, log: logger } = options
  if (config.metricsPort === 0) return undefined
  const { metricsPort: port, pageHosts: names } = config
  const endpoint = { name: 'health and metrics', host: hostOf(options), port, names, logger }
  // One Secret that may not be read, or rights for a few namespaces only, are no reason to send no traffic here.
  const mayLack = config.watchNamespaces === undefined ? SECRET : ([...SECRET, 'Node', 'Namespace'] as const)
  const health = processHealth({ store: backend.store, mayLack }, () => systemClock.monotonicNow())
  return startHealthServer(endpoint, health, config.metrics ? registry : undefined)
}

async function startPage(options: ServersOptions): Promise<RunningServers | undefined> {
  const { config, backend, log: logger } = options
  if (config.pagePort === 0) return undefined
  const { store } = backend
  const page = { view: () => readPageView(store), publishedAddress: () => findPublishedAddress(store) }
  const { pagePort, pageHosts: names } = config
  const endpoint = { name: 'page', host: hostOf(options), port: pagePort, names, logger }
  return startPageServer(endpoint, page, createHook(options))
}

function createHook({ hookSecret: secret, backend: { git } }: ServersOptions): GitHook | undefined {
  if (secret === undefined || git === undefined) return undefined
  return { secret, requestSync: () => git.requestSync() }
}

async function startView(options: ServersOptions): Promise<RunningServers | undefined> {
  const { config, backend, log: logger } = options
  const { git, dataFolder } = backend
  if (git === undefined || dataFolder === undefined || config.viewPort === 0) return undefined
  const view = await startKubectlView(
    { name: 'kubectl view', host: LOOPBACK, port: config.viewPort, logger },
    {
      subscribe: (listener) => git.subscribe(listener),
      listRaw: (kind) => listRawObjects(git, kind),
      fileOf: (kind, key) => describeFile(git, kind, key),
      clock: systemClock,
    },
  )
  await writeFile(join(dataFolder, 'kubeconfig'), renderKubeconfig(view.port), { mode: 0o600 })
  return view
}

async function startControl({ config, backend, log: logger }: ServersOptions): Promise<RunningServers | undefined> {
  const { git, dataFolder: folder, description } = backend
  if (git === undefined || folder === undefined) return undefined
  try {
    return await startControlSocket({ folder, logger }, createControlPort(git, description, config))
  } catch (error) {
    // DNS is kept true without it; commands will say that nothing answers.
    logger.warn('there is no control socket', { problem: error instanceof Error ? error.message : String(error) })
    return undefined
  }
}

function describeFile(git: GitStore, ...[kind, key]: Parameters<GitStore['fileOf']>): string | undefined {
  const place = git.fileOf(kind, key)
  return place && formatPlace(place)
}
