import { describe, expect, it } from 'vitest'
import { blog, ours, OURS, owner, shop, stored, THEIRS } from '../../test/support/zone-builders.ts'
import { describeResource, keyText } from '../model/record-set.ts'
import { describeChange } from './describe-change.ts'
import { findOrphans, planPrune } from './orphans.ts'

const nobody = (): boolean => false

describe('orphans', () => {
  it('are the sets with our mark that nothing claims, sorted', () => {
    const sets = [
      ours('A b', ['192.0.2.1']),
      ours('A a', ['192.0.2.1'], {}, blog),
      ours('A c', ['192.0.2.1']),
      stored('A d', [['192.0.2.1', owner(shop, THEIRS)]]),
      stored('A e', [['192.0.2.1']]),
      stored('A f', [['192.0.2.1', { id: OURS, uid: undefined, resource: 'service/web/f', adopted: false }]]),
    ]
    const found = findOrphans(sets, OURS, ({ name }, uid) => name === 'c.example.com' && uid === shop.uid)
    expect(found.count).toBe(2)
    expect(found.keys.map(keyText)).toEqual(['a.example.com A', 'b.example.com A'])
    expect(found.sets.map(({ resource }) => describeResource(resource))).toEqual(['web/blog', 'web/shop'])
  })

  it('have one hash whatever their order, and another as soon as one changes', () => {
    const [a, b] = [ours('A a', ['192.0.2.1']), ours('A b', ['192.0.2.1'])]
    const hash = findOrphans([a, b], OURS, nobody).hash
    expect(findOrphans([b, a], OURS, nobody).hash).toBe(hash)
    expect(findOrphans([a], OURS, nobody).hash).not.toBe(hash)
    expect(findOrphans([a, ours('A b', ['192.0.2.2'])], OURS, nobody).hash).not.toBe(hash)
  })

  it('count a set when one of its values is an orphan, and differ by which one', () => {
    const shared = stored('A a', [
      ['192.0.2.1', owner(shop)],
      ['192.0.2.2', owner(blog)],
    ])
    const found = findOrphans([shared], OURS, (_key, uid) => uid === blog.uid)
    expect(found.sets[0]?.values.map(({ value }) => value)).toEqual(['192.0.2.1'])
    expect(findOrphans([shared], OURS, (_key, uid) => uid === shop.uid).hash).not.toBe(found.hash)
  })

  it('are named by their mark where it does not name a resource', () => {
    const bare = stored('A a', [['192.0.2.1', { ...owner(shop), resource: 'uid uid-shop' }]])
    const [orphan] = findOrphans([bare], OURS, nobody).sets
    expect(orphan && describeResource(orphan.resource)).toBe('uid uid-shop')
  })
})

describe('pruning', () => {
  const sets = [
    ours('A a', ['192.0.2.1']),
    stored('A b', [
      ['192.0.2.1', owner(shop)],
      ['192.0.2.9', owner(blog, THEIRS)],
    ]),
  ]

  it('removes exactly the approved list, and of shared sets only what is an orphan', () => {
    const orphans = findOrphans(sets, OURS, nobody)
    const prune = planPrune(orphans, orphans.hash)
    expect(prune.kind === 'approved' && prune.changes.map(describeChange)).toEqual([
      'delete A a.example.com: was 192.0.2.1 (TTL 300)',
      'update A b.example.com: removes 192.0.2.1',
    ])
  })

  it('removes nothing when the list is no longer the approved one', () => {
    const orphans = findOrphans(sets, OURS, nobody)
    expect(planPrune(orphans, '0123456789abcdef')).toEqual({
      kind: 'refused',
      message: `the list of orphans approved as 0123456789abcdef is now another one, ${orphans.hash}: look at it with \`stoa orphans\``,
    })
  })
})
