// A zone as the messages of a transfer (RFC 5936): its SOA record, everything else, and the SOA record again.
import { encodeMessage, encodeRecord } from '../wire/encode-message.ts'
import type { DnsRecord, Message } from '../wire/message.ts'
import { replyTo } from '../wire/query.ts'
import { isNewerSerial } from '../wire/serial.ts'
import { nsRecords, recordsOf, soaRecord, type HostedZone } from './hosted-zone.ts'

/** Compression reaches back 16 KiB, and larger messages gain nothing. A record larger than this has a message to itself. */
const MESSAGE_BYTES = 16_000

/** The messages, made when they are asked for, of the zone as it is now. */
export function transferZone(query: Message, hosted: HostedZone): Iterable<Uint8Array> {
  const soa = soaRecord(hosted)
  // Both are read before anything else can happen: they belong together.
  const sets = hosted.served.all()
  return encodeAll(query, soa, isUpToDate(query, soa) ? [] : listRecords(hosted, soa, sets))
}

/** To the question for changes only (RFC 1995), that there are none is a short answer; otherwise the whole zone is one too. */
function isUpToDate(query: Message, soa: DnsRecord): boolean {
  if (query.questions[0]?.type !== 'IXFR') return false
  const known = query.authorities[0]?.data
  return known?.kind === 'SOA' && soa.data.kind === 'SOA' && !isNewerSerial(soa.data.serial, known.serial)
}

function* listRecords(
  hosted: HostedZone,
  soa: DnsRecord,
  sets: ReturnType<HostedZone['served']['all']>,
): Iterable<DnsRecord> {
  yield* nsRecords(hosted)
  for (const set of sets) yield* recordsOf(set)
  yield soa
}

function* encodeAll(query: Message, soa: DnsRecord, records: Iterable<DnsRecord>): Iterable<Uint8Array> {
  const head: Message = { ...replyTo(query, 'NOERROR'), authoritative: true }
  let answers = [soa]
  let bytes = 0
  let questions = query.questions
  for (const record of records) {
    const length = encodeRecord(record).length
    if (bytes + length > MESSAGE_BYTES && answers.length > 0) {
      yield encodeMessage({ ...head, questions, answers })
      answers = []
      bytes = 0
      questions = []
    }
    answers.push(record)
    bytes += length
  }
  yield encodeMessage({ ...head, questions, answers })
}
