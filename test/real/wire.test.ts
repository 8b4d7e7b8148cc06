// The wire against BIND and Knot, in both directions: what we sign they accept, what they sign we accept, and what the facts say of
// their answers is so. Last, `dig` as the client of a transfer that we sign.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IpAddress } from '../../src/model/address.ts'
import { decodeMessage, receiveMessage, type ReceivedMessage } from '../../src/wire/decode-message.ts'
import { encodeMessage } from '../../src/wire/encode-message.ts'
import { internetRecord, type DnsRecord, type Message, type SoaData, type TypedData } from '../../src/wire/message.ts'
import { isSameName } from '../../src/wire/name.ts'
import { queryMessage, replyTo } from '../../src/wire/query.ts'
import { frameMessage, FrameDecoder } from '../../src/wire/stream-framing.ts'
import { ZoneTransfer, type TransferredZone } from '../../src/wire/transfer.ts'
import { parseTsigSecret, type TsigAlgorithm, type TsigKey } from '../../src/wire/tsig-key.ts'
import { answerRejection, signMessage, TsigStreamSigner } from '../../src/wire/tsig-sign.ts'
import { TsigStreamVerifier, verifyMessage, type TsigVerdict } from '../../src/wire/tsig-verify.ts'
import { joinStrings, quoteText, splitText } from '../../src/wire/txt-text.ts'
import {
  addRecord,
  deleteSet,
  requireNoName,
  requireNoSet,
  requireValues,
  updateMessage,
} from '../../src/wire/update.ts'
import { startBind } from './support/bind.ts'
import { askDns, DnsConnection } from './support/dns-connection.ts'
import { startKnot } from './support/knot.ts'
import { runCommand } from './support/process.ts'
import type { ServerKey, ZoneServer } from './support/zone-server.ts'

const ZONE = 'example.test'
const BIG_ZONE = 'big.test'
const BIG_SIZE = 5000
const secret = randomBytes(32).toString('base64')
const serverKey: ServerKey = { name: 'ddns.', algorithm: 'hmac-sha256', secret }
const keyOf = ({ name, algorithm, secret: base64 }: ServerKey): TsigKey => ({
  name,
  algorithm,
  secret: parseTsigSecret(base64) ?? expect.fail('not base64'),
})
const key = keyOf(serverKey)
const seconds = (): number => Math.floor(Date.now() / 1000)
const address = (last: number): TypedData => ({ kind: 'A', address: `192.0.2.${last}` as IpAddress })
const at = (label: string): string => `${label}.${ZONE}`

interface Answer {
  readonly message: Message
  readonly verdict: TsigVerdict
}

async function askSigned(
  port: number,
  request: Message,
  signing: { key?: TsigKey; time?: number } = {},
): Promise<Answer> {
  const signed = signMessage(encodeMessage(request), signing.key ?? key, { time: signing.time ?? seconds() })
  const received = receiveMessage(await askDns(port, signed.bytes))
  const verdict = verifyMessage(received, [signing.key ?? key], { time: seconds(), requestMac: signed.mac })
  return { message: received.message, verdict }
}

interface Transferred {
  readonly zone: TransferredZone
  readonly messages: number
}

async function transferZone(port: number, request: Message): Promise<Transferred> {
  const [question] = request.questions
  const signed = signMessage(encodeMessage(request), key, { time: seconds() })
  const verifier = new TsigStreamVerifier(key, signed.mac)
  const transfer = new ZoneTransfer({
    id: request.id,
    zone: question?.name ?? '.',
    maxRecords: 100_000,
  })
  const connection = await DnsConnection.open(port)
  try {
    connection.send(signed.bytes)
    for (let messages = 1; ; messages += 1) {
      const received = receiveMessage(await connection.next())
      expect(['verified', 'deferred']).toContain(verifier.accept(received, seconds()).kind)
      const zone = transfer.accept(received.message)
      if (zone === undefined) continue
      expect(verifier.settled).toBe(true)
      return { zone, messages }
    }
  } finally {
    connection.close()
  }
}

describe.each([
  { name: 'BIND', start: startBind, unsigned: 'REFUSED' },
  { name: 'Knot', start: startKnot, unsigned: 'NOTAUTH' },
])('$name', ({ start, unsigned }) => {
  let server: ZoneServer
  let port = 0
  beforeAll(async () => {
    const big = Array.from({ length: BIG_SIZE }, (_, index) => `h${index} A 10.0.${index >> 8}.${index & 0xff}`)
    server = await start({ zones: [{ name: ZONE }, { name: BIG_ZONE, lines: big }], tsigKey: serverKey })
    port = server.port
  })
  afterAll(() => server.stop())

  let nextId = 1
  const update = async (prerequisites: readonly DnsRecord[], updates: readonly DnsRecord[]): Promise<Answer> => {
    nextId += 1
    return askSigned(port, updateMessage({ id: nextId, zone: ZONE, prerequisites, updates }))
  }
  /** What the server says to a signed update; its own signature must be good. */
  const rcodeOf = async (prerequisites: readonly DnsRecord[], updates: readonly DnsRecord[] = []): Promise<unknown> => {
    const { message, verdict } = await update(prerequisites, updates)
    expect(verdict.kind).toBe('verified')
    return message.rcode
  }
  const look = async (name: string, type: 'A' | 'CNAME' | 'SOA' | 'TXT'): Promise<readonly DnsRecord[]> =>
    decodeMessage(await askDns(port, encodeMessage(queryMessage(1, name, type)))).answers
  const readSoa = async (): Promise<SoaData> => {
    const data = (await look(ZONE, 'SOA'))[0]?.data
    return data?.kind === 'SOA' ? data : expect.fail('no SOA record')
  }

  it('answers a query', async () => {
    const answer = decodeMessage(await askDns(port, encodeMessage(queryMessage(0xabcd, ZONE, 'SOA'))))
    expect(answer).toMatchObject({ id: 0xabcd, response: true, authoritative: true, rcode: 'NOERROR' })
    expect(answer.questions).toEqual([{ name: ZONE, type: 'SOA', class: 'IN' }])
    expect(answer.answers[0]?.data).toMatchObject({
      kind: 'SOA',
      primary: 'ns.example.test',
      mailbox: 'hostmaster.example.test',
    })
  })

  it('answers in the case of the question, which its compressed data may share', async () => {
    const answer = decodeMessage(await askDns(port, encodeMessage(queryMessage(1, 'EXAMPLE.test', 'SOA'))))
    expect(answer.questions[0]?.name).toBe('EXAMPLE.test')
    const data = answer.answers[0]?.data
    expect(data?.kind === 'SOA' && isSameName(data.primary, 'ns.example.test')).toBe(true)
  })

  it('transfers a large zone in several messages, all of them signed or covered', async () => {
    const { zone, messages } = await transferZone(port, queryMessage(2, BIG_ZONE, 'AXFR'))
    expect(messages).toBeGreaterThan(1)
    const { records } = zone
    expect(records).toHaveLength(BIG_SIZE + 2)
    expect(records.map(({ name }) => name)).toContain(`h${BIG_SIZE - 1}.${BIG_ZONE}`)
  })

  it('refuses a transfer to who has no key', async () => {
    const answer = decodeMessage(await askDns(port, encodeMessage(queryMessage(3, BIG_ZONE, 'AXFR'))))
    expect(answer.rcode).toBe(unsigned)
  })

  it.each<[TsigAlgorithm]>([['hmac-sha1'], ['hmac-sha224'], ['hmac-sha256'], ['hmac-sha384'], ['hmac-sha512']])(
    'understands our %s, and we its',
    async (algorithm) => {
      const other = { name: `key-${algorithm}`, algorithm, secret }
      const another = await start({ zones: [{ name: ZONE }], tsigKey: other })
      try {
        const request = updateMessage({
          id: 1,
          zone: ZONE,
          prerequisites: [],
          updates: [addRecord(at('a'), 60, address(1))],
        })
        const { message, verdict } = await askSigned(another.port, request, { key: keyOf(other) })
        expect([message.rcode, verdict.kind]).toEqual(['NOERROR', 'verified'])
      } finally {
        await another.stop()
      }
    },
  )

  it('takes an update from everybody where no key is asked for', async () => {
    const open = await start({ zones: [{ name: ZONE }] })
    try {
      const request = updateMessage({
        id: 1,
        zone: ZONE,
        prerequisites: [],
        updates: [addRecord(at('a'), 60, address(1))],
      })
      expect(decodeMessage(await askDns(open.port, encodeMessage(request))).rcode).toBe('NOERROR')
    } finally {
      await open.stop()
    }
  })

  it('adds, changes and deletes records', async () => {
    const add = [1, 2].map((last) => addRecord(at('crud'), 60, address(last)))
    expect(await rcodeOf([], add)).toBe('NOERROR')
    expect((await look(at('crud'), 'A')).map(({ data }) => data)).toEqual(
      expect.arrayContaining([address(1), address(2)]),
    )
    expect(await rcodeOf([], [deleteSet(at('crud'), 'A'), addRecord(at('crud'), 120, address(3))])).toBe('NOERROR')
    expect(await look(at('crud'), 'A')).toEqual([internetRecord(at('crud'), 120, address(3))])
    const alias: TypedData = { kind: 'CNAME', target: 'elsewhere.test' }
    expect(await rcodeOf([], [deleteSet(at('crud'), 'A'), addRecord(at('crud'), 60, alias)])).toBe('NOERROR')
    expect(await look(at('crud'), 'CNAME')).toEqual([internetRecord(at('crud'), 60, alias)])
  })

  it('checks prerequisites', async () => {
    await update(
      [],
      [1, 2].map((last) => addRecord(at('pre'), 60, address(last))),
    )
    const both = [address(2), address(1)] as const
    const checks: readonly (readonly [readonly DnsRecord[], string])[] = [
      [[requireNoSet(at('pre'), 'TXT')], 'NOERROR'],
      [[requireNoSet(at('pre'), 'A')], 'YXRRSET'],
      [[requireNoName(at('none'))], 'NOERROR'],
      [[requireNoName(at('pre'))], 'YXDOMAIN'],
      [requireValues(at('pre'), both), 'NOERROR'],
      [requireValues(at('pre'), [address(1)]), 'NXRRSET'],
      [requireValues(at('pre'), [...both, address(3)]), 'NXRRSET'],
      [requireValues(at('none'), [address(1)]), 'NXRRSET'],
    ]
    const answers: unknown[] = []
    for (const [prerequisites] of checks) answers.push(await rcodeOf(prerequisites))
    expect(answers).toEqual(checks.map(([, rcode]) => rcode))
  })

  it('compares and swaps by the version of the zone', async () => {
    const soa = await readSoa()
    expect(await rcodeOf(requireValues(ZONE, [soa]), [addRecord(at('cas'), 60, address(1))])).toBe('NOERROR')
    expect((await readSoa()).serial).toBe(soa.serial + 1)
    expect(await rcodeOf(requireValues(ZONE, [soa]), [addRecord(at('cas'), 60, address(2))])).toBe('NXRRSET')
    expect(await look(at('cas'), 'A')).toHaveLength(1)
  })

  it('makes all changes or none', async () => {
    const changes = [addRecord(at('half'), 60, address(1)), addRecord('elsewhere.test', 60, address(1))]
    expect(await rcodeOf([], changes)).toBe('NOTZONE')
    expect(await look(at('half'), 'A')).toEqual([])
  })

  it('ignores a CNAME beside an address without a word', async () => {
    await update([], [addRecord(at('clash'), 60, address(1))])
    expect(await rcodeOf([], [addRecord(at('clash'), 60, { kind: 'CNAME', target: 'elsewhere.test' })])).toBe('NOERROR')
    expect(await look(at('clash'), 'A')).toHaveLength(1)
  })

  it('replaces 500 sets in one message', async () => {
    const names = Array.from({ length: 500 }, (_, index) => at(`bulk-${index}`))
    expect(
      await rcodeOf(
        [],
        names.map((name) => addRecord(name, 60, address(1))),
      ),
    ).toBe('NOERROR')
    const swap = names.flatMap((name) => [deleteSet(name, 'A'), addRecord(name, 60, address(2))])
    const request = updateMessage({
      id: 9,
      zone: ZONE,
      prerequisites: names.flatMap((name) => requireValues(name, [address(1)])),
      updates: swap,
    })
    expect(encodeMessage(request).length).toBeLessThan(30_000)
    const { message, verdict } = await askSigned(port, request)
    expect([message.rcode, verdict.kind]).toEqual(['NOERROR', 'verified'])
    const { zone } = await transferZone(port, queryMessage(10, ZONE, 'AXFR'))
    const bulk = zone.records.filter(({ name }) => name.startsWith('bulk-'))
    expect(bulk.map(({ data }) => data)).toEqual(names.map(() => address(2)))
  })

  it.each([
    ['quotes, backslashes and letters beyond ASCII', 'say "hü" \\ 😀;$@()'],
    ['more than one string', 'x'.repeat(600)],
    ['nothing', ''],
  ])('keeps a text and shows it as we write it: %s', async (_case, text) => {
    const data: TypedData = { kind: 'TXT', strings: splitText(text) }
    expect(await rcodeOf([], [deleteSet(at('text'), 'TXT'), addRecord(at('text'), 60, data)])).toBe('NOERROR')
    const [record] = await look(at('text'), 'TXT')
    expect(record?.data.kind === 'TXT' && joinStrings(record.data.strings)).toBe(text)
    expect(await dig('+short', at('text'), 'TXT')).toBe(`${quoteText(text)}\n`)
    expect(await rcodeOf(requireValues(at('text'), [data]))).toBe('NOERROR')
  })

  it.each(['*.wild', '_acme-challenge', 'a\\.b', 'sp\\032ace', 'b\\195\\188cher', 'at\\@dollar\\$'])(
    'keeps the name %s and shows it as we write it',
    async (label) => {
      // Text, because BIND keeps no address at a name that is no host name (its `check-names`).
      const text: TypedData = { kind: 'TXT', strings: splitText('x') }
      expect(await rcodeOf([requireNoName(at(label))], [addRecord(at(label), 60, text)])).toBe('NOERROR')
      const { zone } = await transferZone(port, queryMessage(13, ZONE, 'AXFR'))
      expect(zone.records.map(({ name }) => name)).toContain(at(label))
      expect(await dig('+noall', '+answer', at(label), 'TXT')).toContain(`${at(label)}.`)
    },
  )

  it('does not take what is unsigned', async () => {
    const request = updateMessage({ id: 14, zone: ZONE, prerequisites: [], updates: [deleteSet(at('crud'), 'CNAME')] })
    expect(decodeMessage(await askDns(port, encodeMessage(request))).rcode).toBe(unsigned)
  })

  it.each<[string, { key?: TsigKey; time?: number }, string]>([
    ['another secret', { key: { ...key, secret: randomBytes(32) } }, 'BADSIG'],
    ['another key name', { key: { ...key, name: 'unknown' } }, 'BADKEY'],
    ['another algorithm', { key: { ...key, algorithm: 'hmac-sha512' } }, 'BADKEY'],
  ])('says what is wrong with %s', async (_case, signing, error) => {
    const request = updateMessage({ id: 15, zone: ZONE, prerequisites: [], updates: [] })
    const { message, verdict } = await askSigned(port, request, signing)
    expect(message.rcode).toBe('NOTAUTH')
    expect(verdict).toEqual({ kind: 'refused', error, peerTime: undefined })
  })

  it('says what time it is when our clock is wrong', async () => {
    const request = updateMessage({ id: 16, zone: ZONE, prerequisites: [], updates: [] })
    const { message, verdict } = await askSigned(port, request, { time: seconds() - 3600 })
    expect(message.rcode).toBe('NOTAUTH')
    expect(verdict).toMatchObject({ kind: 'refused', error: 'BADTIME' })
    const peerTime = verdict.kind === 'refused' ? verdict.peerTime : undefined
    expect(Math.abs((peerTime ?? 0) - seconds())).toBeLessThan(5)
  })

  async function dig(...args: readonly string[]): Promise<string> {
    const { stdout } = await runCommand('dig', ['@127.0.0.1', '-p', String(port), '+tcp', '+norecurse', ...args])
    return stdout
  }
})

describe('dig, as the client of a transfer that we sign', () => {
  const soa = internetRecord(ZONE, 60, {
    kind: 'SOA',
    primary: 'ns.example.test',
    mailbox: 'admin.example.test',
    ...{ serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 1 },
  })
  const hosts = Array.from({ length: 200 }, (_, index) => internetRecord(at(`h${index}`), 60, address(index)))
  let server: Server
  let port = 0
  beforeAll(async () => {
    server = createServer((socket) => {
      const decoder = new FrameDecoder()
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => {
        for (const bytes of decoder.push(chunk)) answer(socket, receiveMessage(bytes))
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const listening = server.address()
    port = typeof listening === 'object' && listening !== null ? listening.port : expect.fail('not listening')
  })
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())))

  function answer(socket: Socket, received: ReceivedMessage): void {
    const verdict = verifyMessage(received, [key], { time: seconds() })
    if (verdict.kind === 'rejected') {
      const refusal = encodeMessage(replyTo(received.message, 'NOTAUTH'))
      socket.write(frameMessage(answerRejection(refusal, verdict, seconds())))
    }
    if (verdict.kind !== 'verified') return
    const signer = new TsigStreamSigner(key, verdict.mac)
    for (const answers of [[soa], hosts.slice(0, 100), hosts.slice(100), [soa]]) {
      const part = encodeMessage({ ...replyTo(received.message, 'NOERROR'), authoritative: true, answers })
      socket.write(frameMessage(signer.sign(part, seconds())))
    }
  }

  const transfer = async (base64: string): Promise<string> => {
    const signing = `${serverKey.algorithm}:${serverKey.name}:${base64}`
    const { stdout } = await runCommand('dig', ['@127.0.0.1', '-p', String(port), '-y', signing, ZONE, 'AXFR'])
    return stdout
  }

  it('accepts every message of it', async () => {
    const output = await transfer(secret)
    expect(output).toContain('XFR size: 202 records (messages 4')
    expect(output).not.toMatch(/could not be validated|failed|BADSIG/i)
  })

  it('learns that its secret is wrong', async () => {
    expect(await transfer(randomBytes(32).toString('base64'))).toContain('BADSIG')
  })
})
