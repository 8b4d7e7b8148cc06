import { TerminalError, toReconcileError, type ReconcileError } from '../../model/errors.ts'
import { parseStoredName, type Fqdn } from '../../model/name.ts'
import { keyText, type RecordKey, type RecordType } from '../../model/record-set.ts'
import { CAPABILITIES } from '../capabilities.ts'
import type { HttpAnswer, HttpClient } from '../http/http-client.ts'
import { cutBatches } from '../cut-batches.ts'
import { Neighbours } from '../neighbours.ts'
import type { RawChange, RawOutcome, RawSet, RawUnit, RawZone } from '../raw-zone.ts'
import {
  formatPowerDnsChange,
  NO_BYSTANDERS,
  parsePowerDnsNeighbour,
  parsePowerDnsSet,
  type Bystanders,
  type PowerDnsSet,
} from './powerdns-records.ts'

/** A PATCH is parsed as a whole in a server with a body limit of 2 MB by default. */
const UNITS_PER_CALL = 2_000

/** LMDB of version 4, for instance. */
const NO_COMMENTS = /does not support editing comments/

export interface PowerDnsZoneOptions {
  readonly zone: Fqdn
  readonly http: HttpClient
  readonly path: string
  /** Whether the zone's serial counts the changes that are made by the API, and so can be probed. */
  readonly serialCounts: boolean
}

export class PowerDnsZone implements RawZone {
  readonly capabilities = CAPABILITIES.PowerDNS
  readonly comparesAndSwaps = false
  readonly probe: RawZone['probe']
  readonly #options: PowerDnsZoneOptions
  readonly #neighbours = new Neighbours()
  #bystanders = new Map<string, Bystanders>()
  /** By how many steps of the serial our own writes have moved it. */
  #ownSteps = 0

  constructor(options: PowerDnsZoneOptions) {
    this.#options = options
    this.probe = options.serialCounts ? (signal): Promise<string> => this.#countOtherSteps(signal) : undefined
  }

  get zone(): Fqdn {
    return this.#options.zone
  }

  async *list(signal: AbortSignal): AsyncGenerator<readonly RawSet[]> {
    const sets = await this.#read({}, signal)
    this.#bystanders.clear()
    this.#neighbours.learn(sets.flatMap((set) => parsePowerDnsNeighbour(set) ?? []))
    yield this.#hold(sets)
  }

  async reread(names: readonly Fqdn[], signal: AbortSignal): Promise<readonly RawSet[]> {
    const found: PowerDnsSet[] = []
    for (const name of names) found.push(...(await this.#read({ rrset_name: `${name}.` }, signal)))
    const asked: ReadonlySet<string> = new Set(names)
    this.#neighbours.learn(
      found.flatMap((set) => parsePowerDnsNeighbour(set) ?? []),
      names,
    )
    for (const text of [...this.#bystanders.keys()])
      if (asked.has(text.slice(0, text.indexOf(' ')))) this.#bystanders.delete(text)
    return this.#hold(found)
  }

  batch(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
    return cutBatches(units, { nameOf: ([own]) => own?.key.name, sizeOf: () => 1, room: UNITS_PER_CALL })
  }

  /** One PATCH: all or nothing, checked in the order of the payload, so deletes stand first. */
  async apply(changes: readonly RawChange[], signal: AbortSignal): Promise<RawOutcome> {
    const obstacle = this.#neighbours.findObstacle(changes)
    if (obstacle !== undefined) return obstacle
    const deletes = changes.filter(({ next }) => next === undefined)
    const writes = changes.filter(({ next }) => next !== undefined)
    const rrsets = [...deletes, ...writes].map((change) =>
      formatPowerDnsChange(change, this.#bystanders.get(keyText(change.key)) ?? NO_BYSTANDERS),
    )
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
  async #countOtherSteps(signal: AbortSignal): Promise<string> {
    const own = this.#ownSteps
    const answer = await this.#options.http.send(
      { method: 'GET', path: this.#options.path, query: { rrsets: 'false' } },
      signal,
    )
    if (answer.status !== 200) throw classify(this.#options, answer)
    return String((this.#options.http.parseJson(answer) as { readonly serial: number }).serial - own)
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
