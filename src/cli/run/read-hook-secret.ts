// The secret of the push webhook, read with the configuration: one that is not there is a setting to correct, not a failure to try again.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { RunConfig } from '../../config/settings.ts'
import type { CommandIo } from '../command-io.ts'
import { describeSystemError } from '../../model/describe-system-error.ts'
import { UsageError } from '../usage-error.ts'

const SETTING = '--hook-secret-file (STOA_HOOK_SECRET_FILE, hookSecretFile)'

/** Undefined where no webhook is taken. */
export async function readHookSecret(
  { hookSecretFile: file, pagePort }: Pick<RunConfig, 'hookSecretFile' | 'pagePort'>,
  { cwd }: Pick<CommandIo, 'cwd'>,
): Promise<string | undefined> {
  if (file === undefined) return undefined
  if (pagePort === 0) {
    throw new UsageError(`${SETTING}: webhooks come to the page, which --page-port 0 turns off: leave out one of them`)
  }
  const text = await readFile(resolve(cwd, file), 'utf8').catch((error: unknown) => {
    throw new UsageError(`${SETTING}: ${file} cannot be read (${describeSystemError(error)})`)
  })
  const secret = text.trim()
  if (secret !== '') return secret
  throw new UsageError(`${SETTING}: ${file} is empty: write the secret into it that the Git host signs with`)
}
