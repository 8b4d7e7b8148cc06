import { describe, expect, it } from 'vitest'
import { A, CDN, check, CNAME } from '../../test/support/derive-cases.ts'
import {
  addresses,
  derive,
  EDGE,
  follow,
  FRONT,
  HOME,
  known,
  MAIN,
  members,
  NOW,
  unknown,
} from '../../test/support/record-builders.ts'

describe('a target that gives a hostname', () => {
  const spec = { targets: [CDN] }
  const contributions = [known('cdn', follow('cdn.example.net'))]
  const apex = { ...spec, hostnames: ['example.com'] }
  check([
    ['is followed', { spec, contributions }, [`update ${CNAME} = cdn.example.net`]],
    [
      'takes the place of addresses in one go',
      { spec, contributions, published: [`${A} = 192.0.2.1`] },
      [`clear ${A} (DeleteUnlessAdopted)`, `update ${CNAME} = cdn.example.net`],
    ],
    [
      'gives way to addresses in one go',
      { contributions: [known('edge', members('n1 192.0.2.1'))], published: [`${CNAME} = cdn.example.net`] },
      [`update ${A} = 192.0.2.1`, `clear ${CNAME} (DeleteUnlessAdopted)`],
    ],
    [
      'does not give way to nothing',
      { contributions: [known('edge', members('n1 192.0.2.1 notReady'))], published: [`${CNAME} = cdn.example.net`] },
      [`hold ${A} (BelowMinimum)`, `hold ${CNAME} (BelowMinimum)`],
    ],
    [
      'is followed by ALIAS at the apex',
      { spec: apex, contributions, able: { apexAlias: 'ALIAS' } },
      ['update ALIAS example.com = cdn.example.net'],
    ],
    [
      'is followed by CNAME at the apex where the provider flattens it',
      { spec: apex, contributions, able: { apexAlias: 'CNAME' } },
      ['update CNAME example.com = cdn.example.net'],
    ],
    [
      'is refused at the apex otherwise',
      { spec: apex, contributions, able: { apexAlias: undefined }, published: ['A example.com = 192.0.2.1'] },
      ['hold A example.com (AliasUnsupported)', 'AliasUnsupported example.com'],
    ],
    [
      'is refused beside addresses, which go on',
      {
        spec: { targets: [EDGE, FRONT] },
        contributions: [known('edge', members('n1 192.0.2.1')), known('front', follow('lb.example.net'))],
      },
      [`update ${A} = 192.0.2.1`, 'CNAMEConflict shop.example.com'],
    ],
    [
      'is followed beside a pool that has no address of the families',
      {
        spec: { targets: [EDGE, FRONT] },
        contributions: [known('edge', members('n1 2001:db8::1')), known('front', follow('lb.example.net'))],
      },
      [`update ${CNAME} = lb.example.net`],
    ],
    [
      'is refused beside another hostname',
      {
        spec: { targets: [CDN, FRONT] },
        contributions: [known('cdn', follow('cdn.example.net')), known('front', follow('lb.example.net'))],
      },
      ['CNAMEConflict shop.example.com'],
    ],
    [
      'is followed beside the same hostname',
      {
        spec: { targets: [CDN, FRONT] },
        contributions: [known('cdn', follow('cdn.example.net')), known('front', follow('cdn.example.net'))],
      },
      [`update ${CNAME} = cdn.example.net`],
    ],
    [
      'is refused where it would follow itself',
      { spec: { targets: [FRONT] }, contributions: [known('front', follow('shop.example.com'))] },
      ['CNAMEConflict shop.example.com'],
    ],
    [
      'meets the floor of its entry, so that another region may go',
      {
        spec: {
          hostnames: ['{region}.example.com'],
          targets: [
            { ...EDGE, region: 'us' },
            { ...FRONT, region: 'eu' },
          ],
        },
        contributions: [known('edge', members('n1 192.0.2.1 unhealthy us')), known('front', follow('lb.example.net'))],
        published: ['A us.example.com = 192.0.2.1', 'CNAME eu.example.com = lb.example.net'],
      },
      ['update CNAME eu.example.com = lb.example.net', 'clear A us.example.com (DeleteUnlessAdopted)'],
    ],
  ])
})

describe('routing by the provider', () => {
  const edge = known('edge', members('n1 192.0.2.1'))
  const home = known('home', addresses('192.0.2.9'))
  const routing = (policy: 'Weighted' | 'Latency' | 'Geo', fallback?: 'Simple') => ({
    routing: { policy, failbackSeconds: 60, ...(fallback && { fallback }) },
  })
  const weighted = [
    { ...EDGE, weight: 0 },
    { ...HOME, weight: 10 },
  ]
  const routed = [`update ${A} (edge) = 192.0.2.1`, `update ${A} (home) = 192.0.2.9`]

  check([
    [
      'gives each target a set of its own',
      { spec: { ...routing('Weighted'), targets: weighted }, contributions: [edge, home] },
      routed,
    ],
    [
      'lets one set go while the others meet the floor',
      {
        spec: { ...routing('Weighted'), targets: weighted },
        contributions: [known('edge', members('n1 192.0.2.1 unhealthy')), home],
        published: [`${A} edge = 192.0.2.1`, `${A} home = 192.0.2.9`],
      },
      [`clear ${A} (edge) (DeleteUnlessAdopted)`, `update ${A} (home) = 192.0.2.9`],
    ],
    [
      'follows several hostnames',
      {
        spec: { ...routing('Weighted'), targets: weighted },
        contributions: [known('edge', follow('a.example.net')), known('home', follow('b.example.net'))],
      },
      [`update ${CNAME} (edge) = a.example.net`, `update ${CNAME} (home) = b.example.net`],
    ],
    [
      'is refused where the provider cannot',
      {
        spec: { ...routing('Weighted'), targets: weighted },
        contributions: [edge, home],
        able: { routing: [] },
        published: [`${A} = 192.0.2.5`],
      },
      [`hold ${A} (RoutingUnsupported)`, 'RoutingUnsupported shop.example.com'],
    ],
    [
      'falls back to all targets together, without those of no weight',
      {
        spec: { ...routing('Weighted', 'Simple'), targets: weighted },
        contributions: [edge, home],
        able: { routing: [] },
      },
      [`update ${A} = 192.0.2.9`],
    ],
    [
      'falls back to all targets together where none has weight',
      {
        spec: { ...routing('Weighted', 'Simple'), targets: [{ ...EDGE, weight: 0 }] },
        contributions: [edge],
        able: { routing: [] },
      },
      [`update ${A} = 192.0.2.1`],
    ],
    [
      'falls back to those of no weight where the others have no member left, and keeps nobody who was deleted',
      {
        spec: { ...routing('Weighted', 'Simple'), targets: weighted },
        contributions: [edge, known('home', members())],
        published: [`${A} = 192.0.2.9`],
        able: { routing: [] },
      },
      [`update ${A} = 192.0.2.1`],
    ],
    [
      'leaves what is published while nothing is known of the only target with weight',
      {
        spec: { ...routing('Weighted', 'Simple'), targets: weighted },
        contributions: [edge, unknown('home')],
        memory: { targets: new Set(['edge', 'home']) },
        published: [`${A} = 192.0.2.1 192.0.2.2`],
        able: { routing: [] },
      },
      [`hold ${A} (PoolNotFound)`],
    ],
    [
      'leaves what is published while nothing is remembered of any target',
      {
        spec: { ...routing('Weighted', 'Simple'), targets: weighted },
        contributions: [edge, unknown('home')],
        memory: { targets: undefined },
        published: [`${A} = 192.0.2.2`],
        able: { routing: [] },
      },
      [`hold ${A} (PoolNotFound)`],
    ],
    [
      'goes on with the others that have weight',
      {
        spec: {
          ...routing('Weighted', 'Simple'),
          targets: [...weighted, { ...EDGE, name: 'far', weight: 1 }],
        },
        contributions: [edge, unknown('home'), known('far', members('f1 192.0.2.5'))],
        memory: { targets: new Set(['edge', 'home', 'far']) },
        able: { routing: [] },
      },
      [`update ${A} = 192.0.2.5`],
    ],
    [
      'brings nobody of no weight while nothing is known of the only target with weight',
      {
        spec: { ...routing('Weighted', 'Simple'), targets: weighted },
        contributions: [edge, unknown('home')],
        memory: { targets: new Set(['edge', 'home']) },
        able: { routing: [] },
      },
      [`hold ${A} (PoolNotFound)`],
    ],
    [
      'takes those of no weight at a new name while nothing is known of the only target with weight',
      {
        spec: { ...routing('Weighted', 'Simple'), targets: weighted },
        contributions: [edge, unknown('home')],
        memory: { targets: undefined },
        able: { routing: [] },
      },
      [`update ${A} = 192.0.2.1`],
    ],
    [
      'follows the hostname of the only target with weight',
      {
        spec: { ...routing('Weighted', 'Simple'), targets: weighted },
        contributions: [edge, known('home', follow('cdn.example.net'))],
        able: { routing: [] },
      },
      [`update ${CNAME} = cdn.example.net`],
    ],
    [
      'turns to simple in one go',
      {
        spec: { targets: [EDGE, HOME] },
        contributions: [edge, known('home', addresses('192.0.2.9 unhealthy'))],
        published: [`${A} edge = 192.0.2.1`, `${A} home = 192.0.2.9`],
      },
      [`update ${A} = 192.0.2.1`, `clear ${A} (edge) (DeleteUnlessAdopted)`, `clear ${A} (home) (DeleteUnlessAdopted)`],
    ],
    [
      'has nothing to say where a target is not in the spec',
      { spec: { ...routing('Latency'), targets: [] }, contributions: [edge] },
      [`update ${A} (edge) = 192.0.2.1`],
    ],
  ])

  it.each([
    [routing('Weighted'), { weight: 10 }, { policy: 'Weighted', weight: 10 }],
    [routing('Latency'), { region: 'us-east-1' }, { policy: 'Latency', region: 'us-east-1' }],
    [routing('Geo'), { geo: { continent: 'EU' } }, { policy: 'Geo', location: { kind: 'continent', code: 'EU' } }],
    [routing('Geo'), { geo: { country: 'DE' } }, { policy: 'Geo', location: { kind: 'country', code: 'DE' } }],
    [
      routing('Geo'),
      { geo: { subdivision: 'US-CA' } },
      { policy: 'Geo', location: { kind: 'subdivision', code: 'US-CA' } },
    ],
    [routing('Geo'), { geo: { default: true } }, { policy: 'Geo', location: { kind: 'default' } }],
  ] as const)('hands the provider what it needs: %j %j', (policy, target, expected) => {
    const { intents } = derive({ spec: { ...policy, targets: [{ ...EDGE, ...target }] }, contributions: [edge] })
    expect(intents).toMatchObject([{ key: { setId: 'edge' }, routing: expected }])
  })

  it('says where it falls back', () => {
    const spec = { ...routing('Latency', 'Simple'), targets: [{ ...EDGE, region: 'us' }] }
    const { notes, refusals } = derive({ spec, contributions: [edge], able: { routing: ['Weighted'] } })
    expect(refusals).toEqual([])
    expect(notes).toMatchObject([
      { message: 'DNSProvider web/main does not know routing.policy Latency; all targets are published together' },
    ])
  })
})

describe('failover', () => {
  const spec = (minAddresses = 1) => ({
    minAddresses,
    routing: { policy: 'Failover', failbackSeconds: 60 } as const,
    targets: [EDGE, { ...HOME, priority: 2 }, { ...CDN, priority: 3 }],
  })
  const cdn = known('cdn', follow('cdn.example.net'))
  const home = known('home', addresses('192.0.2.9'))
  const sick = known('edge', members('n1 192.0.2.1 unhealthy', 'n2 192.0.2.2 unhealthy'))
  const onFirst = { failover: { group: 1, since: NOW - 1000, betterSince: undefined } }

  check([
    [
      'publishes the first group that is usable',
      { spec: spec(), contributions: [known('edge', members('n1 192.0.2.1')), home, cdn] },
      [`update ${A} = 192.0.2.1`],
    ],
    [
      'leaves a group that is not usable at once',
      { spec: spec(), contributions: [sick, home, cdn], published: [`${A} = 192.0.2.1`], memory: onFirst },
      [`update ${A} = 192.0.2.9`],
    ],
    [
      'leaves addresses for a hostname without a gap',
      {
        spec: spec(),
        contributions: [sick, known('home', addresses('192.0.2.9 unhealthy')), cdn],
        published: [`${A} = 192.0.2.1`],
        memory: onFirst,
      },
      [`clear ${A} (DeleteUnlessAdopted)`, `update ${CNAME} = cdn.example.net`],
    ],
    [
      'keeps what is published when no group is usable',
      {
        spec: { ...spec(), targets: [EDGE] },
        contributions: [sick],
        published: [`${A} = 192.0.2.1, 192.0.2.2`],
        memory: onFirst,
      },
      [`hold ${A} (BelowMinimum)`],
    ],
    [
      'publishes all of the first group when nothing was ever usable',
      { spec: { ...spec(), targets: [EDGE] }, contributions: [sick] },
      [`update ${A} = 192.0.2.1, 192.0.2.2`],
    ],
    [
      'keeps what is published when no group is usable, and gives a name that is new all of the group',
      {
        spec: { ...spec(), targets: [EDGE], hostnames: ['shop.example.com', 'new.example.com'] },
        contributions: [sick],
        published: [`${A} = 192.0.2.1`],
        memory: onFirst,
      },
      ['update A new.example.com = 192.0.2.1, 192.0.2.2', `hold ${A} (BelowMinimum)`],
    ],
    [
      'moves a name without a gap when no group is usable',
      {
        spec: { ...spec(), targets: [EDGE], hostnames: ['new.example.com'] },
        contributions: [sick],
        published: [`${A} = 192.0.2.1`],
        memory: onFirst,
      },
      ['update A new.example.com = 192.0.2.1, 192.0.2.2', `clear ${A} (DeleteUnlessAdopted)`],
    ],
    [
      'asks of a group no more than it has',
      { spec: spec(3), contributions: [known('edge', members('n1 192.0.2.1', 'n2 192.0.2.2')), home, cdn] },
      [`update ${A} = 192.0.2.1, 192.0.2.2`],
    ],
    [
      'counts a member once though after a restart each of its addresses is remembered by itself',
      {
        spec: { ...spec(3), addressFamilies: ['IPv4', 'IPv6'], targets: [EDGE, HOME] },
        contributions: [
          unknown('edge', members('edge 192.0.2.1', 'edge 2001:db8::1', 'edge 192.0.2.2')),
          known('home', addresses('192.0.2.8 draining', '192.0.2.9 unhealthy')),
        ],
        published: [`${A} = 192.0.2.1, 192.0.2.2, 192.0.2.8, 192.0.2.9`],
        memory: onFirst,
      },
      [`hold ${A} (BelowMinimum)`, 'hold AAAA shop.example.com (BelowMinimum)'],
    ],
    [
      'takes nothing away while what is not known of the group may be what it was kept for',
      {
        spec: { ...spec(2), targets: [EDGE, HOME] },
        contributions: [known('edge', members('n1 192.0.2.1')), unknown('home')],
        published: [`${A} = 192.0.2.1, 192.0.2.9`],
        memory: onFirst,
      },
      [`hold ${A} (BelowMinimum)`],
    ],
    [
      'goes on without a target that is not known where the others of the group are enough',
      {
        spec: { ...spec(), targets: [EDGE, HOME] },
        contributions: [known('edge', members('n1 192.0.2.1')), unknown('home')],
        published: [`${A} = 192.0.2.1, 192.0.2.2`],
        memory: { ...onFirst, targets: new Set(['edge']) },
      },
      [`update ${A} = 192.0.2.1`],
    ],
    [
      'keeps what is published where what is known of the group is unfit',
      {
        spec: { ...spec(), targets: [EDGE, HOME] },
        contributions: [sick, unknown('home')],
        published: [`${A} = 192.0.2.1, 192.0.2.9`],
        memory: onFirst,
      },
      [`hold ${A} (BelowMinimum)`],
    ],
    [
      'takes nothing away of which nobody remembers which group it is',
      {
        spec: { ...spec(), targets: [EDGE, { ...HOME, priority: 2 }] },
        contributions: [unknown('edge'), known('home', addresses('192.0.2.9'))],
        published: [`${A} = 192.0.2.9`],
        memory: { targets: undefined },
      },
      [`hold ${A} (BelowMinimum)`],
    ],
  ])

  it('remembers its choice, and says when it may change and why', () => {
    const contributions = [known('edge', members('n1 192.0.2.1')), home, cdn]
    const memory = { failover: { group: 2, since: NOW - 9000, betterSince: NOW - 1000 } }
    const derivation = derive({ spec: spec(), contributions, published: [`${A} = 192.0.2.9`], memory })
    expect(derivation).toMatchObject({ failover: memory.failover, nextChangeAt: NOW + 59_000 })
    expect(derivation.failoverMessage).toContain('priority 2 is published until a better one')
  })

  it('chooses nothing before anything has been read', () => {
    const contributions = [known('edge', members('n1 192.0.2.1')), home, cdn]
    const memory = { failover: { group: 2, since: NOW - 9000, betterSince: undefined }, zones: [MAIN] }
    expect(derive({ spec: spec(), contributions, zones: [], memory }).failover).toEqual(memory.failover)
  })

  it('has no shortfall while the whole of a small group is fit', () => {
    const contributions = [known('edge', members('n1 192.0.2.1')), home, cdn]
    expect(derive({ spec: spec(3), contributions }).shortfalls).toEqual([])
  })

  it('has no shortfall while the group is a name that is followed', () => {
    const contributions = [sick, known('home', addresses('192.0.2.9 unhealthy')), cdn]
    expect(derive({ spec: spec(3), contributions }).shortfalls).toEqual([])
  })
})
