import { describe, expect, it } from 'vitest'
import { blog, key, ours, owner, OURS, shop, stored, ZONE } from '../../test/support/zone-builders.ts'
import type { Fqdn } from '../model/name.ts'
import type { StoredSet } from '../model/record-set.ts'
import { hashChanges, hashPlans } from './hash-plan.ts'
import type { Change, Plan } from './plan.ts'

const update = (previous: StoredSet, next: StoredSet): Change => ({
  kind: 'update',
  key: previous.key,
  resource: shop,
  previous,
  next,
})
const base = update(ours('A shop', ['192.0.2.1']), ours('A shop', ['192.0.2.2']))
const other: Change = {
  kind: 'create',
  key: key('A blog'),
  resource: blog,
  next: ours('A blog', ['192.0.2.1'], {}, blog),
}

describe('the hash of changes', () => {
  it('does not depend on their order, nor on what a set does not say', () => {
    expect(hashChanges([base, other])).toBe(hashChanges([other, base]))
    const reworded = stored('A shop', [['192.0.2.2', { ...owner(shop), resource: 'uid uid-shop' }]], { options: {} })
    expect(hashChanges([update(ours('A shop', ['192.0.2.1']), reworded)])).toBe(hashChanges([base]))
  })

  it.each<[string, readonly Change[]]>([
    ['nothing', []],
    ['one change more', [base, other]],
    ['another kind of change', [{ ...base, kind: 'delete' } as Change]],
    ['another key', [update(ours('A blog', ['192.0.2.1']), ours('A blog', ['192.0.2.2']))]],
    ['another value before', [update(ours('A shop', ['192.0.2.9']), ours('A shop', ['192.0.2.2']))]],
    ['another value after', [update(ours('A shop', ['192.0.2.1']), ours('A shop', ['192.0.2.9']))]],
    ['another TTL', [update(ours('A shop', ['192.0.2.1']), ours('A shop', ['192.0.2.2'], { ttl: 60 }))]],
    ['another owner', [update(ours('A shop', ['192.0.2.1']), ours('A shop', ['192.0.2.2'], {}, blog))]],
    ['no owner', [update(ours('A shop', ['192.0.2.1']), stored('A shop', [['192.0.2.2']]))]],
    ['adoption', [update(ours('A shop', ['192.0.2.1']), stored('A shop', [['192.0.2.2', owner(shop, OURS, true)]]))]],
    [
      'an option',
      [update(ours('A shop', ['192.0.2.1']), ours('A shop', ['192.0.2.2'], { options: { proxied: false } }))],
    ],
    [
      'routing',
      [
        update(
          ours('A shop', ['192.0.2.1']),
          ours('A shop', ['192.0.2.2'], { routing: { policy: 'Weighted', weight: 1 } }),
        ),
      ],
    ],
  ])('differs for %s', (_name, changes) => {
    expect(hashChanges(changes)).not.toBe(hashChanges([base]))
  })

  it('is bound to a generation when one is given', () => {
    expect(new Set([hashChanges([base]), hashChanges([base], 1), hashChanges([base], 2)]).size).toBe(3)
  })

  it('tells zones apart, whatever their order', () => {
    const plan: Plan = { zone: ZONE, changes: [base], refusals: [], holds: [], notes: [], unchanged: 0 }
    const elsewhere: Plan = { ...plan, zone: { ...ZONE, zone: 'example.net' as Fqdn } }
    expect(hashPlans([plan])).not.toBe(hashPlans([elsewhere]))
    expect(hashPlans([plan, elsewhere])).toBe(hashPlans([elsewhere, plan]))
    expect(hashPlans([plan])).toMatch(/^[0-9a-f]{16}$/)
  })
})
