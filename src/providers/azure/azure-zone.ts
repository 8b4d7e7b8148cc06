import { ReconcileError, TerminalError, toReconcileError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import { describeKey, keyText, type RecordKey } from '../../model/record-set.ts'
import type { ZoneCapabilities, ZoneCut } from '../../model/zone.ts'
import type { Purpose } from '../call-gate.ts'
import { CAPABILITIES } from '../capabilities.ts'
import { OutdatedError, outcomeOfFailure } from '../http/call-outcome.ts'
import type { HttpAnswer, HttpCall } from '../http/http-client.ts'
import { Neighbours } from '../neighbours.ts'
import { applyOneByOne, batchOneByOne } from '../ownership/one-by-one.ts'
import type { RawChange, RawOutcome, RawSet, RawUnit, RawZone } from '../raw-zone.ts'
import { ZoneCuts } from '../zone-cuts.ts'
import { parseAzureError, type AzureApi } from './azure-api.ts'
import {
  AZURE_TYPES,
  formatAzureSet,
  parseAzureCut,
  parseAzureNeighbour,
  parseAzureSet,
  relativeName,
  type AzureSet,
  type HeldSet,
} from './azure-records.ts'

/** As opposed to a record set that is not there, which a read of one set also answers with 404. */
const ZONE_IS_GONE: ReadonlySet<string> = new Set([
  'ParentResourceNotFound',
  'ResourceGroupNotFound',
  'SubscriptionNotFound',
])

/** By the text of their keys. */
type HeldSets = ReadonlyMap<string, HeldSet>

export interface AzureZoneOptions {
  readonly api: AzureApi
  readonly zone: Fqdn
  readonly maxValues: number
}

/** One call writes one set, and only if it is still the one that was read: its ETag says so. */
export class AzureZone implements RawZone {
  readonly capabilities: ZoneCapabilities
  readonly comparesAndSwaps = true
  /** The zone only counts its sets, and so would not notice a change of one. */
  readonly probe = undefined
  readonly #options: AzureZoneOptions
  readonly #neighbours = new Neighbours()
  readonly #cuts: ZoneCuts
  #held = new Map<string, HeldSet>()
  #pages = Number.POSITIVE_INFINITY

  constructor(options: AzureZoneOptions) {
    this.#options = options
    this.capabilities = { ...CAPABILITIES.Azure, maxValues: options.maxValues }
    this.#cuts = new ZoneCuts(options.zone)
  }

  get zone(): Fqdn {
    return this.#options.zone
  }

  readonly cutAbove = (key: RecordKey): ZoneCut | undefined => this.#cuts.above(key)

  async *list(signal: AbortSignal): AsyncGenerator<readonly RawSet[]> {
    const held = await this.#readAll(signal)
    this.#held = new Map(held.map((one) => [keyText(one.set.key), one]))
    yield held.map(({ set }) => set)
  }

  async reread(names: readonly Fqdn[], signal: AbortSignal): Promise<readonly RawSet[]> {
    const asked = new Set(names)
    // Reads are scarce, and each type of a name is one: of many names the whole zone may be the cheaper reading.
    const whole = this.#pages <= names.length * AZURE_TYPES.length
    const all = whole ? await this.#readAll(signal) : await this.#readNames(names, signal)
    const found = all.filter(({ set }) => asked.has(set.key.name))
    for (const [text, { set }] of [...this.#held]) if (asked.has(set.key.name)) this.#held.delete(text)
    for (const one of found) this.#held.set(keyText(one.set.key), one)
    return found.map(({ set }) => set)
  }

  batch(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
    return batchOneByOne(units)
  }

  async apply(changes: readonly RawChange[], signal: AbortSignal): Promise<RawOutcome> {
    const obstacle = this.#neighbours.findObstacle(changes)
    if (obstacle !== undefined) return obstacle
    const before = new Map(
      changes.flatMap(({ key }): [string, HeldSet][] => {
        const held = this.#held.get(keyText(key))
        return held === undefined ? [] : [[keyText(key), held]]
      }),
    )
    return applyOneByOne(changes, (change, purpose) => this.#write(change, before, purpose, signal))
  }

  normalise(set: RawSet): RawSet {
    return { ...set, routing: undefined, options: undefined }
  }

  async #readAll(signal: AbortSignal): Promise<readonly HeldSet[]> {
    const { api, zone } = this.#options
    const sets: AzureSet[] = []
    let pages = 0
    try {
      for await (const page of api.pages<AzureSet>(`/${zone}/recordsets`, signal)) {
        sets.push(...page)
        pages += 1
      }
    } catch (error) {
      throw this.#nameZone(error)
    }
    this.#pages = pages
    this.#neighbours.learn(sets.flatMap((set) => parseAzureNeighbour(set, zone) ?? []))
    this.#cuts.learn(sets.flatMap((set) => parseAzureCut(set, zone)))
    return sets.flatMap((set) => parseAzureSet(set, zone) ?? [])
  }

  async #readNames(names: readonly Fqdn[], signal: AbortSignal): Promise<readonly HeldSet[]> {
    const keys = names.flatMap((name) => AZURE_TYPES.map((type): RecordKey => ({ name, type, setId: '' })))
    const found: HeldSet[] = []
    for (const key of keys) {
      const answer = await this.#options.api.send({ method: 'GET', path: this.#pathOf(key) }, signal)
      if (this.#isAbsent(answer)) continue
      if (answer.status !== 200) throw this.#nameZone(this.#options.api.classify(answer))
      found.push(...this.#parse(answer))
    }
    return found
  }

  async #write(change: RawChange, before: HeldSets, purpose: Purpose, signal: AbortSignal): Promise<RawOutcome> {
    const { key, previous, next } = change
    const held = this.#held.get(keyText(key))
    if (previous !== undefined && held === undefined) {
      return outcomeOfFailure(new OutdatedError('Outdated', 'Azure: the record set has changed since it was read'))
    }
    try {
      const call = this.#callFor(change, previous && held, before)
      const answer = await this.#options.api.send({ ...call, purpose }, signal)
      const gone = next === undefined && this.#isAbsent(answer)
      if (answer.status >= 300 && !gone) return this.#refused(answer, key)
      if (next === undefined) this.#held.delete(keyText(key))
      else for (const one of this.#parse(answer)) this.#held.set(keyText(key), one)
      return { kind: 'applied' }
    } catch (error) {
      signal.throwIfAborted()
      return outcomeOfFailure(toReconcileError(error))
    }
  }

  #callFor({ key, next }: RawChange, held: HeldSet | undefined, before: HeldSets): HttpCall {
    const path = this.#pathOf(key)
    const headers = held === undefined ? { 'if-none-match': '*' } : { 'if-match': held.etag }
    if (next === undefined) return { method: 'DELETE', path, headers }
    // What is put back after a refusal has what it had.
    const { otherMetadata = {} } = held ?? before.get(keyText(key)) ?? {}
    return { method: 'PUT', path, headers, body: formatAzureSet(next, otherMetadata) }
  }

  #refused(answer: HttpAnswer, key: RecordKey): RawOutcome {
    const error = this.#nameZone(this.#options.api.classify(answer))
    if (answer.status === 403) {
      // Roles and denials may be those of a single record set.
      const text = `Azure did not change ${describeKey(key)}: ${error.message}`
      return { kind: 'failed', error: new TerminalError('UpdateDenied', text), culprit: key }
    }
    const outcome = outcomeOfFailure(error)
    return outcome.kind === 'failed' && answer.status === 400 ? { ...outcome, culprit: key } : outcome
  }

  #parse(answer: HttpAnswer): readonly HeldSet[] {
    const held = parseAzureSet(this.#options.api.parse(answer) as AzureSet, this.zone)
    return held === undefined ? [] : [held]
  }

  #pathOf({ name, type }: RecordKey): string {
    return `/${this.zone}/${type}/${encodeURIComponent(relativeName(name, this.zone))}`
  }

  #isAbsent(answer: HttpAnswer): boolean {
    return answer.status === 404 && !ZONE_IS_GONE.has(parseAzureError(answer).code)
  }

  #nameZone<Failure>(error: Failure): Failure | TerminalError {
    const { zone, api } = this.#options
    return error instanceof ReconcileError && error.reason === 'ZoneNotFound' ? zoneNotFound(zone, api) : error
  }
}

export function zoneNotFound(zone: Fqdn, { resourceGroup }: Pick<AzureApi, 'resourceGroup'>): TerminalError {
  return new TerminalError(
    'ZoneNotFound',
    `Azure has no public DNS zone ${zone} in resource group ${resourceGroup}; create it, or check spec.azure.resourceGroup and subscriptionID`,
  )
}
