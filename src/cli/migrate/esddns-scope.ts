// ESDDNS's dns.ini while it is translated, and how its values are read.
import type { GivenEnvironment } from './given-environment.ts'
import type { Migration } from './migration.ts'
import type { IniSection, IniValue } from './ini-section.ts'

export interface EsddnsInput {
  readonly file: string
  readonly text: string
  readonly environment: GivenEnvironment
  readonly namespace: string
}

export interface EsddnsScope extends EsddnsInput {
  readonly sections: ReadonlyMap<string, IniSection>
  readonly migration: Migration
}

export function valueOf({ sections }: EsddnsScope, section: string, key: string): IniValue | undefined {
  return sections.get(section)?.values.get(key)
}

export function readNumber({ migration }: EsddnsScope, value: IniValue | undefined, key: string): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value.text)) return Number(value.text)
  migration.refuse(value.place, `${key} is not a number`)
  return undefined
}
