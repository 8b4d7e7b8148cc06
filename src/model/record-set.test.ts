import { describe, expect, it } from 'vitest'
import type { Fqdn } from './name.ts'
import { isMarkedFor, isOwnedBy, ownerFor } from './owner.ts'
import { compareKeys, compareText, describeKey, describeResource, keyText, type OwnerId } from './record-set.ts'

const simple = { name: 'shop.example.com' as Fqdn, type: 'A', setId: '' } as const
const routed = { ...simple, setId: 'us' }
const shop = { uid: 'uid-1', namespace: 'web', name: 'shop' }

describe('keys', () => {
  it('have one text each, and one for people', () => {
    expect([keyText(simple), keyText(routed)]).toEqual(['shop.example.com A', 'shop.example.com A us'])
    expect([describeKey(simple), describeKey(routed)]).toEqual(['A shop.example.com', 'A shop.example.com (us)'])
  })

  it('sort the same on every machine', () => {
    expect([routed, simple].sort(compareKeys)).toEqual([simple, routed])
    expect(['ä', 'b', 'B', 'a'].sort(compareText)).toEqual(['B', 'a', 'b', 'ä'])
    expect(compareText('a', 'a')).toBe(0)
  })
})

describe('owners', () => {
  const id = 'cluster-a' as OwnerId
  const value = { value: '192.0.2.1', owner: ownerFor(id, shop, true) }

  it('are marked with the resource and its uid', () => {
    expect(value.owner).toEqual({ id, uid: 'uid-1', resource: 'dynamicdnsrecord/web/shop', adopted: true })
    expect(describeResource(shop)).toBe('web/shop')
    expect(describeResource({ uid: 'u', namespace: '', name: 'uid u' })).toBe('uid u')
  })

  it('are told apart by id and by uid', () => {
    expect(isOwnedBy(value, id)).toBe(true)
    expect(isOwnedBy(value, 'cluster-b' as OwnerId)).toBe(false)
    expect(isOwnedBy({ value: '192.0.2.1', owner: undefined }, id)).toBe(false)
    expect(isMarkedFor(value, id, shop)).toBe(true)
    expect(isMarkedFor(value, id, { ...shop, uid: 'uid-2' })).toBe(false)
    expect(isMarkedFor(value, 'cluster-b' as OwnerId, shop)).toBe(false)
  })
})
