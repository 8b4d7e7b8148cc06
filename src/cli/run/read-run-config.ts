import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parse } from 'yaml'
import { readConfig, type ConfigSources } from '../../config/read-config.ts'
import type { RunConfig } from '../../config/settings.ts'
import type { CommandIo } from '../command-io.ts'
import { UsageError } from '../usage-error.ts'

export async function readRunConfig(
  flags: Readonly<Record<string, string | boolean | undefined>>,
  io: CommandIo,
): Promise<RunConfig> {
  const { config: fileName, ...rest } = flags
  const file = typeof fileName === 'string' ? await readFileSettings(fileName, io.cwd) : undefined
  const result = readConfig({ flags: rest, env: io.env, file })
  if (result.kind === 'invalid') throw new UsageError(result.problems.join('\n'))
  return result.config
}

async function readFileSettings(name: string, cwd: string): Promise<ConfigSources['file']> {
  try {
    const content: unknown = parse(await readFile(resolve(cwd, name), 'utf8'))
    return { name, content }
  } catch (error) {
    throw new UsageError(`--config: ${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
