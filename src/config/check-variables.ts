// Variables that were meant for a setting and are none. One that is overlooked, such as that of
// the dry run, makes another process of this one.
import { suggestName } from '../model/suggest-name.ts'
import { SETTING_NAMES, SETTINGS, type Setting } from './settings.ts'

/** Read elsewhere; beside them there are the Secrets of DNSProviders, under names of their own. */
const OTHERS = ['STOA_GIT_TOKEN', 'STOA_GIT_USERNAME', 'STOA_GIT_SSH_KEY', 'STOA_GIT_KNOWN_HOSTS', 'STOA_DEBUG']
const SECRETS = 'STOA_SECRET_'

const settings = SETTING_NAMES.map((name): Setting<unknown> => SETTINGS[name])
const known = [...settings.map(({ env }) => env), ...OTHERS]
/** Some settings have a variable that is not called like the flag. */
const byFlag = new Map(settings.map(({ flag, env }) => [`STOA_${flag.replaceAll('-', '_').toUpperCase()}`, env]))

/**
 * Those that are close to a setting's. Others are let be: in a Pod, Kubernetes makes some of each Service that is
 * called like Stoa.
 */
export function checkVariables(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const unknown = Object.keys(env).filter((name) => {
    return name.startsWith('STOA_') && !name.startsWith(SECRETS) && (env[name] ?? '') !== '' && !known.includes(name)
  })
  return unknown.flatMap((name) => {
    if (name === 'STOA_CONFIG') return [`${name}: is no variable of Stoa; name the file by --config`]
    const meant = byFlag.get(name) ?? suggestName(name, known, 1)
    return meant === undefined ? [] : [`${name}: is no variable of Stoa; did you mean ${meant}?`]
  })
}
