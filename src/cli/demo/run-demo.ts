// Runs a demo from nothing to nothing: its folder, its outside world and Stoa itself, until it is told to stop.
import { Resolver } from 'node:dns/promises'
import { rm } from 'node:fs/promises'
import { readConfig } from '../../config/read-config.ts'
import type { RunConfig } from '../../config/settings.ts'
import { ReconcileError } from '../../model/errors.ts'
import { makeFolder } from '../../store/git/make-folder.ts'
import { createLogger } from '../../telemetry/create-logger.ts'
import type { CommandIo } from '../command-io.ts'
import { CommandError } from '../command-error.ts'
import type { DemoFlags } from './demo-change.ts'
import { operateStoa } from '../run/run-stoa.ts'
import type { Backend } from '../run/backend.ts'
import { systemClock } from '../system-clock.ts'
import { BreakablePersistence } from './breakable-persistence.ts'
import { askControl, startControl } from './demo-control.ts'
import { locateDemo, type DemoPlace } from './demo-place.ts'
import { createDemoRepository } from './demo-repository.ts'
import { describeFailure, describePass, describePlace, findObstacle, isAllReady } from './demo-story.ts'
import { createOutsideWorld, type OutsideWorld } from './outside-world.ts'

const FIRST_ADDRESS = '203.0.113.7'
const SERVED_CHECK_MS = 50

interface DemoParts {
  readonly place: DemoPlace
  readonly persistence: BreakablePersistence
  readonly startedAt: number
}

export async function runDemo(flags: DemoFlags, io: CommandIo): Promise<void> {
  const startedAt = performance.now()
  const place = locateDemo(flags)
  if ((await askControl(place.socket, { kind: 'hello' })) !== undefined) {
    throw new CommandError('a demo is running already: use it, or start another with --port-base 15300')
  }
  await rm(place.folder, { recursive: true, force: true })
  await makeFolder(place.folder, 0o700)
  const world = await createOutsideWorld(FIRST_ADDRESS)
  const persistence = new BreakablePersistence()
  const control = await startControl(place.socket, (request) => obey(request, world, persistence))
  try {
    await createDemoRepository(place.repository, world)
    await operateDemo({ place, persistence, startedAt }, flags, io)
  } catch (error) {
    throw error instanceof ReconcileError ? new CommandError(describeFailure(error)) : error
  } finally {
    await control.close()
    await world.close()
    await rm(place.folder, { recursive: true, force: true })
  }
}

async function operateDemo(
  { place, persistence, startedAt }: DemoParts,
  flags: DemoFlags,
  io: CommandIo,
): Promise<void> {
  const own = new AbortController()
  const stopping = AbortSignal.any([io.signal, own.signal])
  let obstacle: ReconcileError | undefined
  const giveUp = (found: ReconcileError): void => {
    obstacle = found
    own.abort()
  }
  const log = createLogger('console', { level: 'warn', write: io.stderr, now: () => systemClock.now() })
  await operateStoa({
    ...{ log, persistence, config: configOf(place), io: { ...io, signal: stopping } },
    hooks: { onPass: (report) => io.stdout(describePass(report, new Date().toTimeString().slice(0, 8))) },
    onStarted: (backend) =>
      whenReady(backend, giveUp, async () => {
        await whenServed(place.ports.dns, stopping)
        if (stopping.aborted) return
        io.stdout(describePlace(place, ((performance.now() - startedAt) / 1000).toFixed(1)))
        if (flags.exitAfterReady === true) own.abort()
      }),
  })
  if (obstacle !== undefined) throw obstacle
}

function configOf({ repository, data, ports }: DemoPlace): RunConfig {
  const flags = {
    ...{ git: repository, data, dnsPort: String(ports.dns), viewPort: String(ports.view) },
    ...{ metricsPort: String(ports.metrics), pagePort: String(ports.page) },
  }
  const result = readConfig({ flags, env: {}, file: undefined })
  if (result.kind === 'invalid') throw new Error(result.problems.join('; '))
  return result.config
}

/** The zone is answered for only a moment after its last record is in it. Returns early when stopped. */
async function whenServed(port: number, stopping: AbortSignal): Promise<void> {
  const resolver = new Resolver({ timeout: 1_000, tries: 1 })
  resolver.setServers([`127.0.0.1:${port}`])
  while (!stopping.aborted) {
    const isServed = await resolver.resolveSoa('stoa.test').then(
      () => true,
      () => false,
    )
    if (isServed) return
    await systemClock.sleep(SERVED_CHECK_MS, stopping).catch(() => undefined)
  }
}

function whenReady({ git }: Backend, giveUp: (obstacle: ReconcileError) => void, tell: () => Promise<void>): void {
  if (git === undefined) return
  const unsubscribe = git.subscribe(() => {
    const obstacle = findObstacle(git)
    if (obstacle === undefined && !isAllReady(git)) return
    unsubscribe()
    if (obstacle === undefined) void tell()
    else giveUp(obstacle)
  })
}

/** The part of a change that only the running demo can make. */
function obey(request: unknown, world: OutsideWorld, persistence: BreakablePersistence): Promise<string> {
  const { kind, address } = request as { readonly kind?: string; readonly address?: string }
  switch (kind) {
    case 'wan':
      world.show(address ?? FIRST_ADDRESS)
      return Promise.resolve(`the world sees ${address} from now on`)
    case 'break':
    case 'heal':
      persistence.isBroken = kind === 'break'
      return Promise.resolve(kind === 'break' ? 'the provider fails every write' : 'the provider works again')
    case 'hello':
    case 'taint':
    case 'untaint':
      return Promise.resolve('')
    default:
      return Promise.reject(new Error('the demo does not know what that means'))
  }
}
