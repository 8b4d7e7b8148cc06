// `stoa run`: the controller itself, in a cluster or over a Git repository.
import { Option, type Command } from 'commander'
import { SETTING_NAMES, SETTINGS, type Setting } from '../config/settings.ts'
import type { CommandIo } from './command-io.ts'

const HELP = `
Every option can also come from the environment (the name in brackets) or from a file given by --config.
Without --git it works in a cluster: the one of the Pod it runs in, or of your kubeconfig.

Exit codes: 0 stopped as asked, 1 failed, 64 wrong usage.`

export function registerRun(program: Command, io: CommandIo): void {
  const command = program.command('run').description('keep DNS true: the controller').addHelpText('after', HELP)
  command.option('--config <file>', 'a YAML file with settings by name, such as metricsPort: 8080')
  for (const name of SETTING_NAMES) for (const option of optionsFor(SETTINGS[name])) command.addOption(option)
  command.action(async (flags: Readonly<Record<string, string | boolean | undefined>>) => {
    // Everything behind it is only loaded once it is needed: other commands start without.
    const { runStoa } = await import('./run/run-stoa.ts')
    await runStoa(flags, io)
  })
}

/** A switch has two spellings, so that a file or the environment can be overruled either way. */
function optionsFor({
  flag,
  env,
  placeholder,
  description,
  fallback,
}: Setting<string | number | boolean | readonly string[] | undefined>): readonly Option[] {
  const shown = fallback === undefined || typeof fallback === 'boolean' ? '' : `, default ${String(fallback)}`
  const text = `${description} [${env}${shown}]`
  if (placeholder !== undefined) return [new Option(`--${flag} ${placeholder}`, text)]
  const on = new Option(`--${flag}`, text)
  return fallback === true
    ? [on.hideHelp(), new Option(`--no-${flag}`, `do not ${text}`)]
    : [on, new Option(`--no-${flag}`).hideHelp()]
}
