// What an INI file holds.
import type { Place } from './migration.ts'

export interface IniValue {
  readonly text: string
  readonly place: Place
  /** It stands in [DEFAULT] alone. */
  readonly isInherited?: true
}

export interface IniSection {
  readonly place: Place
  /** By key in lower case. */
  readonly values: ReadonlyMap<string, IniValue>
}
