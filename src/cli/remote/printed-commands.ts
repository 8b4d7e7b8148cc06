// Commands that are printed to be typed next: with the flags that led here, or they would look elsewhere.
import type { RemoteFlags } from './open-remote.ts'

/** `approve removals` → `stoa approve removals --data /var/lib/stoa`. Objects are named with their namespace, so that needs no flag. */
export type PrintCommand = (words: string) => string

export function printCommandsFor({ data, kubeconfig, context }: RemoteFlags): PrintCommand {
  const flags = Object.entries({ data, kubeconfig, context }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(value)}`],
  )
  return (words) => ['stoa', words, ...flags].join(' ')
}

/** As a shell reads it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
