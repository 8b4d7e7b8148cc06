// Where a zone ends although its records go on: delegations, and names that stand for others with all below them.
import type { Fqdn } from '../model/name.ts'
import type { RecordKey } from '../model/record-set.ts'
import type { ZoneCut } from '../model/zone.ts'

/** What a record set says of where the zone ends: nearly always nothing. Targets may have their dot. */
export function readCut(name: Fqdn | undefined, type: string, targets: readonly string[]): readonly ZoneCut[] {
  if (name === undefined || (type !== 'NS' && type !== 'DNAME')) return []
  return [{ name, type, targets: targets.map((target) => target.toLowerCase().replace(/\.$/, '')) }]
}

export class ZoneCuts {
  readonly #zone: Fqdn
  #byName = new Map<Fqdn, ZoneCut>()

  constructor(zone: Fqdn) {
    this.#zone = zone
  }

  /** All of the zone or, with `names`, those at these. The name servers at its apex are its own. */
  learn(found: readonly ZoneCut[], names?: Iterable<Fqdn>): void {
    if (names === undefined) this.#byName.clear()
    else for (const name of names) this.#byName.delete(name)
    for (const cut of found) {
      if (cut.type === 'NS' && cut.name === this.#zone) continue
      const others = this.#byName.get(cut.name)?.targets ?? []
      this.#byName.set(cut.name, { ...cut, targets: [...others, ...cut.targets] })
    }
  }

  /** The one closest to the apex. The addresses of a name server are shown below a delegation, too: as glue. */
  above({ name, type }: RecordKey): ZoneCut | undefined {
    if (this.#byName.size === 0) return undefined
    const cut = this.#outermost(name)
    const isAddress = type === 'A' || type === 'AAAA'
    return cut?.type === 'NS' && isAddress && this.#isNameServer(name) ? undefined : cut
  }

  #outermost(name: Fqdn): ZoneCut | undefined {
    let found: ZoneCut | undefined
    for (let start = 0; name.length - start >= this.#zone.length; start = name.indexOf('.', start) + 1) {
      const cut = this.#byName.get(name.slice(start) as Fqdn)
      if (cut !== undefined && (cut.type === 'NS' || start > 0)) found = cut
      if (!name.includes('.', start)) break
    }
    return found
  }

  #isNameServer(name: Fqdn): boolean {
    return [...this.#byName.values()].some(({ type, targets }) => type === 'NS' && targets.includes(name))
  }
}
