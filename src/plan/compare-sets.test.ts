import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OwnedValue, OwnerId, StoredSet } from '../model/record-set.ts'
import type { Fqdn } from '../model/name.ts'
import { contentText, sameContent } from './compare-sets.ts'

const owners = fc.record({
  id: fc.constantFrom('us' as OwnerId, 'them' as OwnerId),
  uid: fc.constantFrom(undefined, 'uid-1', 'uid-2'),
  resource: fc.constantFrom('dynamicdnsrecord/web/a', 'dynamicdnsrecord/web/b'),
  adopted: fc.boolean(),
})
const values: fc.Arbitrary<OwnedValue> = fc.record({
  value: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3'),
  owner: fc.option(owners, { nil: undefined }),
})
const sets: fc.Arbitrary<StoredSet> = fc.record({
  key: fc.constant({ name: 'a.example.com' as Fqdn, type: 'A' as const, setId: '' }),
  ttl: fc.constantFrom(60, 300),
  routing: fc.constantFrom(undefined, { policy: 'Weighted' as const, weight: 1 }),
  options: fc.constantFrom(undefined, {}, { proxied: true }, { proxied: false }),
  values: fc.array(values, { maxLength: 3 }),
})

describe('sameContent', () => {
  test('says the same as comparing the whole texts', () => {
    fc.assert(fc.property(sets, sets, (a, b) => sameContent(a, b) === (contentText(a) === contentText(b))))
  })

  test('does not mind in which order the values come, nor what a marker says for people', () => {
    const shuffled = sets.chain((set) => {
      const copies = fc.shuffledSubarray([...set.values], { minLength: set.values.length })
      return copies.map((copy) => [set, { ...set, values: copy.map(renamed) }] as const)
    })
    fc.assert(fc.property(shuffled, ([a, b]) => sameContent(a, b)))
  })
})

describe('sameContent of values', () => {
  const one: OwnedValue = { value: '192.0.2.1', owner: undefined }
  const two: OwnedValue = { value: '192.0.2.2', owner: undefined }
  const three: OwnedValue = { value: '192.0.2.3', owner: undefined }
  const key = { name: 'a.example.com' as Fqdn, type: 'A' as const, setId: '' }
  const setOf = (values: readonly OwnedValue[]): StoredSet => {
    return { key, ttl: 60, values, routing: undefined, options: undefined }
  }

  test.each([
    { title: 'the same in the same order', a: [one, two], b: [one, two], same: true },
    { title: 'the same in another order', a: [one, two], b: [two, one], same: true },
    { title: 'fewer', a: [one, two], b: [one], same: false },
    { title: 'one in the place of another', a: [one, two], b: [one, three], same: false },
    { title: 'as many, of which another is there twice', a: [one, one, two], b: [one, two, two], same: false },
  ])('$title: $same', ({ a, b, same }) => {
    expect(sameContent(setOf(a), setOf(b))).toBe(same)
  })
})

function renamed({ value, owner }: OwnedValue): OwnedValue {
  return { value, owner: owner && { ...owner, resource: 'dynamicdnsrecord/elsewhere/c' } }
}
