// Signatures are computed a second time here, straight from RFC 8945 §4.3 with node:crypto and hand-written bytes.
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessage, receiveMessage } from './decode-message.ts'
import { encodeMessage, encodeRecord } from './encode-message.ts'
import { UnencodableMessage } from './message-errors.ts'
import type { Message, TsigData } from './message.ts'
import { queryMessage, replyTo } from './query.ts'
import { splitText } from './txt-text.ts'
import { parseTsigAlgorithm, parseTsigName, parseTsigSecret, type TsigAlgorithm, type TsigKey } from './tsig-key.ts'
import { answerRejection, signMessage, tsigLength, TsigStreamSigner } from './tsig-sign.ts'
import { TsigStreamVerifier, verifyMessage, type TsigRejection, type TsigVerdict } from './tsig-verify.ts'

const TIME = 0x0001_6543_2100
const SECRET = Buffer.from('0123456789abcdef0123456789abcdef')
const key: TsigKey = { name: 'DDNS.Key.', algorithm: 'hmac-sha256', secret: SECRET }
const KEY_NAME = '04 64646e73 03 6b6579 00'
const TIME_AND_FUDGE = '000165432100 012c'
const query = encodeMessage(queryMessage(0x4242, 'example.test', 'SOA'))
const reply = encodeMessage(replyTo(queryMessage(0x4242, 'example.test', 'SOA'), 'NOERROR'))

const bytes = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex')
const hmac = (hash: string, ...parts: readonly Uint8Array[]): Buffer =>
  createHmac(hash, SECRET).update(Buffer.concat(parts)).digest()
const lengthPrefixed = (mac: Uint8Array): Buffer => Buffer.concat([Buffer.from([0, mac.length]), mac])
const allVariables = bytes(`${KEY_NAME} 00ff 00000000 0b 686d61632d736861323536 00 ${TIME_AND_FUDGE} 0000 0000`)
const tsigOf = (message: Uint8Array): TsigData => {
  const data = decodeMessage(message).additionals.at(-1)?.data
  if (data?.kind !== 'TSIG') throw new Error('not signed')
  return data
}

/** Verifies with one key at the time of signing, unless told otherwise. */
function verify(
  message: Uint8Array,
  options: { key?: TsigKey; time?: number; requestMac?: Uint8Array } = {},
): TsigVerdict {
  const { key: ours = key, time = TIME, requestMac } = options
  return verifyMessage(receiveMessage(message), [ours], { time, ...(requestMac && { requestMac }) })
}

/** Replaces the signature's own fields, leaving its MAC as it was unless that is replaced too. */
function tamper(message: Uint8Array, change: (tsig: TsigData) => Partial<TsigData>): Uint8Array {
  const decoded = decodeMessage(message)
  const tsig = tsigOf(message)
  const additionals = decoded.additionals.map((record) =>
    record.type === 'TSIG' ? { ...record, data: { ...tsig, ...change(tsig) } } : record,
  )
  return encodeMessage({ ...decoded, additionals })
}

describe('a signed request', () => {
  it('has a last record with the MAC over message and variables', () => {
    const mac = hmac('sha256', query, allVariables)
    const expected = Buffer.concat([
      query,
      bytes(`04 44444e53 03 4b6579 00 00fa 00ff 00000000 003d 0b 686d61632d736861323536 00 ${TIME_AND_FUDGE} 0020`),
      mac,
      bytes('4242 0000 0000'),
    ])
    expected.writeUInt16BE(1, 10)
    const signed = signMessage(query, key, { time: TIME })
    expect(Buffer.from(signed.bytes)).toEqual(expected)
    expect(Buffer.from(signed.mac)).toEqual(mac)
  })

  it.each<[TsigAlgorithm, string, number]>([
    ['hmac-sha1', 'sha1', 20],
    ['hmac-sha224', 'sha224', 28],
    ['hmac-sha256', 'sha256', 32],
    ['hmac-sha384', 'sha384', 48],
    ['hmac-sha512', 'sha512', 64],
  ])('can use %s', (algorithm, hash, length) => {
    const name = Buffer.from(algorithm)
    const variables = Buffer.concat([
      bytes(`${KEY_NAME} 00ff 00000000`),
      Buffer.from([name.length]),
      name,
      bytes(`00 ${TIME_AND_FUDGE} 0000 0000`),
    ])
    const signed = signMessage(query, { ...key, algorithm }, { time: TIME })
    expect(Buffer.from(signed.mac)).toEqual(hmac(hash, query, variables))
    expect(signed.mac).toHaveLength(length)
    expect(signed.bytes).toHaveLength(query.length + tsigLength({ ...key, algorithm }))
    expect(verify(signed.bytes, { key: { ...key, algorithm } }).kind).toBe('verified')
  })

  it('covers the MAC of the request when it is an answer', () => {
    const requestMac = Buffer.alloc(32, 7)
    const signed = signMessage(reply, key, { time: TIME, requestMac })
    expect(Buffer.from(signed.mac)).toEqual(hmac('sha256', lengthPrefixed(requestMac), reply, allVariables))
    expect(verify(signed.bytes, { requestMac }).kind).toBe('verified')
    expect(verify(signed.bytes, { requestMac: Buffer.alloc(32, 8) })).toMatchObject({ error: 'BADSIG' })
    expect(verify(signed.bytes)).toMatchObject({ error: 'BADSIG' })
  })

  it('must have room for its signature', () => {
    const text = { kind: 'TXT', strings: splitText('x'.repeat(65_000)) } as const
    const record = { name: '.', type: 'TXT', class: 'IN', ttl: 0, data: text } as const
    const long = encodeMessage({
      ...replyTo(queryMessage(1, '.', 'TXT'), 'NOERROR'),
      answers: [record, { ...record, data: { kind: 'TXT', strings: splitText('x'.repeat(180)) } }],
    })
    expect(long.length).toBeLessThanOrEqual(65_535)
    expect(() => signMessage(long, key, { time: TIME })).toThrow(UnencodableMessage)
  })
})

describe('checking a signature', () => {
  const { bytes: signed, mac } = signMessage(query, key, { time: TIME })

  it('gives the key and the MAC that the answer must cover', () => {
    expect(verify(signed)).toEqual({ kind: 'verified', key, mac: new Uint8Array(mac) })
  })

  it('finds the key among several by name and algorithm, in any case', () => {
    const others: TsigKey[] = [
      { ...key, name: 'other' },
      { ...key, algorithm: 'hmac-sha512' },
      { ...key, name: 'ddns.KEY' },
    ]
    expect(verifyMessage(receiveMessage(signed), others, { time: TIME })).toMatchObject({
      kind: 'verified',
      key: others[2],
    })
  })

  it.each([0, 300, -300])('allows for a clock that is %d seconds off', (seconds) => {
    expect(verify(signed, { time: TIME + seconds }).kind).toBe('verified')
  })

  it.each<[string, Uint8Array, Parameters<typeof verify>[1], object]>([
    ['no signature', query, {}, { kind: 'unsigned' }],
    [
      'a key of another name',
      signed,
      { key: { ...key, name: 'other' } },
      { kind: 'rejected', error: 'BADKEY', key: undefined },
    ],
    ['a key for another algorithm', signed, { key: { ...key, algorithm: 'hmac-sha1' } }, { error: 'BADKEY' }],
    ['another secret', signed, { key: { ...key, secret: Buffer.from('x') } }, { kind: 'rejected', error: 'BADSIG' }],
    ['a clock 301 seconds ahead', signed, { time: TIME + 301 }, { error: 'BADTIME', tsig: { timeSigned: TIME } }],
    ['a clock 301 seconds behind', signed, { time: TIME - 301 }, { error: 'BADTIME' }],
    [
      'another secret and another time',
      signed,
      { key: { ...key, secret: Buffer.from('x') }, time: 0 },
      { error: 'BADSIG' },
    ],
    ['a changed time', tamper(signed, () => ({ timeSigned: TIME + 1 })), {}, { error: 'BADSIG' }],
    ['a changed fudge', tamper(signed, () => ({ fudge: 65_535 })), {}, { error: 'BADSIG' }],
    ['a changed error', tamper(signed, () => ({ error: 'BADKEY' })), {}, { error: 'BADSIG' }],
    ['changed other data', tamper(signed, () => ({ otherData: Uint8Array.of(0) })), {}, { error: 'BADSIG' }],
    ['a MAC cut to half', tamper(signed, (tsig) => ({ mac: tsig.mac.slice(0, 16) })), {}, { error: 'BADTRUNC' }],
    ['a MAC cut and wrong', tamper(signed, (tsig) => ({ mac: tsig.mac.slice(1, 17) })), {}, { error: 'BADSIG' }],
    ['a MAC cut below half', tamper(signed, (tsig) => ({ mac: tsig.mac.slice(0, 15) })), {}, { kind: 'malformed' }],
    [
      'a MAC too long',
      tamper(signed, (tsig) => ({ mac: Buffer.concat([tsig.mac, tsig.mac]) })),
      {},
      { kind: 'malformed' },
    ],
    ['no MAC', tamper(signed, () => ({ mac: new Uint8Array(0) })), {}, { kind: 'malformed' }],
  ])('tells apart: %s', (_case, message, options, expected) => {
    expect(verify(message, options)).toMatchObject(expected)
  })

  it('finds every flipped bit outside of the id, which forwarders change', () => {
    fc.assert(
      fc.property(fc.integer({ min: 16, max: query.length * 8 - 1 }), (bit) => {
        const flipped = Uint8Array.from(query)
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
        const forged = new Uint8Array(signed)
        forged.set(flipped)
        forged[11] = (flipped[11] ?? 0) + 1
        let verdict: TsigVerdict['kind'] | 'MalformedMessage' = 'MalformedMessage'
        try {
          verdict = verify(forged).kind
        } catch (error) {
          expect(error).toHaveProperty('name', 'MalformedMessage')
        }
        expect(verdict).not.toBe('verified')
      }),
      { numRuns: 500 },
    )
  })

  it('accepts a message that was forwarded under another id', () => {
    const forwarded = Uint8Array.from(signed)
    forwarded[0] = 0x99
    expect(verify(forwarded).kind).toBe('verified')
  })

  it.each<[string, (message: Message) => Partial<Message>]>([
    ['before another record', ({ additionals }) => ({ additionals: [...additionals, ...additionals] })],
    ['among the answers', ({ additionals }) => ({ answers: additionals, additionals: [] })],
    ['of class IN', ({ additionals }) => ({ additionals: additionals.map((record) => ({ ...record, class: 'IN' })) })],
    ['with a TTL', ({ additionals }) => ({ additionals: additionals.map((record) => ({ ...record, ttl: 1 })) })],
  ])('calls a signature malformed that is %s', (_case, change) => {
    const message = decodeMessage(signed)
    expect(verify(encodeMessage({ ...message, ...change(message) })).kind).toBe('malformed')
  })
})

describe('answering a signature that was rejected', () => {
  const request = signMessage(query, key, { time: TIME })
  const rejectedAs = (message: Uint8Array, options: Parameters<typeof verify>[1]): TsigRejection => {
    const verdict = verify(message, options)
    if (verdict.kind !== 'rejected') throw new Error(`${verdict.kind}`)
    return verdict
  }
  const serverTime = TIME + 4000
  const answerTo = (message: Uint8Array, options: Parameters<typeof verify>[1]): Uint8Array =>
    answerRejection(reply, rejectedAs(message, options), serverTime)

  it.each<[TsigRejection['error'], Parameters<typeof verify>[1]]>([
    ['BADKEY', { key: { ...key, name: 'other' } }],
    ['BADSIG', { key: { ...key, secret: Buffer.from('x') } }],
  ])('with %s is unsigned and understood', (error, options) => {
    const answer = answerTo(request.bytes, options)
    expect(tsigOf(answer)).toMatchObject({ error, timeSigned: TIME, mac: new Uint8Array(0) })
    expect(verify(answer, { requestMac: request.mac })).toEqual({ kind: 'refused', error, peerTime: undefined })
  })

  it('with BADTIME is signed over the request’s time and carries ours', () => {
    const answer = answerTo(request.bytes, { time: serverTime })
    const variables = bytes(
      `${KEY_NAME} 00ff 00000000 0b 686d61632d736861323536 00 ${TIME_AND_FUDGE} 0012 0006 0001654330a0`,
    )
    const mac = hmac('sha256', lengthPrefixed(request.mac), reply, variables)
    expect(Buffer.from(tsigOf(answer).mac)).toEqual(mac)
    expect(verify(answer, { requestMac: request.mac })).toEqual({
      kind: 'refused',
      error: 'BADTIME',
      peerTime: serverTime,
    })
    const forged = tamper(answer, () => ({ otherData: Buffer.alloc(6) }))
    expect(verify(forged, { requestMac: request.mac })).toMatchObject({ kind: 'rejected', error: 'BADSIG' })
  })

  it('with BADTRUNC is signed with the whole MAC', () => {
    const cut = tamper(request.bytes, (tsig) => ({ mac: tsig.mac.slice(0, 16) }))
    const answer = answerTo(cut, {})
    expect(verify(answer, { requestMac: request.mac.slice(0, 16) })).toMatchObject({
      kind: 'refused',
      error: 'BADTRUNC',
    })
  })
})

describe('a signed stream', () => {
  const request = signMessage(query, key, { time: TIME })
  const part = (index: number): Uint8Array =>
    encodeMessage(replyTo(queryMessage(index, 'example.test', 'AXFR'), 'NOERROR'))
  const timers = bytes(TIME_AND_FUDGE)

  /** A stream as the RFC says, written without the code under test; `true` signs a message. */
  function streamOf(signed: readonly boolean[]): readonly Uint8Array[] {
    let previous: Uint8Array = request.mac
    let unsigned: Uint8Array[] = []
    let first = true
    return signed.map((isSigned, index) => {
      const message = part(index)
      unsigned.push(message)
      if (!isSigned) return message
      const mac = hmac('sha256', lengthPrefixed(previous), ...unsigned, first ? allVariables : timers)
      const tsig = { ...tsigOf(request.bytes), mac, originalId: index }
      const record = encodeRecord({ name: 'ddns.key', type: 'TSIG', class: 'ANY', ttl: 0, data: tsig })
      const whole = Buffer.concat([message, record])
      whole.writeUInt16BE(1, 10)
      previous = mac
      unsigned = []
      first = false
      return whole
    })
  }
  const verdictsOf = (verifier: TsigStreamVerifier, messages: readonly Uint8Array[]): readonly string[] =>
    messages.map((message) => verifier.accept(receiveMessage(message), TIME).kind)
  const times = (count: number, signed: boolean): readonly boolean[] => Array<boolean>(count).fill(signed)

  it('may leave up to 99 messages unsigned in between', () => {
    const verifier = new TsigStreamVerifier(key, request.mac)
    const verdicts = verdictsOf(verifier, streamOf([true, true, ...times(99, false), true, false]))
    expect(verdicts.slice(0, 3)).toEqual(['verified', 'verified', 'deferred'])
    expect(verdicts.slice(-3)).toEqual(['deferred', 'verified', 'deferred'])
    expect(verifier.settled).toBe(false)
  })

  it('may not leave 100 unsigned', () => {
    const verifier = new TsigStreamVerifier(key, request.mac)
    expect(verdictsOf(verifier, streamOf([true, ...times(100, false)])).at(-1)).toBe('unsigned')
  })

  it('must begin with a signed message, and is settled after one', () => {
    const verifier = new TsigStreamVerifier(key, request.mac)
    expect(verdictsOf(verifier, streamOf([false]))).toEqual(['unsigned'])
    expect(verifier.settled).toBe(false)
    const other = new TsigStreamVerifier(key, request.mac)
    expect(verdictsOf(other, streamOf([true]))).toEqual(['verified'])
    expect(other.settled).toBe(true)
  })

  it('stays rejected once it was', () => {
    const [first = query, second = query] = streamOf([true, true])
    const verifier = new TsigStreamVerifier(key, request.mac)
    expect(verdictsOf(verifier, [first, first, second])).toEqual(['verified', 'rejected', 'rejected'])
    expect(verifier.settled).toBe(false)
  })

  it('is broken by a message left out, changed, doubled or in another place, be it signed or not', () => {
    const stream = streamOf([true, false, true, true, false, true])
    const brokenBy = (change: (messages: Uint8Array[]) => void): boolean => {
      const messages = stream.map((message) => Uint8Array.from(message))
      change(messages)
      const verifier = new TsigStreamVerifier(key, request.mac)
      return verdictsOf(verifier, messages).includes('rejected')
    }
    expect(brokenBy(() => undefined)).toBe(false)
    for (let index = 1; index < stream.length - 1; index += 1) {
      expect(brokenBy((messages) => messages.splice(index, 1))).toBe(true)
      expect(brokenBy((messages) => messages.splice(index, 0, messages[index] ?? new Uint8Array(0)))).toBe(true)
      expect(brokenBy((messages) => messages[index]?.fill(0x20, 3, 4))).toBe(true)
    }
    expect(brokenBy((messages) => messages.splice(2, 2, ...messages.slice(2, 4).reverse()))).toBe(true)
  })

  it('can begin with a refusal', () => {
    const rejection = verify(request.bytes, { key: { ...key, name: 'other' } })
    const refusal = rejection.kind === 'rejected' ? answerRejection(part(0), rejection, TIME) : query
    const verifier = new TsigStreamVerifier(key, request.mac)
    expect(verifier.accept(receiveMessage(refusal), TIME)).toMatchObject({ kind: 'refused', error: 'BADKEY' })
  })

  it('is broken by a signature that is malformed', () => {
    const [first = query] = streamOf([true])
    const message = decodeMessage(first)
    for (const malformed of [
      tamper(first, () => ({ mac: new Uint8Array(0) })),
      encodeMessage({ ...message, answers: message.additionals, additionals: [] }),
    ]) {
      const verifier = new TsigStreamVerifier(key, request.mac)
      expect(verifier.accept(receiveMessage(malformed), TIME).kind).toBe('malformed')
    }
  })

  it('is signed by us as the RFC says', () => {
    const signer = new TsigStreamSigner({ ...key, name: 'ddns.key' }, request.mac)
    const signed = [0, 1, 2].map((index) => Buffer.from(signer.sign(part(index), TIME)))
    expect(signed).toEqual(streamOf([true, true, true]))
  })
})

describe('a key as configurations write it', () => {
  it.each([
    ['hmac-sha256', 'hmac-sha256'],
    ['HMAC-SHA512.', 'hmac-sha512'],
    ['hmac-md5.sig-alg.reg.int', undefined],
    ['toString', undefined],
  ])('has the algorithm %s: %s', (text, algorithm) => {
    expect(parseTsigAlgorithm(text)).toBe(algorithm)
  })

  it.each([
    ['Copy.Key.', 'copy.key'],
    [' ddns\r\n', 'ddns'],
    ['my key', undefined],
    ['a..b', undefined],
    ['clé', undefined],
    ['c2VjcmV0'.repeat(8), undefined],
    ['', undefined],
  ])('is called %j: %s', (text, name) => {
    expect(parseTsigName(text)).toBe(name)
  })

  it.each([
    ['padded', 'aGVsbG8=', 'hello'],
    ['without its padding', 'aGVsbG8', 'hello'],
    ['with space around', ' aGVsbG8=\n', 'hello'],
    ['empty', '', undefined],
    ['not base64', 'not base64!', undefined],
    ['cut off', 'aGVsbG8=a', undefined],
  ])('has a secret that is %s', (_case, text, secret) => {
    const parsed = parseTsigSecret(text)
    expect(parsed && Buffer.from(parsed).toString()).toBe(secret)
  })
})
