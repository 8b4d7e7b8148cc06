// Laws of the codec: what was written reads back the same, and no bytes whatever do more harm than a `MalformedMessage`.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpAddress, type IpAddress } from '../model/address.ts'
import { ByteReader } from './byte-reader.ts'
import { decodeHeader, decodeMessage, receiveMessage } from './decode-message.ts'
import { listEdns } from './edns.ts'
import { encodeMessage, encodeRecord, encodeWithin } from './encode-message.ts'
import { MalformedMessage } from './message-errors.ts'
import { internetRecord, NO_DATA, type DnsRecord, type Message, type RecordData, type TypedData } from './message.ts'
import { dnsClasses, dnsTypes, opcodes, rcodes, tsigErrors } from './numbers.ts'
import { queryMessage, replyTo } from './query.ts'
import { signMessage } from './tsig-sign.ts'
import { TsigStreamVerifier, verifyMessage } from './tsig-verify.ts'
import { joinStrings, splitText } from './txt-text.ts'
import { addRecord, deleteSet, requireNoSet, requireValues, updateMessage } from './update.ts'

const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength })
const ip = (text: string): IpAddress => parseIpAddress(text) ?? expect.fail(text)

/** Names share labels often enough to be compressed, and hold any byte now and then. */
const label = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom('example', 'Example', 'test', 'www', '*', '_acme', 'a').map((text) => Buffer.from(text)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 63 }) },
)
const name = fc
  .array(label, { maxLength: 5 })
  .filter((labels) => labels.reduce((size, { length }) => size + length + 1, 1) <= 255)
  .map((labels) => new ByteReader(Uint8Array.from([...labels.flatMap((each) => [each.length, ...each]), 0])).name())

const typedData: fc.Arbitrary<TypedData> = fc.oneof(
  fc.record({ kind: fc.constant('A' as const), address: fc.ipV4().map(ip) }),
  fc.record({
    kind: fc.constant('AAAA' as const),
    address: fc.oneof(fc.ipV6(), fc.constant('::ffff:192.0.2.1')).map(ip),
  }),
  fc.record({ kind: fc.constantFrom('CNAME' as const, 'NS' as const, 'PTR' as const), target: name }),
  fc.record({ kind: fc.constant('TXT' as const), strings: fc.array(bytes(255), { minLength: 1, maxLength: 3 }) }),
  fc.record({
    kind: fc.constant('SOA' as const),
    ...{ primary: name, mailbox: name, serial: u32, refresh: u32, retry: u32, expire: u32, minimum: u32 },
  }),
  fc.record({ kind: fc.constant('MX' as const), preference: u16, exchange: name }),
  fc.record({ kind: fc.constant('SRV' as const), priority: u16, weight: u16, port: u16, target: name }),
  fc.record({
    kind: fc.constant('CAA' as const),
    ...{ flags: u8, tag: fc.stringMatching(/^[a-zA-Z0-9]{1,15}$/), value: bytes(40) },
  }),
  fc.record({
    kind: fc.constant('OPT' as const),
    options: fc.array(fc.record({ code: u16, bytes: bytes(20) }), { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('TSIG' as const),
    ...{ algorithm: name, timeSigned: fc.integer({ min: 0, max: 2 ** 48 - 1 }), fudge: u16, mac: bytes(64) },
    ...{ originalId: u16, error: u16.map((number) => tsigErrors.toCode(number)), otherData: bytes(8) },
  }),
)
const opaque: fc.Arbitrary<RecordData> = bytes(40).map((value) => ({ kind: 'opaque', bytes: value }))
const dnsClass = u16.map((number) => dnsClasses.toCode(number))
const record: fc.Arbitrary<DnsRecord> = fc.oneof(
  fc.tuple(name, u32, typedData).map(([owner, ttl, data]) => internetRecord(owner, ttl, data)),
  fc.record({ name, type: fc.integer({ min: 258, max: 0xffff }), class: dnsClass, ttl: u32, data: opaque }),
  fc
    .record({ name, class: fc.constantFrom('NONE' as const, 'ANY' as const), ttl: u32 })
    .map((head) => ({ ...head, type: 'A' as const, data: NO_DATA })),
)
const section = fc.array(record, { maxLength: 4 })
const message: fc.Arbitrary<Message> = fc.record({
  id: u16,
  ...{ response: fc.boolean(), authoritative: fc.boolean(), truncated: fc.boolean(), recursionDesired: fc.boolean() },
  ...{ recursionAvailable: fc.boolean(), authenticData: fc.boolean(), checkingDisabled: fc.boolean() },
  opcode: fc.nat(15).map((number) => opcodes.toCode(number)),
  rcode: fc.nat(15).map((number) => rcodes.toCode(number)),
  questions: fc.array(fc.record({ name, type: u16.map((number) => dnsTypes.toCode(number)), class: dnsClass }), {
    maxLength: 2,
  }),
  ...{ answers: section, authorities: section, additionals: section },
})

describe('a message', () => {
  it('reads back as it was written', () => {
    fc.assert(
      fc.property(message, (each) => {
        expect(decodeMessage(encodeMessage(each))).toEqual(each)
      }),
      { numRuns: 1000 },
    )
  })

  it('within a size is a beginning of itself, and says when something is missing', () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 512, max: 1500 }), (each, limit) => {
        const within = decodeMessage(encodeWithin(each, limit))
        expect(each.answers.slice(0, within.answers.length)).toEqual(within.answers)
        expect(each.authorities.slice(0, within.authorities.length)).toEqual(within.authorities)
        const missing =
          within.answers.length + within.authorities.length < each.answers.length + each.authorities.length
        expect(within.truncated).toBe(each.truncated || missing)
        expect(listEdns(within)).toEqual(listEdns(each))
      }),
      { numRuns: 300 },
    )
  })

  it('is never longer than its records by themselves', () => {
    fc.assert(
      fc.property(section, (records) => {
        const base = { ...queryMessage(1, '.', 'A'), answers: records }
        const alone = records.reduce((sum, each) => sum + encodeRecord(each).length, 17)
        expect(encodeMessage(base).length).toBeLessThanOrEqual(alone)
      }),
    )
  })
})

const key = { name: 'ddns', algorithm: 'hmac-sha256', secret: Buffer.from('secret') } as const
const signed = (each: Message): Uint8Array => signMessage(encodeMessage(each), key, { time: 1_700_000_000 }).bytes
const address = { kind: 'A', address: ip('192.0.2.1') } as const
const answers = (data: readonly TypedData[]): Message => ({
  ...replyTo(queryMessage(1, 'example.test', 'ANY'), 'NOERROR'),
  answers: data.map((each, index) => internetRecord(`h${index}.example.test`, 60, each)),
})

/** One message of every sort that this program sends or receives. */
const CORPUS: readonly Uint8Array[] = [
  encodeMessage(queryMessage(1, 'www.example.test', 'AAAA')),
  encodeMessage(answers(fc.sample(typedData, { numRuns: 24, seed: 7 }))),
  encodeMessage(
    answers([
      { kind: 'CNAME', target: 'h1.example.test' },
      address,
      { kind: 'TXT', strings: splitText('x'.repeat(300)) },
    ]),
  ),
  signed(queryMessage(1, 'example.test', 'AXFR')),
  signed(
    updateMessage({
      id: 1,
      zone: 'example.test',
      prerequisites: [requireNoSet('a.example.test', 'A'), ...requireValues('b.example.test', [address])],
      updates: [
        deleteSet('b.example.test', 'A'),
        { name: 'c.example.test', type: address.kind, class: 'NONE', ttl: 0, data: address },
        addRecord('a.example.test', 60, address),
      ],
    }),
  ),
]

/** Mulberry32: the same bytes in every run, so that a failure can be repeated. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const TELLING = [0x00, 0x01, 0x0c, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff]

function mutate(base: Uint8Array, random: (below: number) => number): Uint8Array {
  let mutant = Buffer.from(base)
  for (let turns = 1 + random(4); turns > 0; turns -= 1) {
    const at = random(mutant.length + 1)
    const kind = random(5)
    if (kind === 0) mutant[at] = (mutant[at] ?? 0) ^ (1 << random(8))
    if (kind === 1) mutant[at] = TELLING[random(TELLING.length)] ?? 0
    if (kind === 2) mutant = mutant.subarray(0, at)
    if (kind === 3) mutant = Buffer.concat([mutant.subarray(0, at), mutant.subarray(random(mutant.length + 1))])
    if (kind === 4) mutant = Buffer.concat([mutant.subarray(0, at), Buffer.from([random(256)]), mutant.subarray(at)])
  }
  return mutant
}

/** Records of known types, mostly with a length that suits them, around bytes that mean nothing. */
function makeUp(random: (below: number) => number): Uint8Array {
  const pick = (choices: readonly (readonly number[])[]): readonly number[] => choices[random(choices.length)] ?? []
  const count = 1 + random(3)
  const makeUpRecord = (): readonly number[] => {
    const lengths = [[0], [2], [4], [4], [6], [16], [24], [random(40)]]
    const [length = 0] = pick(lengths)
    return [
      ...pick([[0], [1, 97, 0], [0xc0, random(40)], [random(256)]]),
      ...pick(TYPE_BYTES),
      ...pick([
        [0, 1],
        [0, 1],
        [0, 254],
        [0, 255],
        [random(256), random(256)],
      ]),
      ...[0, 0, 0, random(256), 0, length],
      ...Array.from({ length: length - (random(20) === 0 ? 1 : 0) }, () => (random(2) === 0 ? 0 : random(256))),
    ]
  }
  const records = Array.from({ length: count }, makeUpRecord)
  return Uint8Array.from([0, 1, random(256), random(256), 0, 0, 0, 0, 0, 0, 0, count, ...records.flat()])
}

const TYPE_BYTES = [1, 2, 5, 6, 12, 15, 16, 28, 33, 41, 65, 250, 255, 257].map((type) => [type >> 8, type & 0xff])

/** Everything that bytes from the network go through. Says whether they are a message. */
function receive(received: Uint8Array): boolean {
  try {
    const whole = receiveMessage(received)
    verifyMessage(whole, [key], { time: 1_700_000_000 })
    const stream = new TsigStreamVerifier(key, new Uint8Array(32))
    stream.accept(whole, 1_700_000_000)
    listEdns(whole.message)
    const again = encodeMessage(whole.message)
    if (Buffer.compare(encodeMessage(decodeMessage(again)), again) !== 0) throw new Error('does not read back')
    return true
  } catch (error) {
    if (error instanceof MalformedMessage) return false
    throw new Error(`${Buffer.from(received).toString('hex')}: ${String(error)}`, { cause: error })
  }
}

describe('bytes from the network', () => {
  const mutated = (random: (below: number) => number): Uint8Array =>
    mutate(CORPUS[random(CORPUS.length)] ?? new Uint8Array(0), random)
  const turns = 40_000

  // In parts, so that each has its time on a slow machine.
  it.each([
    ['mutated', 1, mutated],
    ['mutated', 2, mutated],
    ['made up', 3, makeUp],
  ])('are a message or malformed, and nothing else: %s, from seed %i', (_kind, seed, make) => {
    const random = createRandom(seed)
    let messages = 0
    for (let turn = 0; turn < turns; turn += 1) if (receive(make(random))) messages += 1
    // Both kinds of outcome must occur often, or this test would try nothing.
    expect(messages).toBeGreaterThan(turns / 100)
    expect(messages).toBeLessThan(turns * 0.9)
  })

  it('are taken apart only as far as they go, whatever their counts promise', () => {
    const promises = Buffer.alloc(12, 0xff)
    expect(() => decodeMessage(promises)).toThrow(MalformedMessage)
    expect(decodeHeader(promises).id).toBe(0xffff)
  })

  it('cannot grow beyond a bound per record: the most that 64 KiB can ask for', () => {
    // One name of 255 bytes, and then as many records as fit, each of which points to it from its name and from its data.
    const longest = [
      ...Array.from({ length: 3 }, () => [63, ...Array<number>(63).fill(0xff)]).flat(),
      61,
      ...Array<number>(61).fill(0xff),
      0,
    ]
    const pointing = [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 0, 0, 2, 0xc0, 12]
    const count = Math.floor((65_535 - 12 - longest.length - 4) / pointing.length)
    const head = [0, 0, 0x80, 0, 0, 1, count >> 8, count & 0xff, 0, 0, 0, 0]
    const bomb = Uint8Array.from([
      ...head,
      ...longest,
      0,
      1,
      0,
      1,
      ...Array.from({ length: count }, () => pointing).flat(),
    ])
    const { answers: records } = decodeMessage(bomb)
    expect(records).toHaveLength(count)
    expect(records.every(({ name: owner }) => owner.length <= 4 * 255)).toBe(true)
  })

  it('do not keep the buffer alive that they came in', () => {
    const buffer = Buffer.from(encodeMessage(answers([{ kind: 'TXT', strings: splitText('kept') }])))
    const { answers: records } = decodeMessage(buffer)
    buffer.fill(0)
    const data = records[0]?.data
    expect(data?.kind === 'TXT' && joinStrings(data.strings)).toBe('kept')
  })
})
