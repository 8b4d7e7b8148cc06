// DNSProvider: connects, finds the zones, and says what is there, what is held and what nobody claims.
import type { DNSProvider } from '../../api/kinds.ts'
import { RECORDS_FINALIZER } from '../../api/kinds.ts'
import {
  TerminalError,
  toReconcileError,
  TransientError,
  WaitingError,
  type ReconcileError,
} from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import { listSome } from '../../model/text.ts'
import { deriveProviderStatus, type ZoneResults } from '../../status/provider-status.ts'
import type { StoredObject } from '../../store/store.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { LastTexts } from '../last-texts.ts'
import { parseRef } from '../object-keys.ts'
import { problemOf, type StatusWriter } from '../status-writer.ts'
import type { ProviderBoard, ServedProvider } from './provider-board.ts'
import { zonesOf } from './provider-settings.ts'
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

const RELIST_MS = 600_000
const FIRST_RETRY_MS = 2_000
const LONGEST_RETRY_MS = 60_000
/** Where all zones are so many or fewer, each is read, so that what nobody claims is found everywhere. */
const MOST_UNASKED = 50
/** How often a zone that is not served yet is looked at. */
const WHOLE_CHECK_MS = 250

/** Why the credentials, or the zones, could not be confirmed. */
interface Blame {
  readonly credentialsError: ReconcileError | undefined
  readonly zonesError: ReconcileError | undefined
}

interface Listing extends Blame {
  readonly dueAt: number
  readonly failures: number
}

export class ProviderController {
  readonly #ports: ProviderControllerPorts
  readonly #listings = new Map<string, Listing>()
  /** What records last saw of each. */
  readonly #seen = new LastTexts()

  constructor(ports: ProviderControllerPorts) {
    this.#ports = ports
  }

  /** The credentials may be others now, or somebody asked. */
  expire(ref: string): void {
    this.#listings.delete(ref)
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
    const listing = this.#withSecondaries(ref, await this.#refresh(ref, resource, stopping))
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
    this.#listings.delete(ref)
    this.#ports.statuses.forget('DNSProvider', ref)
    await this.#ports.board.close(ref)
    this.#ports.news.keep(ref, [])
    this.#tell(ref)
  }

  async #refresh(ref: string, resource: DNSProvider, stopping: AbortSignal): Promise<Listing> {
    const { board, clock } = this.#ports
    const before = board.get(ref)
    const known = this.#listings.get(ref)
    let served: ServedProvider
    try {
      served = await board.connect(ref, resource)
    } catch (thrown) {
      return this.#remember(ref, blame(thrown))
    }
    const isFresh = served === before && known !== undefined && clock.monotonicNow() < known.dueAt
    if (isFresh && this.#hasSameZones(served)) return known
    try {
      const listed = await served.provider.listZones(stopping)
      const zonesError = this.#useZones(ref, served, listed)
      return this.#remember(ref, { credentialsError: undefined, zonesError })
    } catch (thrown) {
      if (stopping.aborted) throw thrown
      return this.#remember(ref, blame(thrown))
    }
  }

  #hasSameZones({ object, zones }: ServedProvider): boolean {
    const wanted = object.spec.zones === undefined ? undefined : zonesOf(object.spec)
    return wanted === undefined || (zones ?? []).every((zone) => wanted.includes(zone))
  }

  /** The zones that are both wanted and there; those that are wanted and not there are an error of their own. */
  #useZones(ref: string, { object: { spec } }: ServedProvider, listed: readonly Fqdn[]): ReconcileError | undefined {
    const { board, news } = this.#ports
    // That is what a credential for other zones sees, too: what was known of the zones stays.
    if (spec.zones === undefined && listed.length === 0) return noZone()
    const wanted = spec.zones === undefined ? listed : zonesOf(spec)
    const zones = wanted.filter((zone) => listed.includes(zone))
    const missing = wanted.filter((zone) => !listed.includes(zone))
    board.setZones(ref, zones)
    news.keep(ref, zones)
    const isReadUnasked = spec.zones !== undefined || zones.length <= MOST_UNASKED
    if (isReadUnasked) for (const zone of zones) board.desk({ provider: ref, zone })
    if (missing.length === 0) return undefined
    const which = `${listSome(missing, 5)} of spec.zones`
    const message = `the provider has no zone ${which}, or the credentials do not reach it: create it there or correct spec.zones`
    return new TerminalError('ZoneNotFound', message)
  }

  #remember(ref: string, errors: Blame): Listing {
    const { clock, random } = this.#ports
    const error = errors.credentialsError ?? errors.zonesError
    const failures = error === undefined ? 0 : (this.#listings.get(ref)?.failures ?? 0) + 1
    const listing = {
      ...errors,
      failures,
      dueAt: clock.monotonicNow() + pauseMs(error, failures) * (0.9 + random() / 5),
    }
    this.#listings.set(ref, listing)
    return listing
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

function blame(thrown: unknown): Blame {
  const error = toReconcileError(thrown)
  const isCredential = error.reason === 'CredentialsInvalid' || error.reason === 'SecretNotFound'
  return { credentialsError: isCredential ? error : undefined, zonesError: isCredential ? undefined : error }
}

function pauseMs(error: ReconcileError | undefined, failures: number): number {
  if (error === undefined || error.kind === 'terminal') return RELIST_MS
  const pause = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS)
  if (error instanceof WaitingError) return Math.max(pause, error.retryAfterMs)
  return error instanceof TransientError ? pause : RELIST_MS
}

function noZone(): ReconcileError {
  const message = 'the provider lists no zone: create one there, let the credentials reach it, or name it in spec.zones'
  return new TerminalError('ZoneNotFound', message)
}
