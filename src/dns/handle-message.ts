// One message from the network to what is sent back. Pure but for what the zones hold: bytes in, bytes out, and never an error.
import type { Metrics } from '../telemetry/metrics.ts'
import { countQuestions, decodeHeader, receiveMessage, type ReceivedMessage } from '../wire/decode-message.ts'
import { ednsRecord, listEdns, type Edns } from '../wire/edns.ts'
import { encodeMessage, encodeWithin, LONGEST_MESSAGE } from '../wire/encode-message.ts'
import type { DnsRecord, Header, Message, Question } from '../wire/message.ts'
import { MalformedMessage } from '../wire/message-errors.ts'
import { isSameName } from '../wire/name.ts'
import type { Rcode } from '../wire/numbers.ts'
import { replyTo } from '../wire/query.ts'
import type { TsigKey } from '../wire/tsig-key.ts'
import { answerRejection, signMessage, tsigLength, TsigStreamSigner } from '../wire/tsig-sign.ts'
import { verifyMessage, type TsigRejection, type TsigVerdict } from '../wire/tsig-verify.ts'
import { answerQuery } from './answer-query.ts'
import type { HostedZone } from './hosted-zone.ts'
import type { Zones } from './zone-directory.ts'
import { transferZone } from './zone-transfer.ts'

const HEADER_LENGTH = 12
/** No question is longer, signature and all. */
export const LONGEST_QUESTION = 4_096
/** What passes every network in one piece. */
const UDP_BYTES = 1_232
const PLAIN_UDP_BYTES = 512
const BADVERS = 16

export type DnsOutcome = Parameters<Metrics['dnsQueries']>[0]['rcode']

export interface Circumstances {
  readonly transport: 'UDP' | 'TCP'
  /** The address of the asker. */
  readonly client: string
  readonly zones: Zones
  /** Seconds since the epoch, asked whenever something is signed: a transfer may take long. */
  readonly time: () => number
}

export type Handling =
  | { readonly kind: 'silence' }
  | { readonly kind: 'reply'; readonly bytes: Uint8Array; readonly outcome: DnsOutcome }
  | { readonly kind: 'transfer'; readonly zone: string; readonly messages: Iterable<Uint8Array> }

/** The asker's key and signature, when it signed. */
type Signed = Extract<TsigVerdict, { readonly kind: 'verified' }> | undefined

interface Asked {
  readonly message: Message
  readonly signed: Signed
  readonly edns: Edns | undefined
}

export function handleMessage(bytes: Uint8Array, circumstances: Circumstances): Handling {
  if (bytes.length < HEADER_LENGTH) return { kind: 'silence' }
  const header = decodeHeader(bytes)
  // Whoever answers answers would keep two servers talking for ever.
  if (header.response) return { kind: 'silence' }
  const received = isOneQuestion(bytes) ? receive(bytes) : undefined
  if (received === undefined) return refuseBriefly(header, header.opcode === 'QUERY' ? 'FORMERR' : 'NOTIMP')
  const verdict = verifyMessage(received, keysFor(received, circumstances.zones), { time: circumstances.time() })
  const { message } = received
  if (verdict.kind === 'rejected') return refuseSignature(received, verdict, circumstances)
  if (verdict.kind !== 'verified' && verdict.kind !== 'unsigned') return refuseBriefly(header, 'FORMERR')
  const signed = verdict.kind === 'verified' ? verdict : undefined
  const [edns, ...more] = listEdns(message)
  if (more.length > 0) return refuseBriefly(header, 'FORMERR')
  return handleQuery({ message, signed, edns }, circumstances)
}

/** As every message has that we know of (RFC 9619 §4): thousands of questions in one would take a second to read. */
function isOneQuestion(bytes: Uint8Array): boolean {
  return bytes.length <= LONGEST_QUESTION && countQuestions(bytes) === 1
}

function receive(bytes: Uint8Array): ReceivedMessage | undefined {
  try {
    return receiveMessage(bytes)
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined
    throw error
  }
}

/** Those of the zone that is asked for, and of no other: different people's zones may have keys of one name. */
function keysFor({ message }: ReceivedMessage, zones: Zones): readonly TsigKey[] {
  const [question] = message.questions
  const hosted = question && zones.find(question.name)
  return hosted?.secondaries.flatMap(({ key }) => key ?? []) ?? []
}

/** With a header and nothing else: what was not understood, or has no room, is not repeated. */
function refuseBriefly(header: Header, rcode: 'FORMERR' | 'NOTIMP' | 'NOTAUTH'): Handling {
  const nothing = { questions: [], answers: [], authorities: [], additionals: [] }
  const bytes = encodeWithin(replyTo({ ...header, ...nothing }, rcode), PLAIN_UDP_BYTES)
  return { kind: 'reply', bytes, outcome: rcode }
}

/**
 * Says what is wrong with the signature, which takes the names of the asker's key and algorithm in full. Who holds no key gets no more
 * bytes over UDP than it sent: it may have written somebody else's address on them.
 */
function refuseSignature(
  { message, bytes }: ReceivedMessage,
  rejection: TsigRejection,
  { transport, time }: Circumstances,
): Handling {
  const refusal = answerRejection(encodeMessage(replyTo(message, 'NOTAUTH')), rejection, time())
  const isStranger = rejection.error === 'BADKEY' || rejection.error === 'BADSIG'
  const udpBytes = isStranger ? Math.min(PLAIN_UDP_BYTES, bytes.length) : PLAIN_UDP_BYTES
  if (transport === 'UDP' && refusal.length > udpBytes) return refuseBriefly(message, 'NOTAUTH')
  return { kind: 'reply', bytes: refusal, outcome: 'NOTAUTH' }
}

function handleQuery(asked: Asked, circumstances: Circumstances): Handling {
  const { message, edns } = asked
  if (edns !== undefined && edns.version > 0) return reply(asked, replyTo(message, 'NOERROR'), circumstances, BADVERS)
  const [question] = message.questions
  const wantsTransfer = question?.type === 'AXFR' || question?.type === 'IXFR'
  if (wantsTransfer && message.opcode === 'QUERY') {
    return handleTransfer(asked, question, circumstances)
  }
  return reply(asked, answerQuery(message, circumstances.zones), circumstances)
}

function handleTransfer(asked: Asked, question: Question, circumstances: Circumstances): Handling {
  const { message, signed } = asked
  const hosted = question.class === 'IN' ? circumstances.zones.find(question.name) : undefined
  const atApex = hosted !== undefined && isSameName(question.name, hosted.served.zone)
  if (!atApex || !mayTransfer(hosted, signed, circumstances.client)) {
    return reply(asked, replyTo(message, 'REFUSED'), circumstances)
  }
  // A copy of a part would make every other name vanish.
  if (!hosted.served.isWhole) return reply(asked, replyTo(message, 'SERVFAIL'), circumstances)
  // A zone does not fit into a datagram: the SOA record alone says "come back over TCP" to IXFR; AXFR never comes this way.
  if (circumstances.transport === 'UDP') return reply(asked, truncate(message), circumstances)
  const messages = transferZone(message, hosted, answerEdns(asked))
  return { kind: 'transfer', zone: hosted.served.zone, messages: sign(messages, signed, circumstances.time) }
}

function truncate(message: Message): Message {
  return { ...replyTo(message, 'NOERROR'), authoritative: true, truncated: true }
}

/** A secondary with a key is known by its key from wherever it comes, one without by its address. */
function mayTransfer({ secondaries }: HostedZone, signed: Signed, client: string): boolean {
  return secondaries.some(({ host, key }) => {
    return key === undefined ? signed === undefined && host === client : signed !== undefined && isKey(key, signed.key)
  })
}

function isKey(a: TsigKey, b: TsigKey): boolean {
  return isSameName(a.name, b.name) && a.algorithm === b.algorithm
}

function* sign(messages: Iterable<Uint8Array>, signed: Signed, time: () => number): Iterable<Uint8Array> {
  const signer = signed && new TsigStreamSigner(signed.key, signed.mac)
  for (const message of messages) yield signer?.sign(message, time()) ?? message
}

/** As much as the asker can take, with EDNS for who used it and a signature for who signed. */
function reply(asked: Asked, answer: Message, circumstances: Circumstances, rcode = 0): Handling {
  const { transport, time } = circumstances
  const { signed, edns } = asked
  const whole = { ...answer, additionals: answerEdns(asked, rcode) }
  const room = transport === 'TCP' ? LONGEST_MESSAGE : udpRoom(edns)
  const unsigned = encodeWithin(whole, room - (signed === undefined ? 0 : tsigLength(signed.key)))
  const truncated = decodeHeader(unsigned).truncated
  const bytes = signed ? signMessage(unsigned, signed.key, { time: time(), requestMac: signed.mac }).bytes : unsigned
  return {
    kind: 'reply',
    bytes,
    outcome: rcode === BADVERS ? 'BADVERS' : truncated ? 'TRUNCATED' : nameOf(answer.rcode),
  }
}

function answerEdns({ edns }: Asked, rcode = 0): readonly DnsRecord[] {
  if (edns === undefined) return []
  return [ednsRecord({ ...edns, udpSize: UDP_BYTES, version: 0, options: [], extendedRcode: rcode >>> 4 })]
}

function udpRoom(edns: Edns | undefined): number {
  return edns === undefined ? PLAIN_UDP_BYTES : Math.min(UDP_BYTES, Math.max(PLAIN_UDP_BYTES, edns.udpSize))
}

/** Only codes that we give ourselves occur. */
function nameOf(rcode: Rcode): DnsOutcome {
  switch (rcode) {
    case 'NOERROR':
    case 'FORMERR':
    case 'NXDOMAIN':
    case 'NOTIMP':
    case 'REFUSED':
      return rcode
    default:
      return 'SERVFAIL'
  }
}
