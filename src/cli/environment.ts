// What the environment of a command says. A variable that is empty says nothing.
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { DATA_FOLDER } from '../config/settings.ts'
import type { CommandIo } from './command-io.ts'

export function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

/** The data directory of a Stoa without a cluster, unless `--data` names another. */
export function dataFolder({ cwd, env }: Pick<CommandIo, 'cwd' | 'env'>, given: string | undefined): string {
  return resolve(cwd, given ?? nonEmpty(env['STOA_DATA']) ?? DATA_FOLDER)
}

/** Where the XDG base directory specification wants caches. */
export function cacheFolder(env: CommandIo['env']): string {
  return join(nonEmpty(env.XDG_CACHE_HOME) ?? join(env.HOME ?? homedir(), '.cache'), 'stoa')
}
