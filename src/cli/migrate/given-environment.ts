// The environment that the other program runs in, as far as the caller gives it, with where each variable was said.
import type { Migration, Place } from './migration.ts'

export interface Variable {
  /** Undefined where it stands elsewhere, as in a Secret or ConfigMap: those are not looked at. */
  readonly value: string | undefined
  readonly place: Place
  /** The Secret and its key that the value comes from. */
  readonly secret?: SecretKeyRef
}

export interface SecretKeyRef {
  readonly namespace: string
  readonly name: string
  readonly key: string
}

export type GivenEnvironment = ReadonlyMap<string, Variable>

const REFERENCE = /\$\$|\$\(([^)]*)\)/g
const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/

/** `NAME=value` lines, as Docker and systemd take them; values may be quoted. */
export function readEnvironmentFile(text: string, file: string, migration: Migration): GivenEnvironment {
  const variables = new Map<string, Variable>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const place = { file, line: index + 1 }
    if (/^\s*(?:#|$)/.test(line)) continue
    const [, name, raw = ''] = ASSIGNMENT.exec(line.trim()) ?? []
    if (name === undefined) migration.refuse(place, 'is not NAME=value')
    else variables.set(name, { value: unquote(raw.trim()), place })
  }
  return variables
}

export function processEnvironment(env: Readonly<Record<string, string | undefined>>): GivenEnvironment {
  return new Map(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, { value, place: { file: `$${name}` } }] as const],
    ),
  )
}

function unquote(text: string): string {
  return /^(["'])(.*)\1$/.exec(text)?.[2] ?? text
}

/** The text with every `$(NAME)` filled in, as Kubernetes does; undefined where a value is not known here. */
export function expand(text: string, environment: GivenEnvironment): string | undefined {
  let isWhole = true
  const expanded = text.replaceAll(REFERENCE, (written, name: string | undefined) => {
    if (name === undefined) return '$'
    const value = environment.get(name)?.value
    isWhole &&= value !== undefined
    return value ?? written
  })
  return isWhole ? expanded : undefined
}

/** A container's environment with what was given beside it, which wins. */
export function completeEnvironment(ofContainer: GivenEnvironment, given: GivenEnvironment): GivenEnvironment {
  const complete = new Map(given)
  for (const [name, variable] of ofContainer) {
    const { value } = variable
    // A value refers to variables before it.
    if (!given.has(name))
      complete.set(name, { ...variable, value: value === undefined ? value : expand(value, complete) })
  }
  return complete
}

/** For a setting of which only the place is known. */
export function describeElsewhere(name: string): string {
  return `${name} has its value elsewhere, as in a ConfigMap or a Secret, and that is not read here: give NAME=value lines with --env-file`
}
