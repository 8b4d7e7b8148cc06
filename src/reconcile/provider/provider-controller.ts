// DNSProvider: connects, finds the zones, and says what is there, what is held and what nobody claims.
import { RECORDS_FINALIZER, type DNSProvider } from '../../api/kinds.ts'
import type { ReconcileError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import { deriveProviderStatus, type ZoneResults } from '../../status/provider-status.ts'
import type { StoredObject } from '../../store/store.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { LastTexts } from '../last-texts.ts'
import { parseRef } from '../object-keys.ts'
import { problemOf, type StatusWriter } from '../status-writer.ts'
import type { ProviderBoard, ServedProvider } from './provider-board.ts'
import { ZoneListings, type Listing } from './zone-listings.ts'
import { listSecondaries, listSecretNames } from './zone-secondaries.ts'
import type { ZoneNews } from './zone-news.ts'

export interface ProviderControllerPorts extends Pick<
  EnginePorts,
  'store' | 'clock' | 'random' | 'dryRun' | 'serveZones'
> {
  readonly statuses: StatusWriter
  readonly board: ProviderBoard
  readonly news: ZoneNews
  /** How many records have something at the provider, or are meant to. */
  readonly countUsers: (ref: string) => number
  /** Whether every record and all that it rests on has been looked at, and nothing of it is under way. */
  readonly knowsAllWanted: () => boolean
  /** Records may find another zone than before, or one at last. */
  readonly onChange: () => void
}

/** How often a zone that is not served yet is looked at. */
const WHOLE_CHECK_MS = 250

export class ProviderController {
  readonly #ports: ProviderControllerPorts
  readonly #listings: ZoneListings
  /** What records last saw of each. */
  readonly #seen = new LastTexts()

  constructor(ports: ProviderControllerPorts) {
    this.#ports = ports
    this.#listings = new ZoneListings(ports)
  }

  /** The credentials may be others now, or somebody asked. */
  expire(ref: string): void {
    this.#listings.expire(ref)
    for (const desk of this.#ports.board.desks(ref)) desk.touchAll()
  }

  async reconcile(ref: string, stopping: AbortSignal): Promise<number | undefined> {
    const { store, statuses, board, clock } = this.#ports
    const stored = store.get('DNSProvider', parseRef(ref))
    // Whoever may not copy any more must not, and what is no zone of ours must not be denied, even where all else fails.
    this.#serveZones()
    if (stored === undefined || (await this.#isLeaving(ref, stored, stopping))) {
      await this.#forget(ref)
      return undefined
    }
    const { resource } = stored
    if (resource === undefined) {
      await statuses.writeInvalid(stored, stopping)
      return undefined
    }
    if (!(await this.#isPrepared(resource, stored, stopping))) return undefined
    const listing = this.#withSecondaries(ref, await this.#listings.refresh(ref, resource, stopping))
    this.#tell(ref)
    const served = board.get(ref)
    const zones = served?.zones?.map((zone) => this.#describeZone(ref, zone))
    const { credentialsError, zonesError } = listing
    const status = deriveProviderStatus({
      ...{ object: resource, now: clock.now(), credentialsError, zones },
      zonesError: zonesError ?? problemOf(stored),
    })
    await statuses.write(stored, status, stopping)
    for (const zone of zones ?? []) {
      if (zone.consumedHash !== undefined)
        this.#ports.news.settle({ provider: ref, zone: zone.name }, zone.consumedHash)
    }
    const isServedWhole = this.#serveWhole(ref, served)
    return isServedWhole ? Math.max(0, listing.dueAt - clock.monotonicNow()) : WHOLE_CHECK_MS
  }

  /** By ref: why somebody may not copy who should. */
  #serveZones(): ReadonlyMap<string, ReconcileError> {
    const { store, serveZones } = this.#ports
    const { byZone, problems } = listSecondaries(store)
    serveZones(byZone)
    return problems
  }

  /** After the zones, which may have been opened just now. */
  #withSecondaries(ref: string, listing: Listing): Listing {
    const problem = this.#serveZones().get(ref)
    return { ...listing, credentialsError: listing.credentialsError ?? problem }
  }

  /**
   * The built-in server says nothing of a zone that began empty until all that belongs into it is there: unknown is never empty.
   * False while there is such a zone.
   */
  #serveWhole(ref: string, served: ServedProvider | undefined): boolean {
    const { board, knowsAllWanted, dryRun } = this.#ports
    // Then nothing is put there, and nothing may be said of it.
    if (dryRun) return true
    const waiting = [...(served?.stores.values() ?? [])].filter(({ isWhole }) => !isWhole)
    if (waiting.length === 0) return true
    if (knowsAllWanted()) {
      const fulfilled = new Set([...board.desks(ref)].filter((desk) => desk.isFulfilled).map(({ zone }) => zone.zone))
      for (const store of waiting) if (fulfilled.has(store.zone)) store.markWhole()
    }
    return waiting.every(({ isWhole }) => isWhole)
  }

  /** A provider that is being deleted stays for as long as records need it to clean up. */
  async #isLeaving(ref: string, { metadata }: StoredObject, stopping: AbortSignal): Promise<boolean> {
    if (metadata.deletionTimestamp === undefined || this.#ports.countUsers(ref) > 0) return false
    if (metadata.finalizers?.includes(RECORDS_FINALIZER) === true) {
      await this.#ports.store.setFinalizer('DNSProvider', metadata, false, stopping)
    }
    return true
  }

  /** False when its finalizer was just put on, or its Secret is not read yet: that will be heard of. What was said last stands until then. */
  async #isPrepared(resource: DNSProvider, { metadata }: StoredObject, stopping: AbortSignal): Promise<boolean> {
    if (metadata.finalizers?.includes(RECORDS_FINALIZER) === true || metadata.deletionTimestamp !== undefined)
      return !this.#hasUnreadSecret(resource)
    await this.#ports.store.setFinalizer('DNSProvider', metadata, true, stopping)
    return false
  }

  #hasUnreadSecret(resource: DNSProvider): boolean {
    const { namespace } = resource.metadata
    return listSecretNames(resource).some((name) => this.#ports.store.secret({ namespace, name }).kind === 'unread')
  }

  async #forget(ref: string): Promise<void> {
    this.#listings.expire(ref)
    this.#ports.statuses.forget('DNSProvider', ref)
    await this.#ports.board.close(ref)
    this.#ports.news.keep(ref, [])
    this.#tell(ref)
  }

  #describeZone(ref: string, name: Fqdn): ZoneResults {
    const { board, news } = this.#ports
    const desk = [...board.desks(ref)].find(({ zone }) => zone.zone === name)
    return { name, error: desk?.error, ...news.of({ provider: ref, zone: name }) }
  }

  #tell(ref: string): void {
    const { board, onChange } = this.#ports
    const served = board.get(ref)
    const text = served && JSON.stringify([served.zones, served.object.spec.allowedRecords, served.settingsText])
    if (this.#seen.isOther(ref, text)) onChange()
  }
}
