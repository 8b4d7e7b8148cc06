import { ReconcileError, TerminalError, toReconcileError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import { keyText, type RecordKey } from '../../model/record-set.ts'
import type { ZoneCapabilities, ZoneCut } from '../../model/zone.ts'
import { CAPABILITIES } from '../capabilities.ts'
import { outcomeOfFailure } from '../http/call-outcome.ts'
import type { HttpAnswer } from '../http/http-client.ts'
import type { RawChange, RawOutcome, RawSet, RawUnit, RawZone } from '../raw-zone.ts'
import { updateDenied } from '../update-denied.ts'
import { ZoneCuts } from '../zone-cuts.ts'
import { parseGoogleError, type GoogleApi, type Place } from './google-api.ts'
import { batchUnits, type GoogleLimits } from './google-limits.ts'
import {
  exactSet,
  formatGoogleSet,
  parseGoogleCut,
  parseGoogleSet,
  type GoogleListedSet,
  type GoogleSet,
} from './google-records.ts'

export interface GoogleZoneOptions {
  readonly api: GoogleApi
  readonly zone: Fqdn
  /** What Google calls the zone. */
  readonly managedZone: string
  readonly limits: GoogleLimits
}

interface Edits {
  readonly additions: readonly GoogleSet[]
  readonly deletions: readonly GoogleSet[]
}

/** A change is deletions that must match what is stored, and additions that must not be there: compare-and-swap, all or nothing. */
export class GoogleZone implements RawZone {
  readonly capabilities: ZoneCapabilities
  readonly comparesAndSwaps = true
  /** The id of the latest change would do, were it known to move with every change. */
  readonly probe = undefined
  readonly #options: GoogleZoneOptions
  readonly #cuts: ZoneCuts
  /** As stored, to the letter. */
  #exact = new Map<string, GoogleSet>()

  constructor(options: GoogleZoneOptions) {
    this.#options = options
    this.capabilities = { ...CAPABILITIES.Google, maxValues: options.limits.valuesPerSet }
    this.#cuts = new ZoneCuts(options.zone)
  }

  get zone(): Fqdn {
    return this.#options.zone
  }

  readonly cutAbove = (key: RecordKey): ZoneCut | undefined => this.#cuts.above(key)

  async *list(signal: AbortSignal): AsyncGenerator<readonly RawSet[]> {
    const exact = new Map<string, GoogleSet>()
    const cuts: ZoneCut[] = []
    for await (const page of this.#pages({}, signal)) {
      cuts.push(...page.flatMap(parseGoogleCut))
      yield keep(page, exact)
    }
    this.#exact = exact
    this.#cuts.learn(cuts)
  }

  async reread(names: readonly Fqdn[], signal: AbortSignal): Promise<readonly RawSet[]> {
    const found: RawSet[] = []
    const exact = new Map<string, GoogleSet>()
    const cuts: ZoneCut[] = []
    for (const name of names) {
      for await (const page of this.#pages({ name: `${name}.` }, signal)) {
        cuts.push(...page.flatMap(parseGoogleCut))
        found.push(...keep(page, exact))
      }
    }
    const asked: ReadonlySet<string> = new Set(names.map((name) => `${name}.`))
    const others = [...this.#exact].filter(([, set]) => !asked.has(set.name.toLowerCase()))
    this.#exact = new Map([...others, ...exact])
    this.#cuts.learn(cuts, names)
    return found
  }

  batch(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
    return batchUnits(units, this.#options.limits)
  }

  async apply(changes: readonly RawChange[], signal: AbortSignal): Promise<RawOutcome> {
    const { api, managedZone } = this.#options
    const deleted = changes.filter(({ previous }) => previous !== undefined)
    const added = changes.filter(({ next }) => next !== undefined)
    const edits: Edits = {
      deletions: deleted.flatMap(({ key, previous }) => this.#exactOf(key, previous)),
      additions: added.flatMap(({ next }) => (next === undefined ? [] : formatGoogleSet(next))),
    }
    try {
      const path = `/managedZones/${managedZone}/changes`
      const answer = await api.send({ method: 'POST', path, body: edits }, signal)
      if (answer.status >= 300) return this.#refused(answer, deleted, added)
      this.#remember(deleted, added, storedBy(api.parse(answer), edits))
      return { kind: 'applied' }
    } catch (error) {
      signal.throwIfAborted()
      return outcomeOfFailure(toReconcileError(error))
    }
  }

  normalise(set: RawSet): RawSet {
    return { ...set, routing: undefined, options: undefined, note: undefined }
  }

  async *#pages(query: Readonly<Record<string, string>>, signal: AbortSignal): AsyncGenerator<GoogleListedSet[]> {
    const { api, zone, managedZone } = this.#options
    try {
      yield* api.pages<GoogleListedSet>({ path: `/managedZones/${managedZone}/rrsets`, query }, 'rrsets', signal)
    } catch (error) {
      throw nameZone(error, zone, api.project)
    }
  }

  #exactOf(key: RecordKey, previous: RawSet | undefined): readonly GoogleSet[] {
    if (previous === undefined) return []
    return [this.#exact.get(keyText(key)) ?? formatGoogleSet(previous)]
  }

  #refused(answer: HttpAnswer, deleted: readonly RawChange[], added: readonly RawChange[]): RawOutcome {
    const { api, zone } = this.#options
    const error = nameZone(api.classifyWrite(answer), zone, api.project)
    const { place, reason } = parseGoogleError(answer)
    // A role may be given on condition of names and types.
    if (answer.status === 403 && reason === 'forbidden')
      return updateDenied(zone, (what) => `Google Cloud DNS did not change ${what}: ${error.message}`)
    const outcome = outcomeOfFailure(error)
    const culprit = place && findAt(place, place.side === 'additions' ? added : deleted)?.key
    return outcome.kind === 'failed' && culprit !== undefined ? { ...outcome, culprit } : outcome
  }

  #remember(deleted: readonly RawChange[], added: readonly RawChange[], stored: readonly GoogleSet[]): void {
    for (const { key } of deleted) this.#exact.delete(keyText(key))
    for (const [index, set] of stored.entries()) {
      const key = added[index]?.key
      if (key !== undefined) this.#exact.set(keyText(key), set)
    }
  }
}

export function zoneNotFound(zone: Fqdn, project: string): TerminalError {
  return new TerminalError(
    'ZoneNotFound',
    `Google Cloud DNS has no public managed zone ${zone} in project ${project}; create it, or check spec.google.project`,
  )
}

function nameZone<Failure>(error: Failure, zone: Fqdn, project: string): Failure | TerminalError {
  return error instanceof ReconcileError && error.reason === 'ZoneNotFound' ? zoneNotFound(zone, project) : error
}

function keep(page: readonly GoogleListedSet[], exact: Map<string, GoogleSet>): readonly RawSet[] {
  return page.flatMap((listed) => {
    const set = parseGoogleSet(listed)
    if (set !== undefined) exact.set(keyText(set.key), exactSet(listed))
    return set ?? []
  })
}

function findAt({ at, type }: Place, changes: readonly RawChange[]): RawChange | undefined {
  if (type === undefined) return changes[Number(at)]
  return changes.find(({ key }) => key.type === type && `${key.name}.` === at.toLowerCase())
}

/** The answer repeats the additions in their order, as they were stored. */
function storedBy(answer: unknown, asked: Edits): readonly GoogleSet[] {
  const { additions } = answer as { readonly additions?: readonly GoogleListedSet[] }
  return asked.additions.map((set, index) => {
    const told = additions?.[index]
    return told?.name === set.name && told.type === set.type ? exactSet(told) : set
  })
}
