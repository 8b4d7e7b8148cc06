// The bytes of RFC 2136 §2.4 and §2.5, written out by hand.
import { describe, expect, it } from 'vitest'
import type { IpAddress } from '../model/address.ts'
import { decodeMessage } from './decode-message.ts'
import { encodeMessage, encodeRecord } from './encode-message.ts'
import type { DnsRecord, TypedData } from './message.ts'
import { addRecord, deleteSet, requireNoName, requireNoSet, requireValues, updateMessage } from './update.ts'

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'))
const address = (last: number): TypedData => ({ kind: 'A', address: `192.0.2.${last}` as IpAddress })

describe('a record of an update', () => {
  it.each<[string, DnsRecord, string]>([
    ['the set does not exist', requireNoSet('a', 'A'), '01 61 00 0001 00fe 00000000 0000'],
    ['the name is not in use', requireNoName('a'), '01 61 00 00ff 00fe 00000000 0000'],
    ['add', addRecord('a', 60, address(1)), '01 61 00 0001 0001 0000003c 0004 c0000201'],
    ['delete a set', deleteSet('a', 'TXT'), '01 61 00 0010 00ff 00000000 0000'],
  ])('says in class, TTL and data: %s', (_case, record, wire) => {
    expect(encodeRecord(record)).toEqual(bytes(wire))
  })

  it('requires all values of a set, one record each, in the class of the zone', () => {
    expect(requireValues('a', [address(1), address(2)]).map(encodeRecord)).toEqual([
      bytes('01 61 00 0001 0001 00000000 0004 c0000201'),
      bytes('01 61 00 0001 0001 00000000 0004 c0000202'),
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
