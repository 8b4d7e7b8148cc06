// Flags, environment and file become one frozen value: a flag stands over the environment, the environment over the file.
import { checkVariables } from './check-variables.ts'
import { POD_NAMESPACE, SETTING_NAMES, SETTINGS } from './settings.ts'
import type { Mode, RunConfig, Setting, SettingName } from './settings.ts'

export interface ConfigSources {
  /** By name, as texts or booleans; undefined where a flag was not given. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** The file's content, parsed, and its name; undefined without a file. */
  readonly file: { readonly name: string; readonly content: unknown } | undefined
}

export type ConfigResult =
  | { readonly kind: 'ok'; readonly config: RunConfig }
  /** Each names its source, what is wrong and what is expected. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] }

interface Given {
  readonly source: string
  readonly value: unknown
}

export function readConfig(sources: ConfigSources): ConfigResult {
  const problems = [...checkFile(sources.file), ...checkVariables(sources.env)]
  const entries = SETTING_NAMES.map((name): [SettingName, unknown] => {
    const setting: Setting<unknown> = SETTINGS[name]
    const given = find(name, setting, sources)
    if (given === undefined) return [name, setting.fallback]
    const altered = setting.isText === true ? findAltered(given.value) : undefined
    const parsed = setting.parse(textOf(given.value))
    if (altered === undefined && 'value' in parsed) return [name, parsed.value]
    problems.push(
      `${given.source}: ${altered ?? describeProblem(given.value, 'expected' in parsed ? parsed.expected : '')}`,
    )
    return [name, setting.fallback]
  })
  problems.push(...listMisplaced(sources, entries))
  if (problems.length > 0) return { kind: 'invalid', problems }
  // Every setting's own parser has made its value.
  return { kind: 'ok', config: Object.freeze(Object.fromEntries(entries)) as unknown as RunConfig }
}

/** A shell makes an empty text of a variable that is not set. */
function describeProblem(value: unknown, expected: string): string {
  return value === '' ? 'is empty; give a value, or leave it out' : `${JSON.stringify(value)} is not ${expected}`
}

/** A setting that would be ignored is a mistake about what this process is: the wrong one might begin to write. */
function listMisplaced(sources: ConfigSources, entries: readonly (readonly [SettingName, unknown])[]): string[] {
  const mode: Mode = entries.some(([name, value]) => name === 'git' && value !== undefined) ? 'git' : 'cluster'
  return SETTING_NAMES.flatMap((name) => {
    const setting: Setting<unknown> = SETTINGS[name]
    const given = find(name, setting, sources)
    if (given === undefined || given.source === POD_NAMESPACE) return []
    return setting.onlyWith === undefined || setting.onlyWith === mode ? [] : `${given.source}: ${REMEDIES[mode]}`
  })
}

/** By what the process is without the setting. */
const REMEDIES: Readonly<Record<Mode, string>> = {
  git: 'only counts in a cluster, and --git (STOA_GIT) is given: leave out one of them',
  cluster:
    'only counts with --git (STOA_GIT), which is not given: name the repository or folder to follow, or leave it out',
}

function find(name: SettingName, { flag, env }: Setting<unknown>, sources: ConfigSources): Given | undefined {
  const ofFlag = sources.flags[name]
  if (ofFlag !== undefined) return { source: `--${flag}`, value: ofFlag }
  const ofEnv = sources.env[env]
  if (ofEnv !== undefined && ofEnv !== '') return { source: env, value: ofEnv }
  const { file } = sources
  if (file === undefined || !isRecord(file.content) || !Object.hasOwn(file.content, name)) return undefined
  return { source: `${file.name}: ${name}`, value: file.content[name] }
}

/** Of a word without quotes YAML makes something that is no text; what was written is lost by then. */
function findAltered(value: unknown): string | undefined {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  const altered = values.find(
    (one) => typeof one === 'number' || typeof one === 'boolean' || (one === null && one !== value),
  )
  return altered === undefined
    ? undefined
    : `YAML reads ${JSON.stringify(altered)} here, which is no text: put it in quotes`
}

/** A list in the file is what the flag spells with commas. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(',')
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

function checkFile(file: ConfigSources['file']): string[] {
  if (file === undefined || file.content === null || file.content === undefined) return []
  if (!isRecord(file.content)) return [`${file.name}: must hold settings such as metricsPort: 8080`]
  const unknown = Object.keys(file.content).filter((key) => !(SETTING_NAMES as readonly string[]).includes(key))
  return unknown.map((key) => `${file.name}: ${key} is not a setting; there are ${SETTING_NAMES.join(', ')}`)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
