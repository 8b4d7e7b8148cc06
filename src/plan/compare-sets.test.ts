import fc from 'fast-check'
import { describe, test } from 'vitest'
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

function renamed({ value, owner }: OwnedValue): OwnedValue {
  return { value, owner: owner && { ...owner, resource: 'dynamicdnsrecord/elsewhere/c' } }
}
