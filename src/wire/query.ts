// Messages that ask, and the beginnings of answers. Ids come from the caller: guessing them must be hard.
import type { DnsRecord, Message, Question } from './message.ts'
import type { DnsType, Opcode, Rcode } from './numbers.ts'

export interface Request {
  readonly id: number
  readonly opcode: Opcode
  readonly questions: readonly Question[]
}

/** A request with nothing set that it does not say; recursion is not desired, as authoritative servers are asked. */
export function requestMessage({ id, opcode, questions }: Request): Message {
  return {
    id,
    response: false,
    opcode,
    authoritative: false,
    truncated: false,
    recursionDesired: false,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: 'NOERROR',
    questions,
    answers: [],
    authorities: [],
    additionals: [],
  }
}

/** Also asks for a whole zone: type AXFR. */
export function queryMessage(id: number, name: string, type: DnsType): Message {
  return requestMessage({ id, opcode: 'QUERY', questions: [{ name, type, class: 'IN' }] })
}

/** Tells a secondary that the zone has changed. */
export function notifyMessage(id: number, zone: string, soa: DnsRecord): Message {
  const questions = [{ name: zone, type: 'SOA', class: 'IN' }] as const
  return { ...requestMessage({ id, opcode: 'NOTIFY', questions }), authoritative: true, answers: [soa] }
}

/** An answer without records yet: what was asked, and how it went. */
export function replyTo(request: Message, rcode: Rcode): Message {
  const { id, opcode, questions, recursionDesired } = request
  return { ...requestMessage({ id, opcode, questions }), response: true, recursionDesired, rcode }
}
