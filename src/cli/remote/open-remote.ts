// Where a daily command looks: the options for it, and what they lead to.
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { DATA_FOLDER } from '../../config/settings.ts'
import { readEgress } from '../../egress/egress.ts'
import type { ApiClient } from '../../store/kube/api-client.ts'
import { checkNamespace } from '../check-namespace.ts'
import { CommandError } from '../command-error.ts'
import { nonEmpty } from '../environment.ts'
import type { CommandIo } from '../command-io.ts'
import { UsageError } from '../usage-error.ts'
import type { Remote } from './remote.ts'

export interface RemoteFlags {
  readonly data?: string
  readonly kubeconfig?: string
  readonly context?: string
}

export const REMOTE_HELP = `
It works on a Stoa without a cluster when --data is given or ./${DATA_FOLDER} is there, and on the cluster of your kubeconfig otherwise,
with your own rights. --data, --kubeconfig and --context can come from STOA_DATA, STOA_KUBECONFIG and STOA_CONTEXT.`

export function addRemoteFlags(command: Command): Command {
  return command
    .option('--data <folder>', 'the data directory of a Stoa without a cluster')
    .option('--kubeconfig <file>', 'how to reach the cluster (default: as kubectl does)')
    .option('--context <name>', "the kubeconfig's context to use")
    .hook('preAction', checkFlags)
}

const NEVER_EMPTY = { data: '--data', kubeconfig: '--kubeconfig', context: '--context', leaseName: '--lease-name' }

/** Those that a command has. A shell makes an empty one of a variable that is not set, and that leads elsewhere than was meant. */
function checkFlags(command: Command): void {
  const flags = command.opts<Readonly<Record<string, unknown>>>()
  for (const [name, flag] of Object.entries(NEVER_EMPTY)) {
    if (flags[name] === '') throw new UsageError(`${flag}: is empty; give a value, or leave it out`)
  }
  const { namespace, leaseNamespace } = flags
  if (typeof namespace === 'string') checkNamespace('--namespace', namespace)
  if (typeof leaseNamespace === 'string') checkNamespace('--lease-namespace', leaseNamespace)
}

export type Whereabouts =
  | { readonly kind: 'git'; readonly folder: string }
  | { readonly kind: 'cluster'; readonly kubeconfig: string | undefined; readonly context: string | undefined }

/** Flags win over the environment, and either over a folder that happens to be there. */
export async function locateRemote(flags: RemoteFlags, { env, cwd }: CommandIo): Promise<Whereabouts> {
  const { data, kubeconfig, context } = flags
  const wantsCluster = kubeconfig !== undefined || context !== undefined
  if (data !== undefined && wantsCluster) {
    throw new UsageError('--data is for a Stoa without a cluster, --kubeconfig and --context for one in it: give one')
  }
  if (data !== undefined) return { kind: 'git', folder: resolve(cwd, data) }
  const cluster = {
    kind: 'cluster',
    kubeconfig: kubeconfig ?? nonEmpty(env.STOA_KUBECONFIG),
    context: context ?? nonEmpty(env.STOA_CONTEXT),
  } as const
  if (wantsCluster) return cluster
  const folder = nonEmpty(env.STOA_DATA)
  if (folder !== undefined) return { kind: 'git', folder: resolve(cwd, folder) }
  if (cluster.kubeconfig !== undefined || cluster.context !== undefined) return cluster
  const nearby = resolve(cwd, DATA_FOLDER)
  return (await isFolder(nearby)) ? { kind: 'git', folder: nearby } : cluster
}

/** Rejects with an error of the model when there is nothing to work on. */
export async function openRemote(
  whereabouts: Whereabouts,
  { env, signal }: Pick<CommandIo, 'env' | 'signal'>,
): Promise<Remote> {
  if (whereabouts.kind === 'cluster') return (await openCluster(whereabouts, { env, signal })).remote
  const { folder } = whereabouts
  const { openSocketRemote } = await import('./socket-remote.ts')
  const { openSavedRemote } = await import('./saved-remote.ts')
  const remote = (await openSocketRemote(folder, signal)) ?? (await openSavedRemote(folder))
  if (remote !== undefined) return remote
  const remedy = 'give the --data of `stoa run --git`, or --kubeconfig for a cluster'
  throw new CommandError(`no Stoa runs with the data directory ${folder}, nor has one: ${remedy}`)
}

export interface OpenCluster {
  readonly remote: Remote
  readonly client: ApiClient
  /** Of the Pod this runs in, if its service account is used. */
  readonly podNamespace: string | undefined
  /** What the cluster is reached through. */
  readonly proxy: string | undefined
}

export async function openCluster(
  options: { readonly kubeconfig: string | undefined; readonly context: string | undefined },
  { env, signal }: Pick<CommandIo, 'env' | 'signal'>,
): Promise<OpenCluster> {
  const { openConnection } = await import('../../store/kube/connection.ts')
  const { createApiClient } = await import('../../store/kube/api-client.ts')
  const { createClusterRemote } = await import('./cluster-remote.ts')
  const connection = await openConnection({ ...options, egress: readEgress(env) })
  const { server, namespace, podNamespace, proxy } = connection
  const client = createApiClient(connection)
  return { client, podNamespace, proxy, remote: createClusterRemote({ client, server, namespace, signal }) }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
