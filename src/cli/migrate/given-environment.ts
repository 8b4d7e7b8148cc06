// The environment that the other program runs in, as far as the caller gives it, with where each variable was said.
import type { Migration, Place } from './migration.ts'

export interface Variable {
  /** Undefined where it comes from a Secret: the value is not looked at. */
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
