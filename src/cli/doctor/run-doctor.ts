// Puts the checks together. One that cannot be made is a finding, and the others go on.
import { setMaxListeners } from 'node:events'
import { LEASE_NAME, LEASE_NAMESPACE, SETTINGS } from '../../config/settings.ts'
import { ReconcileError } from '../../model/errors.ts'
import { countOf, printable } from '../../model/text.ts'
import { CommandError } from '../command-error.ts'
import type { CommandIo } from '../command-io.ts'
import { EXIT } from '../exit-codes.ts'
import { nonEmpty } from '../environment.ts'
import { locateRemote, openCluster, openRemote } from '../remote/open-remote.ts'
import type { OpenCluster, RemoteFlags } from '../remote/open-remote.ts'
import { printCommandsFor, type PrintCommand } from '../remote/printed-commands.ts'
import type { Remote } from '../remote/remote.ts'
import { isSourceRead } from '../remote/source-report.ts'
import { bad, countFindings, formatLinks, plain, type Line, type Link } from '../status/explanation.ts'
import { systemClock } from '../system-clock.ts'
import { UsageError } from '../usage-error.ts'
import type { LeaseKey } from './check-controller.ts'

export interface DoctorFlags extends RemoteFlags {
  readonly leaseNamespace?: string
  readonly leaseName?: string
  readonly watchNamespaces?: string
}

const MOST_REQUESTS = 100

export async function runDoctor(flags: DoctorFlags, io: CommandIo): Promise<void> {
  // Each request under way listens, and many are at once.
  setMaxListeners(MOST_REQUESTS, io.signal)
  const whereabouts = await locateRemote(flags, io)
  const { links, description } = await examine(whereabouts, flags, io).catch((error: unknown) => ({
    links: [{ label: 'Access', lines: [toFinding(error)] }],
    description: whereabouts.kind === 'git' ? whereabouts.folder : 'the cluster',
  }))
  const wrong = countFindings(links)
  io.stdout(`${printable(description)}\n\n${formatLinks(links.filter(({ lines }) => lines.length > 0))}`)
  io.stdout(wrong === 0 ? '\nall is well\n' : `\n${countOf(wrong, 'finding')}\n`)
  io.setExitCode(wrong === 0 ? EXIT.fine : EXIT.failure)
}

interface Examination {
  readonly links: readonly Link[]
  readonly description: string
}

async function examine(
  whereabouts: Awaited<ReturnType<typeof locateRemote>>,
  flags: DoctorFlags,
  io: CommandIo,
): Promise<Examination> {
  if (whereabouts.kind === 'cluster') {
    const cluster = await openCluster(whereabouts, io)
    return closing(cluster.remote, () => examineCluster(cluster, flags, io))
  }
  const remote = await openRemote(whereabouts, io)
  const print = printCommandsFor(flags)
  return closing(remote, async () => {
    const { checkGitMode } = await import('./check-git.ts')
    const report = await remote.source?.report()
    if (report === undefined) return checkAll(remote, print)
    const own = await checkGitMode({ folder: whereabouts.folder, report, print }, io.signal)
    return isSourceRead(report) ? [...own, ...(await checkAll(remote, print))] : own
  })
}

async function closing(remote: Remote, work: () => Promise<readonly Link[]>): Promise<Examination> {
  try {
    return { links: await work(), description: remote.description }
  } finally {
    await remote.close()
  }
}

async function examineCluster(
  cluster: OpenCluster,
  flags: DoctorFlags,
  { env, signal }: CommandIo,
): Promise<readonly Link[]> {
  const { checkAccess, checkRights } = await import('./check-access.ts')
  const { checkCrds } = await import('./check-crds.ts')
  const { checkLease, checkPods } = await import('./check-controller.ts')
  const { client, remote } = cluster
  const lease = locateLease(flags, env, cluster)
  const namespaces = readNamespaces(flags, env)
  const now = (): number => systemClock.now()
  // Without an answer to this, no other question has one.
  const access = await checkAccess(client, now, signal)
  const isController = env.KUBERNETES_SERVICE_HOST !== undefined
  const [rights, crds, leader, pods] = await Promise.all([
    settle(checkRights(client, { isController, namespaces }, signal)),
    settle(checkCrds(client, signal)),
    settle(checkLease(client, lease, now() + access.skewMs, signal)),
    settle(checkPods(client, lease.namespace, signal)),
  ])
  return [
    { label: 'Access', lines: [...access.lines, ...describeProxy(cluster.proxy), ...rights] },
    { label: 'CRDs', lines: crds },
    { label: 'Controller', lines: [...leader, ...pods] },
    ...(await checkAll(narrow(remote, namespaces), printCommandsFor(flags))),
  ]
}

/** Only of this process: what the controller's environment names, its log says when it starts. */
function describeProxy(proxy: string | undefined): readonly Line[] {
  return proxy === undefined ? [] : [plain(`it is reached through ${proxy}`)]
}

/** As `stoa run` reads them. */
function readNamespaces({ watchNamespaces }: DoctorFlags, env: CommandIo['env']): readonly string[] | undefined {
  const { flag, env: variable, parse } = SETTINGS.watchNamespaces
  const text = watchNamespaces ?? nonEmpty(env[variable])
  if (text === undefined) return undefined
  const parsed = parse(text)
  if ('value' in parsed) return parsed.value
  const given = watchNamespaces === undefined ? variable : `--${flag}`
  throw new UsageError(`${given}: ${JSON.stringify(text)} is not ${parsed.expected}`)
}

/** Looks in these namespaces, each by itself, instead of everywhere: rights may reach no further. */
function narrow(remote: Remote, namespaces: readonly string[] | undefined): Remote {
  if (namespaces === undefined) return remote
  const list: Remote['list'] = async (kind, namespace) => {
    const within = namespace === undefined ? namespaces : [namespace]
    return (await Promise.all(within.map((one) => remote.list(kind, one)))).flat()
  }
  return { ...remote, list }
}

/** As `stoa run` finds it. */
function locateLease(flags: DoctorFlags, env: CommandIo['env'], { podNamespace }: OpenCluster): LeaseKey {
  return {
    namespace: flags.leaseNamespace ?? nonEmpty(env['POD_NAMESPACE']) ?? podNamespace ?? LEASE_NAMESPACE,
    name: flags.leaseName ?? nonEmpty(env['STOA_LEASE_NAME']) ?? LEASE_NAME,
  }
}

async function checkAll(remote: Remote, print: PrintCommand): Promise<readonly Link[]> {
  const { checkObjects } = await import('./check-objects.ts')
  return checkObjects(remote, print).catch((error: unknown) => [{ label: 'Objects', lines: [toFinding(error)] }])
}

function settle(lines: Promise<readonly Line[]>): Promise<readonly Line[]> {
  return lines.catch((error: unknown) => [toFinding(error)])
}

function toFinding(error: unknown): Line {
  if (error instanceof ReconcileError || error instanceof CommandError) return bad(error.message)
  throw error
}
