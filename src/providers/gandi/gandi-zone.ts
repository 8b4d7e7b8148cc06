import { TerminalError, toReconcileError, type ReconcileError } from '../../model/errors.ts'
import { isWithin, type Fqdn } from '../../model/name.ts'
import { describeKey, type RecordKey } from '../../model/record-set.ts'
import type { ZoneCut } from '../../model/zone.ts'
import type { Purpose } from '../call-gate.ts'
import { CAPABILITIES } from '../capabilities.ts'
import { OutdatedError, outcomeOfFailure } from '../http/call-outcome.ts'
import type { HttpAnswer, HttpCall, HttpClient } from '../http/http-client.ts'
import { Neighbours } from '../neighbours.ts'
import { applyOneByOne, batchOneByOne } from '../ownership/one-by-one.ts'
import type { RawChange, RawOutcome, RawSet, RawUnit, RawZone } from '../raw-zone.ts'
import { ZoneCuts } from '../zone-cuts.ts'
import { readPages } from './gandi-pages.ts'
import {
  formatGandiSet,
  parseGandiCut,
  parseGandiNeighbour,
  parseGandiSet,
  relativeName,
  type GandiSet,
} from './gandi-records.ts'

/** A name is read with less data than the zone, but not with fewer calls than a page of it. */
const MOST_SINGLE_READS = 2

/**
 * Writes set by set. LiveDNS could replace all sets of a name with one call, but that would also put back what it held of others
 * when we last looked, and so undo an edit made since.
 */
export class GandiZone implements RawZone {
  readonly capabilities = CAPABILITIES.Gandi
  readonly comparesAndSwaps = false
  readonly probe = undefined
  readonly zone: Fqdn
  readonly #http: HttpClient
  readonly #neighbours = new Neighbours()
  readonly #cuts: ZoneCuts
  /** Calls that it takes to read the whole zone. */
  #pages = 1

  constructor(zone: Fqdn, http: HttpClient) {
    this.zone = zone
    this.#cuts = new ZoneCuts(zone)
    this.#http = http
  }

  readonly cutAbove = (key: RecordKey): ZoneCut | undefined => this.#cuts.above(key)

  async *list(signal: AbortSignal): AsyncGenerator<readonly RawSet[]> {
    yield await this.#read(undefined, signal)
  }

  async reread(names: readonly Fqdn[], signal: AbortSignal): Promise<readonly RawSet[]> {
    if (names.length > Math.max(MOST_SINGLE_READS, this.#pages)) {
      const asked = new Set(names)
      return (await this.#read(undefined, signal)).filter(({ key }) => asked.has(key.name))
    }
    const found: RawSet[] = []
    for (const name of names.filter((one) => isWithin(one, this.zone))) {
      found.push(...(await this.#read(name, signal)))
    }
    return found
  }

  batch(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
    return batchOneByOne(units)
  }

  async apply(changes: readonly RawChange[], signal: AbortSignal): Promise<RawOutcome> {
    const obstacle = this.#neighbours.findObstacle(changes)
    if (obstacle !== undefined) return obstacle
    return applyOneByOne(changes, async (change, purpose): Promise<RawOutcome> => {
      try {
        await this.#write(change, purpose, signal)
        return { kind: 'applied' }
      } catch (error) {
        signal.throwIfAborted()
        const outcome = outcomeOfFailure(toReconcileError(error))
        return outcome.kind === 'failed' ? { ...outcome, culprit: change.key } : outcome
      }
    })
  }

  normalise(set: RawSet): RawSet {
    const { minTtl, maxTtl } = this.capabilities
    const ttl = Math.min(Math.max(set.ttl, minTtl), maxTtl)
    return { ...set, ttl, routing: undefined, options: undefined, note: undefined }
  }

  /** Without a name the whole zone. */
  async #read(name: Fqdn | undefined, signal: AbortSignal): Promise<readonly RawSet[]> {
    const below = name === undefined ? '' : `/${encodeURIComponent(relativeName(name, this.zone))}`
    let pages = 0
    const sets = await readPages({
      what: `the zone ${this.zone}`,
      ask: (query) => {
        pages += 1
        return this.#http.send({ method: 'GET', path: `domains/${this.zone}/records${below}`, query }, signal)
      },
      parse: (answer) => this.#parseSets(answer, name),
      textOf: ({ rrset_name, rrset_type }) => `${rrset_name} ${rrset_type}`,
    })
    if (name === undefined) this.#pages = pages
    const neighbours = sets.flatMap((set) => parseGandiNeighbour(set, this.zone) ?? [])
    this.#neighbours.learn(neighbours, name && [name])
    this.#cuts.learn(
      sets.flatMap((set) => parseGandiCut(set, this.zone)),
      name && [name],
    )
    return sets.flatMap((set) => parseGandiSet(set, this.zone) ?? [])
  }

  #parseSets(answer: HttpAnswer, name: Fqdn | undefined): readonly GandiSet[] {
    // A name without records answers like a zone that is not there.
    if (answer.status === 404 && name !== undefined) return []
    if (answer.status === 404) throw zoneNotFound(this.zone)
    if (answer.status !== 200) throw classify(this.#http, answer)
    return this.#http.parseJson(answer) as readonly GandiSet[]
  }

  async #write(change: RawChange, purpose: Purpose, signal: AbortSignal): Promise<void> {
    const { key, next } = change
    const path = `domains/${this.zone}/records/${encodeURIComponent(relativeName(key.name, this.zone))}/${key.type}`
    const call = callFor(change, path)
    const first = await this.#http.send({ ...call, purpose }, signal)
    const lacksPost = call.method === 'POST' && NO_POST.has(first.status)
    const answer = lacksPost ? await this.#http.send({ ...call, method: 'PUT', purpose }, signal) : first
    const gone = next === undefined && answer.status === 404
    if (gone) return
    if (answer.status === 404) throw zoneNotFound(this.zone)
    if (answer.status === 409)
      throw new OutdatedError('Outdated', `${describeKey(key)} has come to Gandi since it was read`)
    if (answer.status >= 300) throw classify(this.#http, answer)
  }
}

/** What says a server that stands in for LiveDNS and knows no POST at a set. LiveDNS itself says the first of a zone that it has not. */
const NO_POST: ReadonlySet<number> = new Set([404, 405, 501])

/** PUT makes the set equal, whatever it was. What was not there is made by POST, which does not touch what somebody made since. */
function callFor({ previous, next }: RawChange, path: string): HttpCall {
  if (next === undefined) return { method: 'DELETE', path }
  return { method: previous === undefined ? 'POST' : 'PUT', path, body: formatGandiSet(next) }
}

function zoneNotFound(zone: Fqdn): TerminalError {
  return new TerminalError(
    'ZoneNotFound',
    `Gandi LiveDNS has no zone ${zone} for this token; is the domain on LiveDNS, in the token's organisation?`,
  )
}

export function classify(http: HttpClient, answer: HttpAnswer): ReconcileError {
  if (answer.status === 401 || answer.status === 403) {
    return new TerminalError(
      'CredentialsInvalid',
      'Gandi refused the token; personal access tokens expire and cannot be renewed: make a new one and put it into the Secret',
    )
  }
  return http.classify(answer, messageOf(answer.text))
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    return typeof message === 'string' ? message : ''
  } catch {
    return ''
  }
}
