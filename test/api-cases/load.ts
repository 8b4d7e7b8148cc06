// The table of good and bad objects that the real apiserver and our own parser must judge alike.
import { readFileSync, readdirSync } from 'node:fs'
import { parse } from 'yaml'
import { API_VERSION } from '../../src/api/kinds.ts'

export interface ApiCase {
  /** A sentence, with the kind in front where the case is about a spec. */
  readonly name: string
  readonly object: Readonly<Record<string, unknown>>
  /** For a good object: the spec with its defaults, where the case spells it out. */
  readonly stored: unknown
  /** For a bad object: words of the message of each problem, by path. Undefined for a good one. */
  readonly because: Readonly<Record<string, string>> | undefined
}

interface CaseFile {
  readonly kind?: string
  readonly accepted: readonly CaseEntry[]
  readonly refused: readonly CaseEntry[]
}

interface CaseEntry {
  readonly name: string
  readonly spec?: unknown
  readonly object?: Readonly<Record<string, unknown>>
  readonly stored?: unknown
  readonly because?: Readonly<Record<string, string>>
}

export function loadApiCases(): readonly ApiCase[] {
  const folder = new URL('.', import.meta.url)
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .flatMap((file) => {
      const { kind, accepted, refused } = parse(readFileSync(new URL(file, folder), 'utf8')) as CaseFile
      return [...accepted, ...refused].map((entry) => toCase(entry, kind))
    })
}

function toCase({ name, spec, object, stored, because }: CaseEntry, kind: string | undefined): ApiCase {
  const metadata = { name: 'a-case', namespace: 'default' }
  return {
    name: kind === undefined ? name : `${kind}: ${name}`,
    object: object ?? { apiVersion: API_VERSION, kind, metadata, spec },
    stored,
    because,
  }
}
