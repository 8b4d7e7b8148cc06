import { describe, expect, it } from 'vitest'
import { hostedZone, openStore, type SetText } from '../../test/support/hosted-zones.ts'
import { createSeededRandom } from '../../test/support/seeded-random.ts'
import { decodeMessage, receiveMessage } from '../wire/decode-message.ts'
import { ednsRecord, listEdns } from '../wire/edns.ts'
import { encodeMessage } from '../wire/encode-message.ts'
import { internetRecord, type Message } from '../wire/message.ts'
import type { Opcode } from '../wire/numbers.ts'
import { queryMessage, replyTo, requestMessage } from '../wire/query.ts'
import { ZoneTransfer, type TransferredZone } from '../wire/transfer.ts'
import type { TsigKey } from '../wire/tsig-key.ts'
import { signMessage } from '../wire/tsig-sign.ts'
import { TsigStreamVerifier, verifyMessage } from '../wire/tsig-verify.ts'
import { handleMessage, type Circumstances, type Handling } from './handle-message.ts'
import { soaRecord } from './hosted-zone.ts'
import { ZoneDirectory } from './zone-directory.ts'

const TIME = 1_795_000_000
const key: TsigKey = { name: 'transfer.key', algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 7) }
const wrongKey: TsigKey = { ...key, secret: Buffer.alloc(32, 8) }
const many = Array.from({ length: 60 }, (_, at) => `192.0.2.${at}`)
const SETS: readonly SetText[] = [
  ['www', 'A', '192.0.2.1'],
  ['many', 'A', ...many],
  ['long', 'TXT', 'x'.repeat(60_000)],
]
const zone = hostedZone(await openStore('example.test', SETS), [
  { host: '192.0.2.53', port: 53, key: undefined },
  { host: '192.0.2.54', port: 53, key },
])
const zones = new ZoneDirectory()
zones.add(zone)

function handle(message: Uint8Array | Message, more: Partial<Circumstances> = {}): Handling {
  const bytes = message instanceof Uint8Array ? message : encodeMessage(message)
  return handleMessage(bytes, { transport: 'UDP', client: '127.0.0.1', zones, time: () => TIME, ...more })
}

function replyIn(handling: Handling): Uint8Array {
  if (handling.kind !== 'reply') throw new Error(`${handling.kind} where a reply was expected`)
  return handling.bytes
}

const ask = (message: Message, more: Partial<Circumstances> = {}): Message =>
  decodeMessage(replyIn(handle(message, more)))
const withEdns = (message: Message, udpSize: number, version = 0): Message => {
  const record = ednsRecord({
    udpSize,
    version,
    dnssecOk: true,
    options: [{ code: 10, bytes: Buffer.alloc(8) }],
    extendedRcode: 0,
  })
  return { ...message, additionals: [record] }
}

describe('a message', () => {
  it.each<[string, Uint8Array]>([
    ['that is no header', new Uint8Array(11)],
    ['that is an answer', encodeMessage(replyTo(queryMessage(1, 'example.test', 'A'), 'NOERROR'))],
  ])('%s is not answered', (_, bytes) => {
    expect(handle(bytes)).toEqual({ kind: 'silence' })
  })

  it('that is cut short is answered with its id and nothing that was not understood', () => {
    const answer = decodeMessage(replyIn(handle(encodeMessage(queryMessage(0x1234, 'example.test', 'A')).slice(0, 20))))
    expect(answer).toMatchObject({ id: 0x1234, response: true, rcode: 'FORMERR', questions: [] })
  })

  it('of another kind is not understood even when it is damaged', () => {
    const update = encodeMessage(
      requestMessage({ id: 1, opcode: 'UPDATE', questions: [{ name: 'example.test', type: 'SOA', class: 'IN' }] }),
    )
    expect(decodeMessage(replyIn(handle(update.slice(0, 15)))).rcode).toBe('NOTIMP')
  })
})

describe('a message that is more than one question', () => {
  const question = { name: `${'x'.repeat(63)}.example.test`, type: 'A', class: 'IN' } as const
  const asking = (opcode: Opcode, count: number): Message =>
    requestMessage({ id: 7, opcode, questions: Array.from({ length: count }, () => question) })
  const padding = { ...internetRecord('example.test', 0, { kind: 'TXT', strings: [Buffer.alloc(255)] }) }

  it.each<[string, Message, string]>([
    ['two of them', asking('QUERY', 2), 'FORMERR'],
    ['ten thousand of them', asking('QUERY', 10_000), 'FORMERR'],
    ['none', asking('QUERY', 0), 'FORMERR'],
    ['an update of two zones', asking('UPDATE', 2), 'NOTIMP'],
    ['a session, which asks nothing', asking('STATUS', 0), 'NOTIMP'],
    [
      'one, and more than any signature takes',
      { ...asking('QUERY', 1), additionals: Array(16).fill(padding) },
      'FORMERR',
    ],
  ])('%s, is refused without repeating any of it', (_, message, rcode) => {
    for (const transport of ['UDP', 'TCP'] as const) {
      const bytes = replyIn(handle(message, { transport }))
      expect([bytes.length, decodeMessage(bytes)]).toMatchObject([12, { id: 7, rcode, questions: [] }])
    }
  })
})

describe('an answer over UDP', () => {
  it('has at most 512 bytes for who says nothing of its size', () => {
    const bytes = replyIn(handle(queryMessage(1, 'many.example.test', 'A')))
    expect(bytes.length).toBeLessThanOrEqual(512)
    expect(decodeMessage(bytes)).toMatchObject({ truncated: true, answers: [], rcode: 'NOERROR' })
    expect(handle(queryMessage(1, 'many.example.test', 'A'))).toMatchObject({ outcome: 'TRUNCATED' })
  })

  it.each([
    [100, 512],
    [800, 800],
    [4_096, 1_232],
  ])('has for who takes %i bytes at most %i', (udpSize, most) => {
    const bytes = replyIn(handle(withEdns(queryMessage(1, 'many.example.test', 'A'), udpSize)))
    expect(bytes.length).toBeLessThanOrEqual(most)
    expect(decodeMessage(bytes).answers).toHaveLength(most === 1_232 ? 60 : 0)
  })

  it('is whole over TCP', () => {
    const answer = ask(queryMessage(1, 'long.example.test', 'TXT'), { transport: 'TCP' })
    expect([answer.truncated, answer.answers.length]).toEqual([false, 1])
  })
})

describe('EDNS', () => {
  it('is answered with EDNS, without the options that we do not know', () => {
    const [edns] = listEdns(ask(withEdns(queryMessage(1, 'www.example.test', 'A'), 4_096)))
    expect(edns).toEqual({ udpSize: 1_232, version: 0, dnssecOk: true, options: [], extendedRcode: 0 })
    expect(listEdns(ask(queryMessage(1, 'www.example.test', 'A')))).toEqual([])
  })

  it('of a later version is answered BADVERS', () => {
    const answer = ask(withEdns(queryMessage(1, 'www.example.test', 'A'), 4_096, 1))
    // 16, of which the message itself holds the lower four bits.
    expect(listEdns(answer)).toMatchObject([{ extendedRcode: 1, version: 0 }])
    expect(answer).toMatchObject({ rcode: 'NOERROR', answers: [] })
  })

  it('twice is an error', () => {
    const once = withEdns(queryMessage(1, 'www.example.test', 'A'), 4_096)
    expect(ask({ ...once, additionals: [...once.additionals, ...once.additionals] }).rcode).toBe('FORMERR')
  })
})

describe('a signed question', () => {
  const question = encodeMessage(queryMessage(9, 'www.example.test', 'A'))

  it('has a signed answer', () => {
    const request = signMessage(question, key, { time: TIME })
    const answer = receiveMessage(replyIn(handle(request.bytes)))
    expect(verifyMessage(answer, [key], { time: TIME, requestMac: request.mac }).kind).toBe('verified')
    expect(answer.message.answers).toHaveLength(1)
  })

  it.each([
    ['with another secret', wrongKey, TIME, 'BADSIG'],
    ['with a key that nobody has', { ...key, name: 'other.key' }, TIME, 'BADKEY'],
    ['long ago', key, TIME - 1_000, 'BADTIME'],
  ] as const)('%s is refused, and learns why', (_, signer, time, error) => {
    const answer = decodeMessage(replyIn(handle(signMessage(question, signer, { time }).bytes)))
    expect(answer).toMatchObject({ rcode: 'NOTAUTH', answers: [] })
    expect(answer.additionals.map(({ data }) => data.kind === 'TSIG' && data.error)).toEqual([error])
  })
})

describe('a signature that is refused', () => {
  const longName = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(61)).join('.')

  /** Signed with a key and an algorithm of the question's own name, each written as a pointer to it. */
  function pointing(name: string): Uint8Array {
    const question = encodeMessage(queryMessage(1, name, 'A'))
    const tsig = Buffer.from('c00c00fa00ff000000000012c00c000000000001012c0000000100000000', 'hex')
    question[11] = 1
    return Buffer.concat([question, tsig])
  }

  it.each([
    ['over UDP is answered with no more than was sent', 'UDP', 12],
    ['over TCP with the reason, however long the names are', 'TCP', 3 * 249 + 42],
  ] as const)('%s', (_, transport, length) => {
    const bytes = replyIn(handle(pointing(longName), { transport }))
    expect([bytes.length, decodeMessage(bytes).rcode]).toEqual([length, 'NOTAUTH'])
    expect(replyIn(handle(pointing('example.test'), { transport: 'UDP' }))).toHaveLength(12)
  })

  it('over UDP has at most 512 bytes also for who holds the key', () => {
    const own = { ...key, name: longName }
    const directory = new ZoneDirectory()
    directory.add({ ...zone, secondaries: [{ host: '192.0.2.53', port: 53, key: own }] })
    const question = encodeMessage(
      queryMessage(1, `${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.example.test`, 'A'),
    )
    const { bytes } = signMessage(question, own, { time: TIME - 1_000 })
    expect(replyIn(handle(bytes, { zones: directory })).length).toBeLessThanOrEqual(512)
  })
})

describe('a zone that is not yet known whole', () => {
  const served = { ...zone.served, zone: zone.served.zone, isWhole: false, lookup: () => [], all: () => [] }
  const directory = new ZoneDirectory()
  directory.add({ ...zone, served: { ...served, serial: 1, onChange: () => () => undefined } })

  it.each(['A', 'SOA', 'AXFR', 'IXFR'] as const)('says nothing of itself, asked for %s', (type) => {
    const query = queryMessage(1, 'example.test', type)
    const answer = ask(query, { transport: 'TCP', client: '192.0.2.53', zones: directory })
    expect(answer).toMatchObject({ rcode: 'SERVFAIL', authoritative: false, answers: [], authorities: [] })
  })

  it('still copies itself to nobody else', () => {
    const answer = ask(queryMessage(1, 'example.test', 'AXFR'), { transport: 'TCP', zones: directory })
    expect(answer.rcode).toBe('REFUSED')
  })
})

describe('a transfer', () => {
  const query = queryMessage(5, 'example.test', 'AXFR')
  const fromSecondary = { transport: 'TCP', client: '192.0.2.53' } as const

  function messagesIn(handling: Handling): readonly Message[] {
    if (handling.kind !== 'transfer') throw new Error(`${handling.kind} where a transfer was expected`)
    return Array.from(handling.messages, (bytes) => decodeMessage(bytes))
  }

  /** Puts the messages together as a secondary does. */
  function transfer(handling: Handling): TransferredZone {
    const whole = new ZoneTransfer({ id: 5, zone: 'example.test', maxRecords: 1_000 })
    const results = messagesIn(handling).map((message) => whole.accept(message))
    expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true)
    const last = results.at(-1)
    if (last === undefined) throw new Error('the transfer has no end')
    return last
  }

  it('is the whole zone between its SOA records', () => {
    const result = transfer(handle(query, fromSecondary))
    expect(result.soa).toEqual(soaRecord(zone))
    const names = result.records.map(({ name, type }) => `${name} ${type}`)
    expect(names.filter((name) => name.endsWith(' NS'))).toHaveLength(2)
    expect(names.filter((name) => name === 'many.example.test A')).toHaveLength(60)
    expect(result.records).toHaveLength(64)
  })

  it('in answer to the question for changes is the whole zone, or that there are none', () => {
    const { serial } = soaData()
    expect(transfer(handle(changesSince(serial - 1), fromSecondary))).toEqual(transfer(handle(query, fromSecondary)))
    for (const known of [serial, serial + 1]) {
      const messages = messagesIn(handle(changesSince(known), fromSecondary))
      expect(messages.map(({ answers }) => answers)).toEqual([[soaRecord(zone)]])
    }
  })

  it('has EDNS in its first message for who used it', () => {
    const handling = handle(withEdns(query, 1_232), fromSecondary)
    if (handling.kind !== 'transfer') throw new Error(handling.kind)
    const seen = Array.from(handling.messages, (bytes) => listEdns(decodeMessage(bytes)).length)
    expect(seen).toEqual([1, ...seen.slice(1).map(() => 0)])
    expect(seen.length).toBeGreaterThan(1)
  })

  it('is signed all the way for who signed', () => {
    const request = signMessage(encodeMessage(query), key, { time: TIME })
    const handling = handle(request.bytes, { transport: 'TCP', client: '198.51.100.1' })
    if (handling.kind !== 'transfer') throw new Error(handling.kind)
    const verifier = new TsigStreamVerifier(key, request.mac)
    const verdicts = [...handling.messages].map((bytes) => verifier.accept(receiveMessage(bytes), TIME).kind)
    expect(verdicts.length).toBeGreaterThan(1)
    expect(new Set(verdicts)).toEqual(new Set(['verified']))
  })

  it('has in each message the time it was signed at, however long the whole takes', () => {
    const request = signMessage(encodeMessage(query), key, { time: TIME })
    let now = TIME
    const handling = handle(request.bytes, { transport: 'TCP', client: '198.51.100.1', time: () => now })
    if (handling.kind !== 'transfer') throw new Error(handling.kind)
    const verifier = new TsigStreamVerifier(key, request.mac)
    const verdicts: string[] = []
    for (const bytes of handling.messages) {
      verdicts.push(verifier.accept(receiveMessage(bytes), now).kind)
      now += 240
    }
    expect(verdicts.length).toBeGreaterThan(2)
    expect(new Set(verdicts)).toEqual(new Set(['verified']))
  })

  it('is what the zone was when it began', async () => {
    const store = await openStore('example.test', [['a', 'A', '192.0.2.1']])
    const directory = new ZoneDirectory()
    directory.add(hostedZone(store, zone.secondaries))
    const handling = handle(query, { ...fromSecondary, zones: directory })
    await store.commit(store.all().map((set) => ({ key: set.key, previous: set, next: undefined })))
    const result = transfer(handling)
    expect(result.records.map(({ name }) => name)).toContain('a.example.test')
    expect(result.soa.data).toMatchObject({ serial: 8 })
  })

  it.each<[string, Message, Partial<Circumstances>]>([
    ['a stranger', query, { transport: 'TCP' }],
    ['the address of a secondary that has a key', query, { transport: 'TCP', client: '192.0.2.54' }],
    ['who asks for a part of the zone', queryMessage(5, 'www.example.test', 'AXFR'), fromSecondary],
    ['who asks for another zone', queryMessage(5, 'elsewhere.test', 'AXFR'), fromSecondary],
    [
      'who asks for another class',
      { ...query, questions: [{ name: 'example.test', type: 'AXFR', class: 'CH' }] },
      fromSecondary,
    ],
  ])('is refused to %s', (_, message, more) => {
    expect(ask(message, more)).toMatchObject({ rcode: 'REFUSED', answers: [] })
  })

  it('knows no key of another zone', () => {
    const directory = new ZoneDirectory()
    directory.add({ ...zone, secondaries: zone.secondaries.slice(0, 1) })
    const { bytes } = signMessage(encodeMessage(query), key, { time: TIME })
    const handling = handle(bytes, { ...fromSecondary, zones: directory })
    expect(decodeMessage(replyIn(handling)).rcode).toBe('NOTAUTH')
  })

  it('is sent over TCP only', () => {
    expect(ask(query, { client: '192.0.2.53' })).toMatchObject({ truncated: true, answers: [], rcode: 'NOERROR' })
  })
})

describe('damaged messages', () => {
  it('are survived, a hundred thousand of them, and none has an answer that cannot be read', async () => {
    const small = new ZoneDirectory()
    small.add(hostedZone(await openStore('example.test', SETS.slice(0, 2)), zone.secondaries))
    const originals = [
      encodeMessage(withEdns(queryMessage(1, 'www.example.test', 'A'), 4_096)),
      encodeMessage(queryMessage(1, 'example.test', 'AXFR')),
      encodeMessage(changesSince(1)),
      signMessage(encodeMessage(queryMessage(1, 'many.example.test', 'A')), key, { time: TIME }).bytes,
      encodeMessage(queryMessage(1, 'x.*.many.example.test', 'ANY')),
    ]
    const random = createSeededRandom(20_261_121)
    const below = (limit: number): number => Math.floor(random() * limit)
    const seen = { silence: 0, reply: 0, transfer: 0 }
    for (let round = 0; round < 100_000; round += 1) {
      const original = originals[round % originals.length] ?? new Uint8Array()
      const damaged = original.slice(0, below(8) === 0 ? below(original.length) : original.length)
      for (let flips = 1 + below(6); flips > 0 && damaged.length > 0; flips -= 1)
        damaged[below(damaged.length)] = below(256)
      const transport = below(2) === 0 ? 'UDP' : 'TCP'
      const handling = handle(damaged, { transport, client: '192.0.2.53', zones: small })
      seen[handling.kind] += 1
      const most = transport === 'UDP' ? 1_232 : 65_535
      // `expect` itself would take most of the time here.
      for (const bytes of messagesOf(handling))
        if (!decodeMessage(bytes).response || bytes.length > most)
          expect.unreachable(Buffer.from(damaged).toString('hex'))
    }
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(500)
  }, 60_000)

  function messagesOf(handling: Handling): Iterable<Uint8Array> {
    if (handling.kind === 'silence') return []
    return handling.kind === 'reply' ? [handling.bytes] : handling.messages
  }
})

/** Asks for what changed since a version. */
function changesSince(serial: number): Message {
  const soa = { ...soaData(), serial }
  return { ...queryMessage(5, 'example.test', 'IXFR'), authorities: [internetRecord('example.test', 0, soa)] }
}

function soaData(): Extract<ReturnType<typeof soaRecord>['data'], { kind: 'SOA' }> {
  const { data } = soaRecord(zone)
  if (data.kind !== 'SOA') throw new Error('no SOA')
  return data
}
