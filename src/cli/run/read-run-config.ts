import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { readDocument } from '../../api/manifest/read-document.ts'
import { readConfig, type ConfigSources } from '../../config/read-config.ts'
import type { RunConfig } from '../../config/settings.ts'
import { describeSystemError } from '../../model/describe-system-error.ts'
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
  if (name === '') throw new UsageError('--config: is empty; give a value, or leave it out')
  const bytes = await readFile(resolve(cwd, name)).catch((error: unknown) => {
    throw new UsageError(`--config: ${name} cannot be read (${describeSystemError(error)})`)
  })
  const document = readDocument(bytes)
  if (document.kind === 'unreadable') {
    const { line, column } = document.position
    throw new UsageError(`--config: ${name}:${line}:${column} is not readable as YAML: ${document.message}`)
  }
  const [twice] = document.duplicates
  if (twice !== undefined)
    throw new UsageError(`--config: ${name}: ${twice.join('.')} is there twice: leave one of them`)
  return { name, content: document.value }
}
