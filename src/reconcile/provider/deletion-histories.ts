// What was deleted lately, by zone: the guard must not forget it when a provider is connected anew.
import { DeletionHistory } from '../../apply/deletion-history.ts'
import type { OwnerId } from '../../model/record-set.ts'
import { zoneText, type ZoneRef } from '../../model/zone.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { readDeletions } from './zone-brakes.ts'

interface Kept {
  readonly zone: ZoneRef
  readonly history: DeletionHistory
}

export class DeletionHistories {
  readonly #ports: Pick<EnginePorts, 'store' | 'clock'>
  readonly #isOpen: (zone: ZoneRef) => boolean
  readonly #kept = new Map<string, Kept>()

  /** `isOpen`: whether somebody serves the zone at present. */
  constructor(ports: Pick<EnginePorts, 'store' | 'clock'>, isOpen: (zone: ZoneRef) => boolean) {
    this.#ports = ports
    this.#isOpen = isOpen
  }

  of(zone: ZoneRef, ownerId: OwnerId): DeletionHistory {
    const key = `${zoneText(zone)} ${ownerId}`
    const known = this.#kept.get(key)
    if (known !== undefined) return known.history
    const { store, clock } = this.#ports
    const now = clock.now()
    // Zones come and go for as long as the process lives.
    for (const [other, kept] of this.#kept)
      if (!this.#isOpen(kept.zone) && kept.history.isOver(now)) this.#kept.delete(other)
    const history = new DeletionHistory(ownerId, readDeletions(store, zone, now))
    this.#kept.set(key, { zone, history })
    return history
  }
}
