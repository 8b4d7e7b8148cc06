// Bytes written out by hand from RFC 1035, 2136, 3596, 6891, 8659, read and written; and what cannot be written.
import { describe, expect, it } from 'vitest'
import type { IpAddress } from '../model/address.ts'
import { decodeHeader, decodeMessage } from './decode-message.ts'
import { ednsRecord, listEdns } from './edns.ts'
import { encodeMessage, encodeRecord, encodeWithin } from './encode-message.ts'
import { MalformedMessage, UnencodableMessage } from './message-errors.ts'
import { internetRecord, NO_DATA, type DnsRecord, type Message, type SoaData, type TypedData } from './message.ts'
import { notifyMessage, queryMessage, replyTo, requestMessage } from './query.ts'
import { splitText } from './txt-text.ts'

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'))
const ip = (text: string): IpAddress => text as IpAddress
const soa: SoaData = {
  kind: 'SOA',
  primary: 'ns.example.test',
  mailbox: 'admin.example.test',
  ...{ serial: 7, refresh: 3600, retry: 600, expire: 86_400, minimum: 60 },
}
const EXAMPLE = '07 6578616d706c65 04 74657374 00'
const answer = (records: readonly DnsRecord[]): Message => ({
  ...replyTo(queryMessage(1, 'example.test', 'A'), 'NOERROR'),
  answers: records,
})
const a = (name: string, last: number): DnsRecord =>
  internetRecord(name, 60, { kind: 'A', address: ip(`192.0.2.${last}`) })

describe('a message in bytes', () => {
  it.each<[string, Message, string]>([
    ['a query', queryMessage(0x1234, 'example.test', 'A'), `1234 0000 0001 0000 0000 0000 ${EXAMPLE} 0001 0001`],
    [
      'an answer that points to its question',
      {
        ...replyTo(queryMessage(1, 'example.test', 'A'), 'NOERROR'),
        authoritative: true,
        answers: [a('example.test', 1)],
      },
      `0001 8400 0001 0001 0000 0000 ${EXAMPLE} 0001 0001  c00c 0001 0001 0000003c 0004 c0000201`,
    ],
    [
      'every flag, an opcode and a response code without names',
      {
        ...requestMessage({ id: 0xffff, opcode: 15, questions: [] }),
        ...{ response: true, authoritative: true, truncated: true, recursionDesired: true },
        ...{ recursionAvailable: true, authenticData: true, checkingDisabled: true, rcode: 15 },
      },
      'ffff ffbf 0000 0000 0000 0000',
    ],
    [
      'an IXFR request with the version we have',
      { ...queryMessage(2, 'example.test', 'IXFR'), authorities: [internetRecord('example.test', 0, soa)] },
      `0002 0000 0001 0000 0001 0000 ${EXAMPLE} 00fb 0001
       c00c 0006 0001 00000000 0021  02 6e73 c00c 05 61646d696e c00c 00000007 00000e10 00000258 00015180 0000003c`,
    ],
    [
      'a NOTIFY',
      notifyMessage(3, 'example.test', internetRecord('example.test', 60, soa)),
      `0003 2400 0001 0001 0000 0000 ${EXAMPLE} 0006 0001
       c00c 0006 0001 0000003c 0021  02 6e73 c00c 05 61646d696e c00c 00000007 00000e10 00000258 00015180 0000003c`,
    ],
    [
      'an EDNS record with an option',
      {
        ...requestMessage({ id: 4, opcode: 'QUERY', questions: [] }),
        additionals: [
          ednsRecord({
            ...{ udpSize: 1232, version: 0, dnssecOk: true, extendedRcode: 1 },
            options: [{ code: 10, bytes: bytes('0102') }],
          }),
        ],
      },
      '0004 0000 0000 0000 0000 0001  00 0029 04d0 01008000 0006 000a 0002 0102',
    ],
  ])('is read and written: %s', (_case, message, wire) => {
    expect(encodeMessage(message)).toEqual(bytes(wire))
    expect(decodeMessage(bytes(wire))).toEqual(message)
  })

  it.each<[TypedData, string]>([
    [{ kind: 'A', address: ip('192.0.2.1') }, '0001 0001 0000003c 0004 c0000201'],
    [{ kind: 'AAAA', address: ip('2001:db8::1') }, '001c 0001 0000003c 0010 20010db8000000000000000000000001'],
    [{ kind: 'AAAA', address: ip('::') }, '001c 0001 0000003c 0010 00000000000000000000000000000000'],
    [{ kind: 'CNAME', target: 'b' }, '0005 0001 0000003c 0003 01 62 00'],
    [{ kind: 'NS', target: 'b' }, '0002 0001 0000003c 0003 01 62 00'],
    [{ kind: 'PTR', target: 'b' }, '000c 0001 0000003c 0003 01 62 00'],
    [{ kind: 'TXT', strings: splitText('hi') }, '0010 0001 0000003c 0003 02 6869'],
    [{ kind: 'TXT', strings: splitText('') }, '0010 0001 0000003c 0001 00'],
    [{ kind: 'MX', preference: 10, exchange: 'b' }, '000f 0001 0000003c 0005 000a 01 62 00'],
    [{ kind: 'SRV', priority: 1, weight: 2, port: 53, target: 'b' }, '0021 0001 0000003c 0009 0001 0002 0035 01 62 00'],
    [
      { kind: 'CAA', flags: 128, tag: 'issue', value: bytes('63612e74657374') },
      '0101 0001 0000003c 000e 80 05 6973737565 63612e74657374',
    ],
  ])('holds the data of $kind', (data, wire) => {
    const record = internetRecord('a', 60, data)
    expect(encodeRecord(record)).toEqual(bytes(`01 61 00 ${wire}`))
    const message = decodeMessage(bytes(`0000 8000 0000 0001 0000 0000 01 61 00 ${wire}`))
    expect(message.answers).toEqual([record])
  })

  it('keeps data of other types and classes as bytes', () => {
    const https = {
      name: 'a',
      type: 65,
      class: 'IN',
      ttl: 1,
      data: { kind: 'opaque', bytes: bytes('0001 00') },
    } as const
    const chaosA = { name: 'a', type: 'A', class: 'CH', ttl: 1, data: { kind: 'opaque', bytes: bytes('00') } } as const
    const chaosTxt = {
      name: 'a',
      type: 'TXT',
      class: 'CH',
      ttl: 1,
      data: { kind: 'TXT', strings: splitText('x') },
    } as const
    const message = answer([https, chaosA, chaosTxt])
    expect(decodeMessage(encodeMessage(message))).toEqual(message)
  })

  it('reads names that others compress where we do not', () => {
    const srv = `0000 8000 0000 0001 0000 0000  01 61 00 0021 0001 0000003c 0008 0001 0002 0035 c00c`
    expect(decodeMessage(bytes(srv)).answers[0]?.data).toMatchObject({ target: 'a' })
  })

  it('compresses names only where every server expands them, and never changes their case', () => {
    const target = 'host.example.test'
    const lengthOf = (data: TypedData): number =>
      encodeMessage(answer([internetRecord('example.test', 60, data)])).length - encodeMessage(answer([])).length - 12
    expect(lengthOf({ kind: 'CNAME', target })).toBe(7)
    expect(lengthOf({ kind: 'MX', preference: 1, exchange: target })).toBe(9)
    expect(lengthOf({ kind: 'SRV', priority: 1, weight: 1, port: 1, target })).toBe(6 + 19)
    expect(lengthOf({ kind: 'CNAME', target: 'host.Example.test' })).toBe(5 + 8 + 2)
    const inClassNone = {
      name: 'example.test',
      type: 'CNAME',
      class: 'NONE',
      ttl: 0,
      data: { kind: 'CNAME', target },
    } as const
    expect(encodeMessage(answer([inClassNone])).length - encodeMessage(answer([])).length - 12).toBe(19)
  })

  it('does not compress the name of a key, which its signature covers', () => {
    const tsig: DnsRecord = { name: 'example.test', type: 'TSIG', class: 'ANY', ttl: 0, data: NO_DATA }
    expect(encodeMessage({ ...answer([]), additionals: [tsig] })).toHaveLength(30 + encodeRecord(tsig).length)
  })

  it('points only as far back as a pointer reaches', () => {
    const far = Array.from({ length: 800 }, (_, index) => a(`host-${index}.zone-${index}.test`, 1))
    const message = answer([...far, ...far])
    expect(decodeMessage(encodeMessage(message))).toEqual(message)
  })
})

describe('a CAA record whose tag is none', () => {
  it('is kept as its bytes, so that the zone around it can be read', () => {
    const wire = bytes('01 61 00 0101 0001 0000003c 0007 00 03 612d62 7878')
    const [record] = decodeMessage(Buffer.concat([bytes('0000 8000 0000 0001 0000 0000'), wire])).answers
    expect(record).toMatchObject({ type: 'CAA', data: { kind: 'opaque', bytes: bytes('00 03 612d62 7878') } })
    expect(record && encodeRecord(record)).toEqual(wire)
  })
})

describe('a malformed message', () => {
  const header = '0000 8000 0000 0001 0000 0000'
  it.each([
    ['less than a header', '0000 8000 00', 4],
    ['fewer records than it says', header, 12],
    ['data cut off', `${header} 00 0001 0001 00000000 0004 c000`, 23],
    ['an A record of three bytes', `${header} 00 0001 0001 00000000 0003 c00002`, 23],
    ['an A record of five bytes', `${header} 00 0001 0001 00000000 0005 c000020101`, 27],
    ['an A record without data', `${header} 00 0001 0001 00000000 0000`, 23],
    ['a deleted A record of three bytes', `${header} 00 0001 00fe 00000000 0003 c00002`, 23],
    ['a name longer than its data', `${header} 00 0005 0001 00000000 0002 0161 00`, 25],
    ['TXT without a string', `${header} 00 0010 0001 00000000 0000`, 23],
    ['a string longer than its data', `${header} 00 0010 0001 00000000 0002 0561`, 24],
    ['a CAA record without a tag', `${header} 00 0101 0001 00000000 0002 0000`, 25],
    ['half an EDNS option', `${header} 00 0029 0001 00000000 0003 000a 00`, 25],
    ['a MAC longer than its record', `${header} 00 00fa 00ff 00000000 000b 00 000000000000 0000 0020`, 34],
    ['bytes after its end', '0000 8000 0000 0000 0000 0000 00', 12],
  ])('says where: %s', (_case, wire, offset) => {
    expect(() => decodeMessage(bytes(wire))).toThrow(MalformedMessage)
    expect(() => decodeMessage(bytes(wire))).toThrow(`malformed DNS message at byte ${offset}: `)
  })

  it('still has a header to answer to', () => {
    expect(decodeHeader(bytes('abcd 0100 0001 0000 0000 0000'))).toMatchObject({ id: 0xabcd, recursionDesired: true })
  })
})

describe('what cannot be written', () => {
  it.each<[string, DnsRecord | Partial<Message>]>([
    ['an id of 17 bits', { id: 65_536 }],
    ['an id that is no whole number', { id: 1.5 }],
    ['an opcode of five bits', { opcode: 16 }],
    ['an extended response code', { rcode: 16 }],
    ['a TTL of 33 bits', internetRecord('a', 2 ** 32, { kind: 'TXT', strings: splitText('') })],
    ['a negative type', { name: 'a', type: -1, class: 'IN', ttl: 0, data: { kind: 'opaque', bytes: bytes('') } }],
    ['data of another type', { name: 'a', type: 'A', class: 'IN', ttl: 0, data: { kind: 'CNAME', target: 'b' } }],
    ['an IPv6 address as A', internetRecord('a', 0, { kind: 'A', address: ip('::1') })],
    ['an IPv4 address as AAAA', internetRecord('a', 0, { kind: 'AAAA', address: ip('192.0.2.1') })],
    ['TXT without a string', internetRecord('a', 0, { kind: 'TXT', strings: [] })],
    ['a string of 256 bytes', internetRecord('a', 0, { kind: 'TXT', strings: [new Uint8Array(256)] })],
    ['a CAA tag with a dot', internetRecord('a', 0, { kind: 'CAA', flags: 0, tag: 'a.b', value: bytes('') })],
    ['a bad name', internetRecord('a..b', 0, { kind: 'TXT', strings: splitText('') })],
  ])('is refused: %s', (_case, part) => {
    const message = 'data' in part ? answer([part]) : { ...answer([]), ...part }
    expect(() => encodeMessage(message)).toThrow(UnencodableMessage)
  })

  it('is refused: more than 65,535 bytes', () => {
    const long = internetRecord('a', 0, { kind: 'TXT', strings: splitText('x'.repeat(40_000)) })
    expect(() => encodeMessage(answer([long, long]))).toThrow('split it')
  })
})

describe('a message within a size', () => {
  const edns = ednsRecord({ udpSize: 1232, version: 0, dnssecOk: false, extendedRcode: 0, options: [] })
  const many = (name: string, count: number): readonly DnsRecord[] =>
    Array.from({ length: count }, (_, index) => a(name, index))
  const within = (message: Message, limit: number): Message => {
    const encoded = encodeWithin(message, limit)
    expect(encoded.length).toBeLessThanOrEqual(limit)
    return decodeMessage(encoded)
  }

  it('is whole where it fits, to the byte', () => {
    const message = { ...answer(many('example.test', 20)), additionals: [edns] }
    const whole = encodeMessage(message)
    expect(encodeWithin(message, whole.length)).toEqual(whole)
    expect(within(message, whole.length - 1)).toEqual({ ...message, truncated: true, answers: [] })
  })

  it('keeps the sets before the one that does not fit, and EDNS', () => {
    const [cname] = [internetRecord('example.test', 60, { kind: 'CNAME', target: 'Big.example.test' })]
    const message = {
      ...answer([cname, ...many('Big.example.test', 50)]),
      authorities: [a('b', 1)],
      additionals: [edns],
    }
    expect(within(message, 512)).toEqual({ ...message, truncated: true, answers: [cname], authorities: [] })
  })

  it('is not written further than it takes to see that it does not fit', () => {
    let written = 0
    const records = many('example.test', 250).map(({ data, ...head }) => ({
      ...head,
      get data() {
        written += 1
        return data
      },
    }))
    expect(within(answer(records), 512)).toMatchObject({ truncated: true, answers: [] })
    expect(written).toBeLessThan(35)
  })

  it('is truncated where the authorities do not fit', () => {
    const message = { ...answer([a('example.test', 1)]), authorities: many('b', 50) }
    expect(within(message, 512)).toEqual({ ...message, truncated: true, authorities: [] })
  })

  it('leaves additional sets out without a word', () => {
    const message = { ...answer([a('example.test', 1)]), additionals: [a('small', 1), ...many('b', 50), edns] }
    expect(within(message, 512)).toEqual({ ...message, additionals: [a('small', 1), edns] })
  })

  it('sees one set in names that differ in case only', () => {
    const message = answer([a('x.test', 1), a('X.test', 2), a('y.test', 1)])
    const two = encodeMessage({ ...message, answers: message.answers.slice(0, 2) })
    expect(within(message, two.length).answers).toHaveLength(2)
    expect(within(message, two.length - 1).answers).toHaveLength(0)
  })

  it('forgets names of what it left out, so that nothing points to them', () => {
    const message = { ...answer(many('left.out.test', 50)), additionals: [{ ...edns, name: 'left.out.test' }] }
    expect(within(message, 512).additionals).toEqual(message.additionals)
  })

  it('still says that it is truncated when a single answer is larger than any message', () => {
    const huge = internetRecord('a', 0, { kind: 'TXT', strings: splitText('x'.repeat(40_000)) })
    expect(within(answer([huge, huge]), 1232)).toEqual({ ...answer([]), truncated: true })
  })
})

describe('EDNS', () => {
  const edns = { udpSize: 255, version: 1, dnssecOk: true, extendedRcode: 255, options: [] }

  it('survives the way through bytes, with sizes that are also classes', () => {
    const message = { ...answer([]), rcode: 'FORMERR' as const, additionals: [ednsRecord(edns)] }
    const decoded = decodeMessage(encodeMessage(message))
    expect(listEdns(decoded)).toEqual([edns])
    expect(decoded.rcode).toBe('FORMERR')
  })

  it('is absent from most messages, and may wrongly be there twice', () => {
    expect(listEdns(answer([]))).toEqual([])
    expect(listEdns({ ...answer([]), additionals: [ednsRecord(edns), ednsRecord(edns)] })).toHaveLength(2)
  })
})
