import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IpAddress } from '../model/address.ts'
import { internetRecord, type DnsRecord, type Message } from './message.ts'
import { queryMessage, replyTo } from './query.ts'
import {
  TransferError,
  ZoneTransfer,
  type TransferFault,
  type TransferRequest,
  type TransferResult,
} from './transfer.ts'

const ZONE = 'example.test'
const soa = (serial: number, name = ZONE): DnsRecord =>
  internetRecord(name, 60, {
    kind: 'SOA',
    primary: 'ns.example.test',
    mailbox: 'admin.example.test',
    ...{ serial, refresh: 1, retry: 2, expire: 3, minimum: 4 },
  })
const a = (last: number, name = `h${last}.${ZONE}`): DnsRecord =>
  internetRecord(name, 60, { kind: 'A', address: `192.0.2.${last}` as IpAddress })
const message = (answers: readonly DnsRecord[], change: Partial<Message> = {}): Message => ({
  ...replyTo(queryMessage(7, ZONE, 'AXFR'), 'NOERROR'),
  answers,
  ...change,
})
const transfer = (change: Partial<TransferRequest> = {}): ZoneTransfer =>
  new ZoneTransfer({ id: 7, zone: ZONE, since: undefined, maxRecords: 1000, ...change })
const fold = (since: number | undefined, ...parts: readonly (readonly DnsRecord[])[]): TransferResult | undefined => {
  const receiver = transfer({ since })
  return parts.map((part) => receiver.accept(message(part))).at(-1)
}
const faultOf = (act: () => unknown): TransferFault | undefined => {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof TransferError) return error.reason
    throw error
  }
}

describe('AXFR', () => {
  it('is the zone between two SOA records', () => {
    expect(fold(undefined, [soa(5), a(1), a(2), soa(5)])).toEqual({ kind: 'whole', soa: soa(5), records: [a(1), a(2)] })
  })

  it('may come in any number of messages', () => {
    const records = Array.from({ length: 30 }, (_, index) => a(index))
    const sequence = [soa(5), ...records, soa(5)]
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), (sizes) => {
        const receiver = transfer()
        let result: TransferResult | undefined
        for (let at = 0, turn = 0; at < sequence.length; turn += 1) {
          expect(result).toBeUndefined()
          const size = sizes[turn % sizes.length] ?? 1
          result = receiver.accept(message(sequence.slice(at, at + size)))
          at += size
        }
        expect(result).toEqual({ kind: 'whole', soa: soa(5), records })
      }),
    )
  })

  it('may be of a zone with nothing else', () => {
    expect(fold(undefined, [soa(5)], [soa(5)])).toEqual({ kind: 'whole', soa: soa(5), records: [] })
  })

  it('repeats the question in any case, or not at all', () => {
    const receiver = transfer()
    receiver.accept(message([soa(5)], { questions: [{ name: 'EXAMPLE.test', type: 'AXFR', class: 'IN' }] }))
    expect(receiver.accept(message([soa(5)], { questions: [] }))?.kind).toBe('whole')
  })
})

describe('IXFR', () => {
  it('may have nothing newer', () => {
    expect(fold(5, [soa(5)])).toEqual({ kind: 'unchanged', soa: soa(5) })
    expect(fold(6, [soa(5)])).toEqual({ kind: 'unchanged', soa: soa(5) })
    expect(fold(0, [soa(2 ** 32 - 1)])?.kind).toBe('unchanged')
  })

  it('waits for more when the one SOA record is newer', () => {
    expect(fold(4, [soa(5)])).toBeUndefined()
  })

  it('may be a whole zone, one that is no newer too', () => {
    expect(fold(4, [soa(5)], [a(1), soa(5)])).toEqual({ kind: 'whole', soa: soa(5), records: [a(1)] })
    expect(fold(5, [soa(5), a(1), soa(5)])).toEqual({ kind: 'whole', soa: soa(5), records: [a(1)] })
    expect(fold(4, [soa(5), soa(5)])).toEqual({ kind: 'whole', soa: soa(5), records: [] })
  })

  it('is what was deleted and added, version by version', () => {
    const sequence = [soa(5), soa(3), a(1), a(2), soa(4), a(3), soa(4), soa(5), a(4), soa(5)]
    const expected: TransferResult = {
      kind: 'changes',
      soa: soa(5),
      steps: [
        { from: soa(3), to: soa(4), deleted: [a(1), a(2)], added: [a(3)] },
        { from: soa(4), to: soa(5), deleted: [], added: [a(4)] },
      ],
    }
    expect(fold(3, sequence)).toEqual(expected)
    expect(fold(3, ...sequence.map((record) => [record]))).toEqual(expected)
  })

  it('may change nothing but the serial', () => {
    expect(fold(3, [soa(5), soa(3), soa(5), soa(5)])).toMatchObject({ steps: [{ deleted: [], added: [] }] })
  })
})

describe('a transfer of no use', () => {
  it.each<[TransferFault, string, number | undefined, readonly DnsRecord[]]>([
    ['EmptyMessage', 'has a message without records', undefined, []],
    ['MissingSoa', 'does not begin with SOA', undefined, [a(1), soa(5)]],
    ['WrongSerial', 'ends with another version', undefined, [soa(5), a(1), soa(6)]],
    ['WrongSerial', 'is of another version at once', undefined, [soa(5), soa(6)]],
    ['WrongSerial', 'starts from a version we do not have', 2, [soa(5), soa(3)]],
    ['WrongSerial', 'leaves a version out', 3, [soa(9), soa(3), soa(4), soa(5)]],
    ['WrongSerial', 'goes on after its last version', 3, [soa(5), soa(3), soa(5), a(1), soa(6)]],
    ['OutsideZone', 'has a record of another zone', undefined, [soa(5), a(1, 'other.test')]],
    ['OutsideZone', 'has an SOA record below the apex', undefined, [soa(5), soa(5, `sub.${ZONE}`)]],
    ['RecordsAfterEnd', 'goes on after its end', undefined, [soa(5), soa(5), a(1)]],
    ['RecordsAfterEnd', 'goes on after its changes', 3, [soa(5), soa(3), soa(5), soa(5), a(1)]],
  ])('%s: it %s', (fault, _case, since, records) => {
    expect(faultOf(() => fold(since, records))).toBe(fault)
  })

  it.each<[TransferFault, Partial<Message>]>([
    ['NotTheAnswer', { id: 8 }],
    ['NotTheAnswer', { response: false }],
    ['NotTheAnswer', { opcode: 'UPDATE' }],
    ['NotTheAnswer', { questions: [{ name: 'other.test', type: 'AXFR', class: 'IN' }] }],
    ['Refused', { rcode: 'REFUSED' }],
    ['Refused', { rcode: 15 }],
    ['Truncated', { truncated: true }],
  ])('%s: a message is %o', (fault, change) => {
    expect(faultOf(() => transfer().accept(message([soa(5)], change)))).toBe(fault)
  })

  it('says what the server answered', () => {
    const refused = message([], { rcode: 'NOTAUTH' })
    expect(() => transfer().accept(refused)).toThrow('zone transfer: the server answers NOTAUTH for example.test')
  })

  it('TooManyRecords: it is larger than we are ready for', () => {
    const receiver = transfer({ maxRecords: 3 })
    receiver.accept(message([soa(5), a(1), a(2)]))
    expect(faultOf(() => receiver.accept(message([soa(5)])))).toBe('TooManyRecords')
  })
})
