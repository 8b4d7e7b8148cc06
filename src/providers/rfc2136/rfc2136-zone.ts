import { TerminalError, toReconcileError, TransientError, type ReconcileError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import { describeKey, keyText, type RecordKey } from '../../model/record-set.ts'
import type { ZoneCut } from '../../model/zone.ts'
import type { DnsRecord, Message, TypedData } from '../../wire/message.ts'
import type { Rcode } from '../../wire/numbers.ts'
import { queryMessage } from '../../wire/query.ts'
import { TransferError, ZoneTransfer, type TransferredZone } from '../../wire/transfer.ts'
import { updateMessage } from '../../wire/update.ts'
import type { Purpose } from '../call-gate.ts'
import { CAPABILITIES } from '../capabilities.ts'
import { LostAnswerError } from '../http/http-client.ts'
import { cutBatches } from '../cut-batches.ts'
import type { RawChange, RawOutcome, RawSet, RawUnit, RawZone } from '../raw-zone.ts'
import { ZoneCuts } from '../zone-cuts.ts'
import { updateDenied } from '../update-denied.ts'
import { UnsignedAnswerError, UntrustedAnswerError, type DnsClient } from './dns-client.ts'
import { dataOfAll, findCuts, groupDnsRecords, groupOtherTypes } from './dns-records.ts'
import { MOST_ALIAS_REQUIREMENTS, deriveUpdate, findUnencodable } from './update-records.ts'

/** A message over TCP holds 65,535 bytes; the signature and the header need some. */
const BYTES_PER_MESSAGE = 60_000
const MOST_RECORDS = 1_000_000

export class Rfc2136Zone implements RawZone {
  readonly capabilities = CAPABILITIES.RFC2136
  readonly comparesAndSwaps = true
  readonly zone: Fqdn
  readonly #client: DnsClient
  #stored = new Map<string, readonly [TypedData, ...TypedData[]]>()
  readonly #cuts: ZoneCuts
  #others: ReadonlyMap<Fqdn, readonly string[]> = new Map()

  constructor(zone: Fqdn, client: DnsClient) {
    this.zone = zone
    this.#cuts = new ZoneCuts(zone)
    this.#client = client
  }

  async *list(signal: AbortSignal): AsyncGenerator<readonly RawSet[]> {
    const groups = groupDnsRecords(await this.#transfer(signal))
    this.#stored = new Map(groups.map(({ set, data }) => [keyText(set.key), data]))
    yield groups.map(({ set }) => set)
  }

  /**
   * A transfer costs one call however many names there are; asking for a name costs one for each of its types. Only the asked names
   * are learnt: what is required of the others in an update must be what their change was planned on.
   */
  async reread(names: readonly Fqdn[], signal: AbortSignal): Promise<readonly RawSet[]> {
    const asked: ReadonlySet<string> = new Set(names)
    const found = groupDnsRecords(await this.#transfer(signal)).filter(({ set }) => asked.has(set.key.name))
    for (const text of [...this.#stored.keys()]) if (asked.has(nameIn(text))) this.#stored.delete(text)
    for (const { set, data } of found) this.#stored.set(keyText(set.key), data)
    return found.map(({ set }) => set)
  }

  readonly cutAbove = (key: RecordKey): ZoneCut | undefined => this.#cuts.above(key)

  readonly othersAt = (name: Fqdn): readonly string[] => this.#others.get(name) ?? []

  readonly probe = async (signal: AbortSignal): Promise<string> => String(await this.readSerial('Work', signal))

  async readSerial(purpose: Purpose, signal: AbortSignal): Promise<number> {
    const answer = await this.#client
      .ask(queryMessage(this.#client.nextId(), this.zone, 'SOA'), purpose, signal)
      .catch((error: unknown) => {
        // Some servers do not sign that they have no such zone.
        const disowned =
          error instanceof UnsignedAnswerError && (error.rcode === 'NOTAUTH' || error.rcode === 'REFUSED')
        throw disowned ? this.#zoneNotFound() : error
      })
    const soa = answer.answers.find(({ data }) => data.kind === 'SOA')?.data
    if (answer.rcode === 'SERVFAIL') throw this.#refusal(answer.rcode, 'read')
    if (soa?.kind !== 'SOA' || !answer.authoritative) throw this.#zoneNotFound()
    return soa.serial
  }

  batch(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
    const changes = units.flat()
    const vacated = new Set(changes.filter(({ next }) => next === undefined).map(({ key }) => key.name))
    return cutBatches(units, {
      nameOf: ([own]) => own?.key.name,
      sizeOf: (unit) => unit.reduce((sum, change) => sum + this.#sizeOf(change, vacated), 0),
      room: BYTES_PER_MESSAGE,
    })
  }

  async apply(changes: readonly RawChange[], signal: AbortSignal, units: readonly RawUnit[]): Promise<RawOutcome> {
    const bad = findUnencodable(changes)
    if (bad !== undefined) {
      const error = new TerminalError(
        'InvalidSpec',
        `${bad.next?.values.join(', ') ?? ''} cannot be stored as ${bad.key.type}`,
      )
      return { kind: 'failed', error, culprit: bad.key }
    }
    const { prerequisites, updates } = deriveUpdate(changes, ({ ...key }) => this.#stored.get(keyText(key)))
    const message = updateMessage({ id: this.#client.nextId(), zone: this.zone, prerequisites, updates })
    try {
      const { rcode } = await this.#client.ask(message, 'Work', signal)
      return this.#judge(rcode, changes, units)
    } catch (error) {
      signal.throwIfAborted()
      const known = toReconcileError(error)
      // An answer that cannot be trusted says nothing of what was done.
      const open = error instanceof LostAnswerError || error instanceof UntrustedAnswerError
      return { kind: open ? 'unconfirmed' : 'failed', error: known }
    }
  }

  normalise(set: RawSet): RawSet {
    return { ...set, routing: undefined, options: undefined, note: undefined }
  }

  async #transfer(signal: AbortSignal): Promise<readonly DnsRecord[]> {
    const request = queryMessage(this.#client.nextId(), this.zone, 'AXFR')
    const transfer = new ZoneTransfer({ id: request.id, zone: this.zone, maxRecords: MOST_RECORDS })
    let whole: TransferredZone | undefined
    const take = (answer: Message): boolean => {
      try {
        whole = transfer.accept(answer)
        return whole !== undefined
      } catch (error) {
        throw this.#transferFailed(error, answer.rcode)
      }
    }
    await this.#client.askMany(request, take, signal)
    if (whole === undefined) {
      const message = `the transfer of ${this.zone} from ${this.#client.name} did not end`
      throw new TransientError('ProviderUnavailable', message)
    }
    this.#others = groupOtherTypes(whole.records)
    this.#cuts.learn(findCuts(whole.records))
    return whole.records
  }

  #judge(rcode: Rcode, changes: readonly RawChange[], units: readonly RawUnit[]): RawOutcome {
    if (rcode === 'NOERROR') {
      for (const change of changes) this.#learn(change)
      return { kind: 'applied' }
    }
    if (rcode === 'YXRRSET' || rcode === 'NXRRSET' || rcode === 'YXDOMAIN' || rcode === 'NXDOMAIN') {
      const about = units.length === 1 ? changes.map(({ key }) => describeKey(key)).join(' or ') : this.zone
      return {
        kind: 'outdated',
        error: new TransientError('Outdated', `${about} is no longer what it was when it was read`),
      }
    }
    // The answer is signed where updates are, so the key is known there: it may be kept from some names or types only.
    if (rcode === 'REFUSED') return updateDenied(this.zone, (what) => this.#describeDenial(what))
    const error = this.#refusal(rcode, 'update')
    return error.kind === 'transient' ? { kind: 'unconfirmed', error } : { kind: 'failed', error }
  }

  #learn({ key, previous, next }: RawChange): void {
    const text = keyText(key)
    const [first, ...rest] = dataOfAll(key.type, next?.values ?? [], previous && this.#stored.get(text))
    if (first === undefined) this.#stored.delete(text)
    else this.#stored.set(text, [first, ...rest])
  }

  #transferFailed(error: unknown, rcode: Rcode): ReconcileError {
    const refused = error instanceof TransferError && error.reason === 'Refused'
    if (refused && rcode !== 'SERVFAIL') return this.#refusal(rcode, 'transfer')
    const problem = error instanceof Error ? error.message : String(error)
    return new TransientError(
      'ProviderUnavailable',
      `${this.zone} could not be read from ${this.#client.name}: ${problem}`,
    )
  }

  #refusal(rcode: Rcode, what: 'read' | 'transfer' | 'update'): ReconcileError {
    const where = `the name server ${this.#client.name}`
    if (rcode === 'SERVFAIL')
      return new TransientError('ProviderUnavailable', `${where} failed to ${what} ${this.zone} (SERVFAIL)`)
    if (rcode === 'REFUSED') {
      return new TerminalError(
        'CredentialsInvalid',
        `${where} refused to ${what} ${this.zone}; let the key ${what} the zone there (allow-transfer, an ACL)`,
      )
    }
    if (rcode === 'NOTAUTH') return what === 'update' ? this.#notAllowed() : this.#zoneNotFound()
    return new TerminalError('ProviderRefused', `${where} refused to ${what} ${this.zone} (${String(rcode)})`)
  }

  #describeDenial(what: string): string {
    return `the name server ${this.#client.name} refused to update ${what}; let the key update such names and types there (update-policy, allow-update, an ACL)`
  }

  #notAllowed(): TerminalError {
    return new TerminalError(
      'CredentialsInvalid',
      `the name server ${this.#client.name} is not primary for ${this.zone}, or does not know the key; check spec.rfc2136.server and the Secret`,
    )
  }

  #zoneNotFound(): TerminalError {
    return new TerminalError(
      'ZoneNotFound',
      `the name server ${this.#client.name} is not authoritative for ${this.zone}; check spec.zones and spec.rfc2136.server`,
    )
  }

  /** From above: names are sent compressed, and prerequisites repeat what is stored. */
  #sizeOf({ key, previous, next }: RawChange, vacated: ReadonlySet<Fqdn>): number {
    const label = key.name.length - this.zone.length + 14
    const stored = previous?.values.reduce((sum, value) => sum + label + Buffer.byteLength(value), 0) ?? 2 * label
    const wanted = next?.values.reduce((sum, value) => sum + label + Buffer.byteLength(value) + 2, label) ?? label
    const takesOver = key.type === 'CNAME' && next !== undefined && vacated.has(key.name)
    return stored + wanted + (takesOver ? MOST_ALIAS_REQUIREMENTS * label : 0)
  }
}

function nameIn(text: string): string {
  return text.slice(0, text.indexOf(' '))
}
