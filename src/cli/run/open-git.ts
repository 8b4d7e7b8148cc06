// A Stoa without a cluster: follows a repository or a folder, and keeps what a cluster would keep in its data directory.
import { join, resolve } from 'node:path'
import { DATA_FOLDER, type RunConfig } from '../../config/settings.ts'
import { ReconcileError } from '../../model/errors.ts'
import { DataDirectory } from '../../store/git/data-directory.ts'
import { createFolderSource } from '../../store/git/folder-source.ts'
import { requireGit } from '../../store/git/git-command.ts'
import { createGitSource, type GitSourceOptions } from '../../store/git/git-source.ts'
import { GitStore } from '../../store/git/git-store.ts'
import { locateSource } from '../../store/git/locate-source.ts'
import type { TreeSource } from '../../store/git/tree-source.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { CommandIo } from '../command-io.ts'
import { systemClock } from '../system-clock.ts'
import { UsageError } from '../usage-error.ts'
import type { Backend } from './backend.ts'

export async function openGit(source: string, config: RunConfig, log: Logger, io: CommandIo): Promise<Backend> {
  const dataFolder = resolve(io.cwd, config.data ?? DATA_FOLDER)
  const tree = await openSource(source, { config, io, checkouts: join(dataFolder, 'checkouts') })
  const data = await DataDirectory.open(dataFolder, log)
  const store = new GitStore({
    source: tree,
    data,
    clock: systemClock,
    random: Math.random,
    logger: log,
    environment: io.env,
  })
  return {
    ...{ store, git: store, writer: undefined, dataFolder },
    description: tree.description,
    // The lock of the data directory keeps every other process out.
    lead: (work, signal) => work(signal, () => true),
    close: () => data.close(),
  }
}

async function openSource(
  source: string,
  { config, io, checkouts }: { readonly config: RunConfig; readonly io: CommandIo; readonly checkouts: string },
): Promise<TreeSource> {
  const location = await locateSource(source, io.cwd).catch((error: unknown) =>
    refuseSetting('--git (STOA_GIT)', error),
  )
  try {
    if (location.kind === 'folder') return createFolderSource(location.path, config.path)
    await requireGit(io.env, io.signal)
    return createSource(location, checkouts, config, io)
  } catch (error) {
    return refuseSetting('--ref or --path', error)
  }
}

function createSource(
  location: GitSourceOptions['location'],
  checkouts: string,
  { ref, path: subPath }: RunConfig,
  io: CommandIo,
): TreeSource {
  const {
    STOA_GIT_TOKEN: token,
    STOA_GIT_USERNAME: username,
    STOA_GIT_SSH_KEY: sshKeyFile,
    STOA_GIT_KNOWN_HOSTS: knownHostsFile,
  } = io.env
  const given = Object.entries({ token, username, sshKeyFile, knownHostsFile }).filter(
    ([, value]) => value !== undefined && value !== '',
  )
  return createGitSource({
    ...{ location, checkouts, environment: io.env, credentials: Object.fromEntries(given) },
    ...(ref !== undefined && { ref }),
    ...(subPath !== undefined && { subPath }),
  })
}

/** What can only be wrong is wrong usage: who starts this process again need not try. */
function refuseSetting(setting: string, error: unknown): never {
  if (!(error instanceof ReconcileError) || error.reason !== 'InvalidSource') throw error
  throw new UsageError(`${setting}: ${error.message}`)
}
