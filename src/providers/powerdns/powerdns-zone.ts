import { TerminalError, toReconcileError, type ReconcileError } from '../../model/errors.ts'
import { parseStoredName, type Fqdn } from '../../model/name.ts'
import { keyText, type RecordKey, type RecordType } from '../../model/record-set.ts'
import { isSameValue } from '../../model/same-value.ts'
import type { ZoneCut } from '../../model/zone.ts'
import { CAPABILITIES } from '../capabilities.ts'
import { OutdatedError } from '../http/call-outcome.ts'
import type { HttpAnswer, HttpClient } from '../http/http-client.ts'
import { cutBatches } from '../cut-batches.ts'
import { Neighbours } from '../neighbours.ts'
import type { RawChange, RawOutcome, RawSet, RawUnit, RawZone } from '../raw-zone.ts'
import {
  formatPowerDnsChange,
  NO_BYSTANDERS,
  parsePowerDnsCut,
  parsePowerDnsNeighbour,
  parsePowerDnsSet,
  type Bystanders,
  type PowerDnsSet,
} from './powerdns-records.ts'
import { ZoneCuts } from '../zone-cuts.ts'

/** A PATCH is parsed as a whole in a server with a body limit of 2 MB by default. */
const UNITS_PER_CALL = 2_000

/** From 2026112299 the next serial is 2026112300, as if a day began: so few steps before a whole hundred it may be others who took them. */
const WRITES_MEANWHILE = 50

/** LMDB of version 4, for instance. */
const NO_COMMENTS = /does not support editing comments/

export interface PowerDnsZoneOptions {
  readonly zone: Fqdn
  readonly http: HttpClient
  readonly path: string
  /** Whether the zone's serial counts the changes that are made by the API, and so can be probed. */
  readonly serialCounts: boolean
}

interface Probed {
  readonly serial: number
  readonly ownSteps: number
}

export class PowerDnsZone implements RawZone {
  readonly capabilities = CAPABILITIES.PowerDNS
  readonly comparesAndSwaps = false
  readonly probe: RawZone['probe']
  readonly #options: PowerDnsZoneOptions
  readonly #neighbours = new Neighbours()
  readonly #cuts: ZoneCuts
  #bystanders = new Map<string, Bystanders>()
  /** By how many steps of the serial our own writes have moved it. */
  #ownSteps = 0
  /** When the worker last asked. */
  #probed: Probed | undefined
  /** What was looked at by the last call, at one moment. Nothing once something was sent. */
  #looked: 'Zone' | Fqdn | undefined

  constructor(options: PowerDnsZoneOptions) {
    this.#options = options
    this.#cuts = new ZoneCuts(options.zone)
    this.probe = options.serialCounts ? (signal): Promise<string> => this.#probe(signal) : undefined
  }

  get zone(): Fqdn {
    return this.#options.zone
  }

  readonly cutAbove = (key: RecordKey): ZoneCut | undefined => this.#cuts.above(key)

  async *list(signal: AbortSignal): AsyncGenerator<readonly RawSet[]> {
    yield await this.#readZone(signal)
  }

  async reread(names: readonly Fqdn[], signal: AbortSignal): Promise<readonly RawSet[]> {
    const asked: ReadonlySet<Fqdn> = new Set(names)
    // One after the other, the first may be other than it was when the last is read. The serial would tell.
    if (asked.size > 1 && !this.#options.serialCounts) {
      return (await this.#readZone(signal)).filter(({ key }) => asked.has(key.name))
    }
    const found: PowerDnsSet[] = []
    for (const name of asked) found.push(...(await this.#read({ rrset_name: `${name}.` }, signal)))
    this.#looked = asked.size === 1 ? names[0] : undefined
    this.#neighbours.learn(
      found.flatMap((set) => parsePowerDnsNeighbour(set) ?? []),
      names,
    )
    this.#cuts.learn(found.flatMap(parsePowerDnsCut), names)
    for (const text of [...this.#bystanders.keys()])
      if (names.some((name) => text.startsWith(`${name} `))) this.#bystanders.delete(text)
    return this.#hold(found)
  }

  batch(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
    return cutBatches(units, { nameOf: ([own]) => own?.key.name, sizeOf: () => 1, room: UNITS_PER_CALL })
  }

  /** One PATCH: all or nothing, checked in the order of the payload, so deletes stand first. */
  async apply(changes: readonly RawChange[], signal: AbortSignal): Promise<RawOutcome> {
    try {
      if (await this.#isOutdated(changes, signal)) {
        const message = `PowerDNS: ${this.zone} is no longer what it was when it was read`
        return { kind: 'outdated', error: new OutdatedError('Outdated', message) }
      }
    } catch (error) {
      signal.throwIfAborted()
      return this.#failed(toReconcileError(error), undefined)
    }
    return this.#neighbours.findObstacle(changes) ?? this.#patch(changes, signal)
  }

  async #patch(changes: readonly RawChange[], signal: AbortSignal): Promise<RawOutcome> {
    const deletes = changes.filter(({ next }) => next === undefined)
    const writes = changes.filter(({ next }) => next !== undefined)
    const rrsets = [...deletes, ...writes].map((change) =>
      formatPowerDnsChange(change, this.#bystanders.get(keyText(change.key)) ?? NO_BYSTANDERS),
    )
    this.#looked = undefined
    try {
      const answer = await this.#options.http.send(
        { method: 'PATCH', path: this.#options.path, body: { rrsets } },
        signal,
      )
      if (answer.status >= 300) return this.#failed(classify(this.#options, answer), answer)
      this.#ownSteps += 1
      return { kind: 'applied' }
    } catch (error) {
      signal.throwIfAborted()
      return this.#failed(toReconcileError(error), undefined)
    }
  }

  normalise(set: RawSet): RawSet {
    return { ...set, routing: undefined, options: undefined }
  }

  async #read(query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<readonly PowerDnsSet[]> {
    const answer = await this.#options.http.send({ method: 'GET', path: this.#options.path, query }, signal)
    if (answer.status !== 200) throw classify(this.#options, answer)
    return (this.#options.http.parseJson(answer) as { readonly rrsets: readonly PowerDnsSet[] }).rrsets
  }

  /** Each write moves the serial by at least one: where it moved by more than ours, somebody else wrote, or a new day has begun. */
  async #probe(signal: AbortSignal): Promise<string> {
    const ownSteps = this.#ownSteps
    const serial = await this.#readSerial(signal)
    this.#probed = { serial, ownSteps }
    this.#looked = 'Zone'
    return String(serial - ownSteps)
  }

  /** PATCH would write over what somebody made since the worker looked, as while a call before this one was under way. */
  async #isOutdated(changes: readonly RawChange[], signal: AbortSignal): Promise<boolean> {
    const names = [...new Set(changes.map(({ key }) => key.name))]
    if (this.#looked === 'Zone' || names.every((name) => name === this.#looked)) return false
    if (this.#probed !== undefined) return this.#hasMoved(this.#probed, signal)
    const present = new Map((await this.reread(names, signal)).map((set) => [keyText(set.key), set]))
    // The worker has not seen it.
    this.#looked = undefined
    return changes.some(({ key, previous }) => !isSameValue(previous, present.get(keyText(key))))
  }

  async #readZone(signal: AbortSignal): Promise<readonly RawSet[]> {
    const sets = await this.#read({}, signal)
    this.#looked = 'Zone'
    this.#bystanders.clear()
    this.#neighbours.learn(sets.flatMap((set) => parsePowerDnsNeighbour(set) ?? []))
    this.#cuts.learn(sets.flatMap(parsePowerDnsCut))
    return this.#hold(sets)
  }

  /** By more than our own writes since. The first one of a day may begin a serial of that day, which is counted from its date. */
  async #hasMoved({ serial, ownSteps }: Probed, signal: AbortSignal): Promise<boolean> {
    const steps = this.#ownSteps - ownSteps
    const now = await this.#readSerial(signal)
    const isOfNewDay = now % 100 === steps && now - steps - serial > WRITES_MEANWHILE
    return now - serial !== steps && !isOfNewDay
  }

  async #readSerial(signal: AbortSignal): Promise<number> {
    const { http, path } = this.#options
    const answer = await http.send({ method: 'GET', path, query: { rrsets: 'false' } }, signal)
    if (answer.status !== 200) throw classify(this.#options, answer)
    return (http.parseJson(answer) as { readonly serial: number }).serial
  }

  #hold(sets: readonly PowerDnsSet[]): readonly RawSet[] {
    const held = sets.map(parsePowerDnsSet).filter((set) => set !== undefined)
    for (const { key, bystanders } of held) this.#bystanders.set(keyText(key), bystanders)
    return held.map(({ set }) => set).filter((set) => set !== undefined)
  }

  #failed(error: ReconcileError, answer: HttpAnswer | undefined): RawOutcome {
    if (error.kind === 'transient') return { kind: 'unconfirmed', error }
    const culprit = answer === undefined ? undefined : findCulprit(messageOf(answer.text))
    return { kind: 'failed', error, ...(culprit === undefined ? {} : { culprit }) }
  }
}

export function classify(
  { zone, http }: Pick<PowerDnsZoneOptions, 'zone' | 'http'>,
  answer: HttpAnswer,
): ReconcileError {
  if (answer.status === 404) {
    return new TerminalError('ZoneNotFound', `PowerDNS has no zone ${zone}; create it, or check spec.powerdns.serverID`)
  }
  if (answer.status === 401) {
    return new TerminalError('CredentialsInvalid', 'PowerDNS refused the API key; check `apiKey` in the Secret')
  }
  const message = messageOf(answer.text)
  if (NO_COMMENTS.test(message)) {
    return new TerminalError(
      'ProviderRefused',
      `PowerDNS keeps no comments in the backend of ${zone}; set spec.ownership.registry: TXT in the DNSProvider to keep owners in TXT records`,
    )
  }
  return http.classify(answer, message)
}

function messageOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown }
    return typeof error === 'string' ? error : ''
  } catch {
    return ''
  }
}

/** PowerDNS names the set it stumbled over: "Record bad.example.test./A 'x': …", "RRset www.example.test. IN CNAME: …". */
function findCulprit(message: string): RecordKey | undefined {
  const [, text = '', type] = /(\S+)\.(?:\/| IN )(A|AAAA|ALIAS|CNAME|TXT)\b/.exec(message) ?? []
  const name = parseStoredName(text)
  return name === undefined || type === undefined ? undefined : { name, type: type as RecordType, setId: '' }
}
