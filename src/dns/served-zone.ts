// What the server needs to know of a zone. It only reads; whoever keeps the zone is given nothing to do.
import type { Fqdn } from '../model/name.ts'
import type { RecordKey } from '../model/record-set.ts'

export interface ServedSet {
  readonly key: RecordKey
  readonly values: readonly string[]
  readonly ttl: number
}

export interface ServedZone {
  readonly zone: Fqdn
  /** False while it is not known yet what all belongs into it: nothing may be said of it, least of all that a name is not there. */
  readonly isWhole: boolean
  /** Moves with every change, and never back (RFC 1982). */
  readonly serial: number
  /** The sets at exactly this name: none where only names below it have any, undefined where there is no such name at all. */
  lookup(name: Fqdn): readonly ServedSet[] | undefined
  /** The whole zone as of now. Later changes do not show in what was returned. */
  all(): readonly ServedSet[]
  /** Called after each change, and once it is whole; must not throw. Returns what ends it. */
  onChange(listener: () => void): () => void
}
