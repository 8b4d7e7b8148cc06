// The zones that are served, found by the names in questions.
import { foldName } from '../wire/name.ts'
import type { HostedZone } from './hosted-zone.ts'

export interface Zones {
  /** The zone that answers for the name: the longest that contains it. */
  find(name: string): HostedZone | undefined
}

export class ZoneDirectory implements Zones {
  readonly #zones = new Map<string, HostedZone>()

  /** Takes the place of an earlier zone of that name. Returns what takes it away again. */
  add(hosted: HostedZone): () => void {
    const { zone } = hosted.served
    this.#zones.set(zone, hosted)
    return () => {
      if (this.#zones.get(zone) === hosted) this.#zones.delete(zone)
    }
  }

  find(name: string): HostedZone | undefined {
    let rest: string | undefined = foldName(name)
    while (rest !== undefined) {
      const zone = this.#zones.get(rest)
      if (zone !== undefined) return zone
      rest = parentName(rest)
    }
    return undefined
  }
}

/** The name without its first label; undefined above a name of one label. A dot that is escaped ends no label. */
export function parentName(name: string): string | undefined {
  const label = /^(?:\\[^]|[^\\.])*\./.exec(name)?.[0]
  return label === undefined ? undefined : name.slice(label.length)
}
