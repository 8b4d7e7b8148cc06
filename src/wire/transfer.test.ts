import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IpAddress } from '../model/address.ts'
import { internetRecord, type DnsRecord, type Message } from './message.ts'
import { queryMessage, replyTo } from './query.ts'
import { TransferError, ZoneTransfer, type TransferFault, type TransferredZone } from './transfer.ts'

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
const transfer = (maxRecords = 1000): ZoneTransfer => new ZoneTransfer({ id: 7, zone: ZONE, maxRecords })
const fold = (...parts: readonly (readonly DnsRecord[])[]): TransferredZone | undefined => {
  const receiver = transfer()
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

describe('a transfer', () => {
  it('is the zone between two SOA records', () => {
    expect(fold([soa(5), a(1), a(2), soa(5)])).toEqual({ soa: soa(5), records: [a(1), a(2)] })
  })

  it('may come in any number of messages', () => {
    const records = Array.from({ length: 30 }, (_, index) => a(index))
    const sequence = [soa(5), ...records, soa(5)]
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), (sizes) => {
        const receiver = transfer()
        let result: TransferredZone | undefined
        for (let at = 0, turn = 0; at < sequence.length; turn += 1) {
          expect(result).toBeUndefined()
          const size = sizes[turn % sizes.length] ?? 1
          result = receiver.accept(message(sequence.slice(at, at + size)))
          at += size
        }
        expect(result).toEqual({ soa: soa(5), records })
      }),
    )
  })

  it('may be of a zone with nothing else', () => {
    expect(fold([soa(5)], [soa(5)])).toEqual({ soa: soa(5), records: [] })
  })

  it('repeats the question in any case, or not at all', () => {
    const receiver = transfer()
    receiver.accept(message([soa(5)], { questions: [{ name: 'EXAMPLE.test', type: 'AXFR', class: 'IN' }] }))
    expect(receiver.accept(message([soa(5)], { questions: [] }))).toBeDefined()
  })
})

describe('a transfer of no use', () => {
  it.each<[TransferFault, string, readonly DnsRecord[]]>([
    ['EmptyMessage', 'has a message without records', []],
    ['MissingSoa', 'does not begin with SOA', [a(1), soa(5)]],
    ['WrongSerial', 'ends with another version', [soa(5), a(1), soa(6)]],
    ['WrongSerial', 'is of another version at once', [soa(5), soa(6)]],
    ['OutsideZone', 'has a record of another zone', [soa(5), a(1, 'other.test')]],
    ['OutsideZone', 'has an SOA record below the apex', [soa(5), soa(5, `sub.${ZONE}`)]],
    ['RecordsAfterEnd', 'goes on after its end', [soa(5), soa(5), a(1)]],
  ])('%s: it %s', (fault, _case, records) => {
    expect(faultOf(() => fold(records))).toBe(fault)
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
    const receiver = transfer(3)
    receiver.accept(message([soa(5), a(1), a(2)]))
    expect(faultOf(() => receiver.accept(message([soa(5)])))).toBe('TooManyRecords')
  })
})
