// A provider that can be made to fail: the zone's own store, which cannot be written while it is broken.
import type { ZonePersistence, ZoneSnapshot } from '../../providers/builtin/zone-store.ts'
import { TransientError } from '../../model/errors.ts'

export class BreakablePersistence implements ZonePersistence {
  readonly #saved = new Map<string, ZoneSnapshot>()
  isBroken = false

  load(zone: string): Promise<ZoneSnapshot | undefined> {
    return Promise.resolve(this.#saved.get(zone))
  }

  save(zone: string, snapshot: ZoneSnapshot): Promise<void> {
    if (this.isBroken) {
      return Promise.reject(new TransientError('ProviderUnavailable', 'the provider is broken: `stoa demo heal`'))
    }
    this.#saved.set(zone, snapshot)
    return Promise.resolve()
  }
}
