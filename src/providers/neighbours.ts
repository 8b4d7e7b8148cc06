// What else stands at the names of a zone, of types that Stoa neither reads nor writes: no CNAME can stand beside it.
import { TerminalError } from '../model/errors.ts'
import type { Fqdn } from '../model/name.ts'
import { describeKey } from '../model/record-set.ts'
import type { RawChange, RawOutcome } from './raw-zone.ts'

export interface Neighbour {
  readonly name: Fqdn
  /** As the provider spells it. */
  readonly type: string
}

export class Neighbours {
  #types = new Map<Fqdn, string>()

  /** Everything of that kind in the zone or, with `names`, at these. */
  learn(found: readonly Neighbour[], names?: Iterable<Fqdn>): void {
    if (names === undefined) this.#types.clear()
    else for (const name of names) this.#types.delete(name)
    for (const { name, type } of found) this.#types.set(name, type)
  }

  /** The provider would say the same, but only once what makes room for the CNAME is gone. */
  findObstacle(changes: readonly RawChange[]): RawOutcome | undefined {
    for (const { key, next } of changes) {
      const type = key.type === 'CNAME' && next !== undefined ? this.#types.get(key.name) : undefined
      if (type === undefined) continue
      const message =
        `${describeKey(key)} cannot stand beside ${type} ${key.name}, which Stoa does not manage: ` +
        'delete it at the provider, or use another name'
      return { kind: 'failed', error: new TerminalError('CNAMEConflict', message), culprit: key }
    }
    return undefined
  }
}
