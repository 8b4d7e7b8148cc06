// A zone as the messages of a transfer (RFC 5936): its SOA record, everything else, and the SOA record again.
import { encodeMessage, encodeRecord } from '../wire/encode-message.ts'
import type { DnsRecord, Message } from '../wire/message.ts'
import { replyTo } from '../wire/query.ts'
import { isNewerSerial } from '../wire/serial.ts'
import { nsRecords, recordsOf, soaRecord, type HostedZone } from './hosted-zone.ts'

/** Compression reaches back 16 KiB, and larger messages gain nothing. A record larger than this has a message to itself. */
const MESSAGE_BYTES = 16_000

/** The messages, made when they are asked for, of the zone as it is now. `about` stands in the first (RFC 5936 §2.2.5). */
export function transferZone(query: Message, hosted: HostedZone, about: readonly DnsRecord[]): Iterable<Uint8Array> {
  const soa = soaRecord(hosted)
  // Both are read before anything else can happen: they belong together.
  const sets = hosted.served.all()
  const first: Message = { ...replyTo(query, 'NOERROR'), authoritative: true, answers: [soa], additionals: about }
  return encodeAll(first, isUpToDate(query, soa) ? [] : listRecords(hosted, soa, sets))
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

/** `first` is the first message, with those of its answers that stand before the records. */
function* encodeAll(first: Message, records: Iterable<DnsRecord>): Iterable<Uint8Array> {
  let head = first
  let answers = [...first.answers]
  let bytes = 0
  for (const record of records) {
    const length = encodeRecord(record).length
    if (bytes + length > MESSAGE_BYTES && answers.length > 0) {
      yield encodeMessage({ ...head, answers })
      head = { ...first, questions: [], additionals: [] }
      answers = []
      bytes = 0
    }
    answers.push(record)
    bytes += length
  }
  yield encodeMessage({ ...head, answers })
}
