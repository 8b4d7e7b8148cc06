import { TerminalError, toReconcileError, TransientError, type ReconcileError } from '../../model/errors.ts'
import { longestZone, type Fqdn } from '../../model/name.ts'
import { describeKey, keyText, type RecordKey } from '../../model/record-set.ts'
import type { Purpose } from '../call-gate.ts'
import { CAPABILITIES } from '../capabilities.ts'
import { endpointFromSet, quoteWhole } from '../external-dns/endpoint.ts'
import { LostAnswerError } from '../http/http-client.ts'
import { cutBatches } from '../cut-batches.ts'
import type { PartialOutcome, RawChange, RawOutcome, RawSet, RawUnit, RawZone } from '../raw-zone.ts'
import { servesName, type DomainFilter } from './domain-filter.ts'
import {
  deriveRequest,
  findLostRoom,
  findMoved,
  findStrayMarks,
  holdEndpoints,
  isAsWanted,
  isUntouched,
  type Endpoints,
  type HeldSets,
} from './held-endpoints.ts'
import { Suspects } from './suspects.ts'
import { TtlHabits } from './ttl-habits.ts'
import { UnfinishedMarks } from './unfinished-marks.ts'
import type { WebhookApi, WebhookChanges } from './webhook-api.ts'

/** The other side often makes a call of its own for each, and has 15 s in all. */
const UNITS_PER_CALL = 500
/** Bodies may have 32 MiB. Sizes are estimated, and what is replaced is sent along. */
const BYTES_PER_CALL = 8 * 1024 * 1024
const BYTES_AROUND_VALUES = 500

export interface WebhookZoneOptions {
  readonly zone: Fqdn
  readonly api: WebhookApi
  readonly filter: DomainFilter
  /** All zones of the provider: what lies in a longer one is not this zone's. */
  readonly zones: readonly Fqdn[]
}

export class WebhookZone implements RawZone {
  readonly capabilities = CAPABILITIES.Webhook
  readonly comparesAndSwaps = false
  readonly probe = undefined
  readonly #options: WebhookZoneOptions
  readonly #habits = new TtlHabits()
  readonly #unfinished = new UnfinishedMarks()
  readonly #suspects = new Suspects()
  /** What the last call was about, until it is known what became of it. */
  #inDoubt: readonly RawUnit[] = []
  #held: HeldSets = new Map()

  constructor(options: WebhookZoneOptions) {
    this.#options = options
  }

  get zone(): Fqdn {
    return this.#options.zone
  }

  async *list(signal: AbortSignal): AsyncGenerator<readonly RawSet[]> {
    yield await this.#read('Work', signal)
  }

  /** There is no way to ask for a name: reading costs one call, however many there are. */
  async reread(names: readonly Fqdn[], signal: AbortSignal): Promise<readonly RawSet[]> {
    const asked = new Set(names)
    return (await this.#read('Repair', signal)).filter(({ key }) => asked.has(key.name))
  }

  /** What failed before goes apart. */
  batch(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
    return this.#suspects.arrange(units).flatMap(cutIntoCalls)
  }

  async apply(
    changes: readonly RawChange[],
    signal: AbortSignal,
    units: readonly RawUnit[],
  ): Promise<RawOutcome | PartialOutcome> {
    const { api, filter } = this.#options
    const outside = changes.find(({ key, next }) => next !== undefined && !servesName(filter, key.name))
    if (outside !== undefined) return refuse(outside.key, `${api.name} does not serve ${outside.key.name}`)
    // Each call ends with a look at all there is: what it has shown of other names is not written over by the next.
    const moved = findMoved(changes, this.#held)
    if (moved !== undefined) return outdated(moved.key)
    const wanted = changes.map(({ next }) => next).filter((set) => set !== undefined)
    let adjusted: Endpoints
    try {
      adjusted = await this.#adjust(wanted, signal)
    } catch (error) {
      signal.throwIfAborted()
      // Nothing was written so far, even if an answer was lost.
      return { kind: 'failed', error: toReconcileError(error) }
    }
    const dropped = wanted.find(({ key }) => !adjusted.has(keyText(key)))
    if (dropped !== undefined) return refuse(dropped.key, `${api.name} cannot keep ${describeKey(dropped.key)}`)
    return this.#write(units, adjusted, signal)
  }

  normalise(set: RawSet): RawSet {
    const ttl = this.#habits.expect(set.key, set.ttl)
    return { ...set, ttl, routing: undefined, options: undefined, note: undefined }
  }

  async #read(purpose: Purpose, signal: AbortSignal): Promise<readonly RawSet[]> {
    const { api, zone, zones } = this.#options
    const endpoints = await api.readRecords(purpose, signal)
    this.#held = holdEndpoints(endpoints, (name) => longestZone(name, zones) === zone)
    const sets = [...this.#held.values()].map(({ set }) => set)
    this.#suspects.learn(this.#inDoubt, (unit) => this.#missingOf(unit).length === 0)
    this.#inDoubt = []
    this.#habits.review(sets)
    return this.#unfinished.complete(sets)
  }

  /** Wanted sets as the provider would have them, with its defaults: without those, it would find them changed ever after. */
  async #adjust(wanted: readonly RawSet[], signal: AbortSignal): Promise<Endpoints> {
    if (wanted.length === 0) return new Map()
    const endpoints = wanted.map((set) => {
      const ttl = this.#habits.ask(set.key, set.ttl)
      const { providerSpecific } = this.#held.get(keyText(set.key))?.endpoint ?? {}
      const endpoint = endpointFromSet({ ...set, ttl }, quoteWhole)
      return providerSpecific === undefined ? endpoint : { ...endpoint, providerSpecific }
    })
    const adjusted = holdEndpoints(await this.#options.api.adjust(endpoints, signal), () => true)
    return new Map([...adjusted].map(([text, { endpoint }]) => [text, endpoint]))
  }

  async #write(
    units: readonly RawUnit[],
    adjusted: Endpoints,
    signal: AbortSignal,
  ): Promise<RawOutcome | PartialOutcome> {
    const changes = units.flat()
    for (const unit of units) this.#unfinished.attempt(unit)
    this.#inDoubt = units
    const before = this.#held
    const asked = changes.map(({ key, next }) => next && this.#habits.ask(key, next.ttl))
    const refusal = await this.#post(deriveRequest(changes, adjusted, before), signal)
    if (refusal instanceof LostAnswerError || refusal?.reason === 'ProviderUnavailable')
      return { kind: 'unconfirmed', error: refusal }
    if (refusal?.kind === 'waiting') {
      this.#inDoubt = []
      return { kind: 'failed', error: refusal }
    }
    try {
      await this.#read('Repair', signal)
    } catch (error) {
      signal.throwIfAborted()
      const { reason, message } = refusal ?? toReconcileError(error)
      return { kind: 'unconfirmed', error: new TransientError(reason, message, { cause: error }) }
    }
    changes.forEach((change, at) => this.#learn(change, asked[at]))
    if (refusal !== undefined) await this.#takeBack(units, before, signal)
    return { kind: 'several', of: (unit) => this.#judge(unit, { before, refusal, alone: units.length === 1 }) }
  }

  /**
   * A mark came through and what it marks was refused, or what made room at a name is gone and what needs it was refused. If a mark
   * cannot be taken back, the next write finds it and uses it.
   */
  async #takeBack(units: readonly RawUnit[], before: HeldSets, signal: AbortSignal): Promise<void> {
    const strays = units.flatMap((unit) => findStrayMarks(unit, before, this.#held))
    const lost = findLostRoom(units, before, this.#held)
    if (strays.length + lost.size === 0) return
    const taken = strays.flatMap((text) => this.#held.get(text)?.endpoint ?? [])
    const create = [...lost.values()].map(({ endpoint }) => endpoint)
    const refusal = await this.#post({ create, updateOld: [], updateNew: [], delete: taken }, signal)
    if (refusal !== undefined) return
    const gone = new Set(strays)
    this.#held = new Map([...[...this.#held].filter(([text]) => !gone.has(text)), ...lost])
    // What was read may be from before the write, and the set be there after all.
    for (const unit of units) if (unit.some(({ key }) => gone.has(keyText(key)))) this.#unfinished.attempt(unit)
  }

  async #post(request: WebhookChanges, signal: AbortSignal): Promise<ReconcileError | undefined> {
    try {
      await this.#options.api.apply(request, signal)
      return undefined
    } catch (error) {
      signal.throwIfAborted()
      return toReconcileError(error)
    }
  }

  #learn({ key, next }: RawChange, asked: number | undefined): void {
    const stored = this.#stored(key)
    if (asked === undefined || stored === undefined) return
    if (isAsWanted(next, stored)) this.#habits.learn(key, asked, stored.ttl)
  }

  #stored(key: RecordKey): RawSet | undefined {
    return this.#held.get(keyText(key))?.set
  }

  #missingOf(unit: RawUnit): RawUnit {
    return unit.filter(({ key, next }) => !isAsWanted(next, this.#stored(key)))
  }

  /** What became of a unit, by what is there now. */
  #judge(unit: RawUnit, { before, refusal, alone }: Verdict): RawOutcome {
    const [first] = this.#missingOf(unit)
    if (first === undefined) return { kind: 'applied', stored: (key) => this.#stored(key) }
    if (refusal !== undefined && isUntouched(unit, before, this.#held))
      return { kind: 'failed', error: refusal, ...(alone ? { culprit: first.key } : {}) }
    const error =
      refusal === undefined
        ? `${this.#options.api.name} accepted ${describeKey(first.key)} but does not show it as asked for; its log may say why`
        : `${refusal.message}; a part of it was done all the same`
    return { kind: 'unconfirmed', error: new TransientError('ProviderUnavailable', error) }
  }
}

interface Verdict {
  readonly before: HeldSets
  readonly refusal: ReconcileError | undefined
  /** The call was about nothing else. */
  readonly alone: boolean
}

function outdated(key: RecordKey): RawOutcome {
  const message = `${describeKey(key)} is no longer what it was when it was read`
  return { kind: 'outdated', error: new TransientError('Outdated', message) }
}

function refuse(culprit: RecordKey, what: string): RawOutcome {
  const error = new TerminalError('ProviderRefused', `${what}; use a name and type that its provider serves`)
  return { kind: 'failed', error, culprit }
}

function cutIntoCalls(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
  const sizeOfUnit = (unit: RawUnit): number => unit.reduce((sum, change) => sum + sizeOf(change), 0)
  return cutBatches(units, {
    nameOf: ([own]) => own?.key.name,
    sizeOf: (unit) => Math.max(sizeOfUnit(unit), Math.floor(BYTES_PER_CALL / UNITS_PER_CALL)),
    room: BYTES_PER_CALL,
  })
}

function sizeOf({ previous, next }: RawChange): number {
  const values = [...(previous?.values ?? []), ...(next?.values ?? [])]
  return values.reduce((sum, value) => sum + value.length + 3, BYTES_AROUND_VALUES)
}
