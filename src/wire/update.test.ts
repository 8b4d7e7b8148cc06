// The bytes of RFC 2136 §2.4 and §2.5, written out by hand.
import { describe, expect, it } from 'vitest'
import type { IpAddress } from '../model/address.ts'
import { decodeMessage } from './decode-message.ts'
import { encodeMessage, encodeRecord } from './encode-message.ts'
import type { DnsRecord, SoaData, TypedData } from './message.ts'
import { splitText } from './txt-text.ts'
import { addRecord, deleteName, deleteRecord, deleteSet, updateMessage } from './update.ts'
import { requireName, requireNoName, requireNoSet, requireSet, requireValues, requireVersion } from './update.ts'

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'))
const address = (last: number): TypedData => ({ kind: 'A', address: `192.0.2.${last}` as IpAddress })
const soa: SoaData = {
  kind: 'SOA',
  primary: 'n',
  mailbox: 'm',
  ...{ serial: 9, refresh: 1, retry: 2, expire: 3, minimum: 4 },
}

describe('a record of an update', () => {
  it.each<[string, DnsRecord, string]>([
    ['the set exists', requireSet('a', 'A'), '01 61 00 0001 00ff 00000000 0000'],
    ['the set does not exist', requireNoSet('a', 'A'), '01 61 00 0001 00fe 00000000 0000'],
    ['the name is in use', requireName('a'), '01 61 00 00ff 00ff 00000000 0000'],
    ['the name is not in use', requireNoName('a'), '01 61 00 00ff 00fe 00000000 0000'],
    ['add', addRecord('a', 60, address(1)), '01 61 00 0001 0001 0000003c 0004 c0000201'],
    ['delete a set', deleteSet('a', 'TXT'), '01 61 00 0010 00ff 00000000 0000'],
    ['delete a name', deleteName('a'), '01 61 00 00ff 00ff 00000000 0000'],
    ['delete one record', deleteRecord('a', address(1)), '01 61 00 0001 00fe 00000000 0004 c0000201'],
    [
      'delete one TXT record',
      deleteRecord('a', { kind: 'TXT', strings: splitText('x') }),
      '01 61 00 0010 00fe 00000000 0002 01 78',
    ],
  ])('says in class, TTL and data: %s', (_case, record, wire) => {
    expect(encodeRecord(record)).toEqual(bytes(wire))
  })

  it('requires all values of a set, one record each, in the class of the zone', () => {
    expect(requireValues('a', [address(1), address(2)]).map(encodeRecord)).toEqual([
      bytes('01 61 00 0001 0001 00000000 0004 c0000201'),
      bytes('01 61 00 0001 0001 00000000 0004 c0000202'),
    ])
  })

  it('requires a version of the zone by the whole of its SOA record', () => {
    expect(requireVersion('a', soa).map(encodeRecord)).toEqual([
      bytes('01 61 00 0006 0001 00000000 001a 01 6e 00 01 6d 00 00000009 00000001 00000002 00000003 00000004'),
    ])
  })
})

describe('an update', () => {
  const message = updateMessage({
    id: 0xbeef,
    zone: 'z',
    prerequisites: [requireNoSet('a.z', 'A')],
    updates: [deleteSet('a.z', 'CNAME'), addRecord('a.z', 60, address(1))],
  })

  it('has the zone as its question, prerequisites as answers and updates as authorities', () => {
    expect(encodeMessage(message)).toEqual(
      bytes(`beef 2800 0001 0001 0002 0000  01 7a 00 0006 0001
        01 61 c00c 0001 00fe 00000000 0000
        c013 0005 00ff 00000000 0000
        c013 0001 0001 0000003c 0004 c0000201`),
    )
  })

  it('reads back as it was', () => {
    expect(decodeMessage(encodeMessage(message))).toEqual(message)
  })
})
