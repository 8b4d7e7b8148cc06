// Folds the messages of a zone transfer into records: AXFR (RFC 5936), and IXFR (RFC 1995), which may be answered by a whole zone.
//
//   AXFR, or IXFR answered in whole   SOA  record…  SOA (the same)
//   IXFR, changes                     SOA  { SOA from  deleted…  SOA to  added… }…  SOA (the first again)
//   IXFR, nothing newer               SOA
import type { DnsRecord, Message } from './message.ts'
import { isNameWithin, isSameName } from './name.ts'
import { isNewerSerial } from './serial.ts'

export interface TransferRequest {
  readonly id: number
  readonly zone: string
  /** The serial we have, for IXFR; undefined for AXFR. */
  readonly since: number | undefined
  /** More are refused, so that no server fills our memory. */
  readonly maxRecords: number
}

export type TransferResult =
  /** The zone as it is; its SOA record stands apart. */
  | { readonly kind: 'whole'; readonly soa: DnsRecord; readonly records: readonly DnsRecord[] }
  | { readonly kind: 'changes'; readonly soa: DnsRecord; readonly steps: readonly TransferStep[] }
  | { readonly kind: 'unchanged'; readonly soa: DnsRecord }

/** From one version of the zone to the next. */
export interface TransferStep {
  readonly from: DnsRecord
  readonly to: DnsRecord
  readonly deleted: readonly DnsRecord[]
  readonly added: readonly DnsRecord[]
}

export type TransferFault =
  | 'NotTheAnswer'
  | 'Refused'
  | 'Truncated'
  | 'EmptyMessage'
  | 'MissingSoa'
  | 'WrongSerial'
  | 'OutsideZone'
  | 'RecordsAfterEnd'
  | 'TooManyRecords'

/** The transfer is of no use; what came before is not the zone. */
export class TransferError extends Error {
  readonly reason: TransferFault

  constructor(reason: TransferFault, problem: string) {
    super(`zone transfer: ${problem}`)
    this.name = 'TransferError'
    this.reason = reason
  }
}

/** Where in the order of records a transfer stands, and what follows from the next one. */
interface State {
  /** Set where a transfer may end. */
  readonly result?: TransferResult
  take(record: DnsRecord): State
}

export class ZoneTransfer {
  readonly #request: TransferRequest
  #state: State
  #records = 0

  constructor(request: TransferRequest) {
    this.#request = request
    this.#state = atStart(request)
  }

  /** The result once it is complete; undefined while more messages are to come. */
  accept(message: Message): TransferResult | undefined {
    const { zone, maxRecords } = this.#request
    checkMessage(message, this.#request)
    this.#records += message.answers.length
    if (this.#records > maxRecords) fail('TooManyRecords', `${zone} has more than ${maxRecords} records`)
    for (const record of message.answers) {
      const inZone = record.type === 'SOA' ? isSameName(record.name, zone) : isNameWithin(record.name, zone)
      if (!inZone) fail('OutsideZone', `${record.name} does not belong to ${zone}`)
      this.#state = this.#state.take(record)
    }
    return this.#state.result
  }
}

function fail(reason: TransferFault, problem: string): never {
  throw new TransferError(reason, problem)
}

function checkMessage(message: Message, { id, zone }: TransferRequest): void {
  const [question] = message.questions
  const answersUs = message.response && message.opcode === 'QUERY' && message.id === id
  // Only the first message of an answer has to repeat the question.
  if (!answersUs || (question !== undefined && !isSameName(question.name, zone))) {
    fail('NotTheAnswer', `a message that does not answer the request for ${zone}`)
  }
  if (message.rcode !== 'NOERROR') fail('Refused', `the server answers ${message.rcode} for ${zone}`)
  if (message.truncated) fail('Truncated', `a message of ${zone} is truncated`)
  if (message.answers.length === 0) fail('EmptyMessage', `a message of ${zone} has no records`)
}

/** The serial of an SOA record: such records, all of them the zone's own, are what divides a transfer. */
function serialOf({ data }: DnsRecord): number | undefined {
  return data.kind === 'SOA' ? data.serial : undefined
}

function atStart(request: TransferRequest): State {
  return {
    take(record) {
      if (serialOf(record) === undefined) fail('MissingSoa', `${request.zone} does not begin with its SOA record`)
      return afterFirstSoa(record, request.since)
    },
  }
}

function afterFirstSoa(soa: DnsRecord, since: number | undefined): State {
  const serial = serialOf(soa) ?? 0
  const current = since !== undefined && !isNewerSerial(serial, since)
  return {
    ...(current && { result: { kind: 'unchanged', soa } }),
    take(record) {
      const next = serialOf(record)
      if (next === undefined) return inWhole(soa, [record])
      if (since === undefined || next === serial) return inWhole(soa, []).take(record)
      return inDeleted({ soa, steps: [], previous: since }, record)
    },
  }
}

function inWhole(soa: DnsRecord, records: DnsRecord[]): State {
  return {
    take(record) {
      if (serialOf(record) !== undefined) {
        requireSerial(record, serialOf(soa))
        return atEnd({ kind: 'whole', soa, records })
      }
      records.push(record)
      return this
    },
  }
}

interface Changes {
  readonly soa: DnsRecord
  readonly steps: TransferStep[]
  /** The serial that the next step must start from. */
  readonly previous: number | undefined
}

function inDeleted(changes: Changes, from: DnsRecord): State {
  requireSerial(from, changes.previous)
  const deleted: DnsRecord[] = []
  return {
    take(record) {
      if (serialOf(record) !== undefined) return inAdded(changes, { from, to: record, deleted, added: [] })
      deleted.push(record)
      return this
    },
  }
}

function inAdded({ soa, steps }: Changes, step: TransferStep & { readonly added: DnsRecord[] }): State {
  return {
    take(record) {
      if (serialOf(record) === undefined) {
        step.added.push(record)
        return this
      }
      const to = serialOf(step.to)
      steps.push(step)
      if (to !== serialOf(soa)) return inDeleted({ soa, steps, previous: to }, record)
      requireSerial(record, to)
      return atEnd({ kind: 'changes', soa, steps })
    },
  }
}

function atEnd(result: TransferResult): State {
  return {
    result,
    take: ({ name }) => fail('RecordsAfterEnd', `${name} comes after the closing SOA record`),
  }
}

function requireSerial(soa: DnsRecord, expected: number | undefined): void {
  const serial = serialOf(soa)
  if (serial !== expected)
    fail('WrongSerial', `an SOA record has the serial ${serial} where ${expected} belongs; the zone changed meanwhile`)
}
