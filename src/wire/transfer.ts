// Folds the messages of a zone transfer (AXFR, RFC 5936) into records: those between the SOA record and the same one again.
import type { DnsRecord, Message } from './message.ts'
import { isNameWithin, isSameName } from './name.ts'

export interface TransferRequest {
  readonly id: number
  readonly zone: string
  /** More are refused, so that no server fills our memory. */
  readonly maxRecords: number
}

/** The zone as it is; its SOA record stands apart. */
export interface TransferredZone {
  readonly soa: DnsRecord
  readonly records: readonly DnsRecord[]
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

export class ZoneTransfer {
  readonly #request: TransferRequest
  readonly #records: DnsRecord[] = []
  #soa: DnsRecord | undefined
  #isComplete = false
  #received = 0

  constructor(request: TransferRequest) {
    this.#request = request
  }

  /** The zone once it is complete; undefined while more messages are to come. */
  accept(message: Message): TransferredZone | undefined {
    const { zone, maxRecords } = this.#request
    checkMessage(message, this.#request)
    this.#received += message.answers.length
    if (this.#received > maxRecords) fail('TooManyRecords', `${zone} has more than ${maxRecords} records`)
    for (const record of message.answers) this.#take(record)
    return this.#isComplete && this.#soa !== undefined ? { soa: this.#soa, records: this.#records } : undefined
  }

  #take(record: DnsRecord): void {
    const { zone } = this.#request
    const isInZone = record.type === 'SOA' ? isSameName(record.name, zone) : isNameWithin(record.name, zone)
    if (!isInZone) fail('OutsideZone', `${record.name} does not belong to ${zone}`)
    if (this.#isComplete) fail('RecordsAfterEnd', `${record.name} comes after the closing SOA record`)
    const serial = serialOf(record)
    if (this.#soa === undefined) {
      if (serial === undefined) fail('MissingSoa', `${zone} does not begin with its SOA record`)
      this.#soa = record
    } else if (serial === undefined) {
      this.#records.push(record)
    } else {
      requireSerial(serial, serialOf(this.#soa))
      this.#isComplete = true
    }
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

/** The serial of an SOA record: such records, all of them the zone's own, are what begins and ends a transfer. */
function serialOf({ data }: DnsRecord): number | undefined {
  return data.kind === 'SOA' ? data.serial : undefined
}

function requireSerial(serial: number, expected: number | undefined): void {
  if (serial !== expected)
    fail('WrongSerial', `an SOA record has the serial ${serial} where ${expected} belongs; the zone changed meanwhile`)
}
