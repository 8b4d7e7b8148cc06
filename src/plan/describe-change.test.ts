import { describe, expect, it } from 'vitest'
import { blog, key, ours, OURS, owner, shop, stored } from '../../test/support/zone-builders.ts'
import type { StoredSet } from '../model/record-set.ts'
import { describeChange } from './describe-change.ts'
import type { Change } from './plan.ts'

const create = (next: StoredSet): Change => ({ kind: 'create', key: next.key, resource: shop, next })
const update = (previous: StoredSet, next: StoredSet): Change => ({
  kind: 'update',
  key: next.key,
  resource: shop,
  previous,
  next,
})

describe('a change reads as one sentence', () => {
  it.each<[string, Change]>([
    ['create A shop.example.com: 192.0.2.1 (TTL 300)', create(ours('A shop', ['192.0.2.1']))],
    [
      'create A shop.example.com (us): 192.0.2.1 (TTL 60, weight 10, comment edge, proxied true)',
      create(
        ours('A shop us', ['192.0.2.1'], {
          ttl: 60,
          routing: { policy: 'Weighted', weight: 10 },
          options: { proxied: true, comment: 'edge' },
        }),
      ),
    ],
    [
      'create A shop.example.com (us): 192.0.2.1 (TTL 300, region us-east-1)',
      create(ours('A shop us', ['192.0.2.1'], { routing: { policy: 'Latency', region: 'us-east-1' } })),
    ],
    [
      'create A shop.example.com (us): 192.0.2.1 (TTL 300, subdivision US-CA)',
      create(
        ours('A shop us', ['192.0.2.1'], {
          routing: { policy: 'Geo', location: { kind: 'subdivision', code: 'US-CA' } },
        }),
      ),
    ],
    [
      'create A shop.example.com (rest): 192.0.2.1 (TTL 300, everywhere else)',
      create(ours('A shop rest', ['192.0.2.1'], { routing: { policy: 'Geo', location: { kind: 'default' } } })),
    ],
    [
      'update A shop.example.com (us): weight 10 → weight 20, proxied true',
      update(
        ours('A shop us', ['192.0.2.1'], { routing: { policy: 'Weighted', weight: 10 } }),
        ours('A shop us', ['192.0.2.1'], {
          routing: { policy: 'Weighted', weight: 20 },
          options: { proxied: true },
        }),
      ),
    ],
    [
      'update A shop.example.com: proxied true → no settings',
      update(ours('A shop', ['192.0.2.1'], { options: { proxied: true } }), ours('A shop', ['192.0.2.1'])),
    ],
    [
      'update A shop.example.com: adopts what had no owner; takes over from dynamicdnsrecord/web/blog',
      update(
        stored('A shop', [['192.0.2.1'], ['192.0.2.2', ours('A b', ['x'], {}, blog).values[0]?.owner]]),
        ours('A shop', ['192.0.2.1', '192.0.2.2']),
      ),
    ],
    [
      'update A shop.example.com: is marked anew',
      update(ours('A shop', ['192.0.2.1']), stored('A shop', [['192.0.2.1', owner(shop, OURS, true)]])),
    ],
    [
      'delete TXT shop.example.com: was evil\\u{1b}[2J\\u{202e} (TTL 300)',
      { kind: 'delete', key: key('TXT shop'), resource: shop, previous: ours('TXT shop', ['evil\u001b[2J\u202e']) },
    ],
  ])('%s', (sentence, change) => {
    expect(describeChange(change)).toBe(sentence)
  })

  it('lists at most ten values', () => {
    const many = Array.from({ length: 1_234 }, (_, index) => `v${1000 + index}`)
    expect(describeChange(create(ours('A shop', many)))).toBe(
      'create A shop.example.com: v1000, v1001, v1002, v1003, v1004, v1005, v1006, v1007, v1008, v1009 and 1,224 more (TTL 300)',
    )
  })
})
