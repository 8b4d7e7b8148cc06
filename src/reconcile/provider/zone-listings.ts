// Asks DNSProviders which zones they have: when, how often while that fails, and what is to blame for it.
import type { DNSProvider } from '../../api/kinds.ts'
import {
  TerminalError,
  toReconcileError,
  TransientError,
  WaitingError,
  type ReconcileError,
} from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import { restAfter } from '../../model/rest-after.ts'
import { listSome } from '../../model/text.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { ProviderBoard, ServedProvider } from './provider-board.ts'
import { zonesOf } from './provider-settings.ts'
import type { ZoneNews } from './zone-news.ts'

export interface ZoneListingPorts extends Pick<EnginePorts, 'clock' | 'random'> {
  readonly board: ProviderBoard
  readonly news: Pick<ZoneNews, 'keep'>
}

const RELIST_MS = 600_000
const BACK_OFF = { firstMs: 2_000, longestMs: 60_000 }
/** Where all zones are so many or fewer, each is read, so that what nobody claims is found everywhere. */
const MOST_UNASKED = 50

/** Why the credentials, or the zones, could not be confirmed. */
interface Blame {
  readonly credentialsError: ReconcileError | undefined
  readonly zonesError: ReconcileError | undefined
}

export interface Listing extends Blame {
  /** When it is to be found out anew, by the monotonic clock. */
  readonly dueAt: number
  /** In a row. */
  readonly failures: number
}

export class ZoneListings {
  readonly #ports: ZoneListingPorts
  readonly #listings = new Map<string, Listing>()

  constructor(ports: ZoneListingPorts) {
    this.#ports = ports
  }

  /** What was found counts no more. */
  expire(ref: string): void {
    this.#listings.delete(ref)
  }

  /** As it was found last, unless that is too long ago or the connection is another one. Rejects only when stopped. */
  async refresh(ref: string, resource: DNSProvider, stopping: AbortSignal): Promise<Listing> {
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
}

function blame(thrown: unknown): Blame {
  const error = toReconcileError(thrown)
  const isCredential = error.reason === 'CredentialsInvalid' || error.reason === 'SecretNotFound'
  return { credentialsError: isCredential ? error : undefined, zonesError: isCredential ? undefined : error }
}

function pauseMs(error: ReconcileError | undefined, failures: number): number {
  if (error === undefined || error.kind === 'terminal') return RELIST_MS
  const pause = restAfter(failures, BACK_OFF)
  if (error instanceof WaitingError) return Math.max(pause, error.retryAfterMs)
  return error instanceof TransientError ? pause : RELIST_MS
}

function noZone(): ReconcileError {
  const message = 'the provider lists no zone: create one there, let the credentials reach it, or name it in spec.zones'
  return new TerminalError('ZoneNotFound', message)
}
