import { describe, expect, it } from 'vitest'
import { A, AAAA, check, CNAME } from '../../test/support/derive-cases.ts'
import {
  addresses,
  derive,
  derivedTexts,
  EDGE,
  FRONT,
  HOME,
  known,
  MAIN,
  members,
  readZone,
  unknown,
  zone,
  type Situation,
} from '../../test/support/record-builders.ts'

describe('a target that is unknown', () => {
  const two = { targets: [EDGE, HOME] }
  check([
    [
      'goes on with what it gave last',
      { contributions: [unknown('edge', members('n1 192.0.2.1'))], published: [`${A} = 192.0.2.1`] },
      [`update ${A} = 192.0.2.1`],
    ],
    [
      'goes on giving to a hostname that is new',
      {
        spec: { targets: [HOME], hostnames: ['shop.example.com', 'new.example.com'] },
        contributions: [unknown('home', addresses('192.0.2.1'))],
        published: [`${A} = 192.0.2.1`],
      },
      ['update A new.example.com = 192.0.2.1', `update ${A} = 192.0.2.1`],
    ],
    ['is waited for where it is all there is', { contributions: [unknown('edge')] }, [`hold ${A} (PoolNotFound)`]],
    [
      'freezes nothing of another',
      {
        spec: two,
        contributions: [unknown('home', addresses('192.0.2.9')), known('edge', members('n2 192.0.2.2'))],
        published: [`${A} = 192.0.2.1, 192.0.2.9`],
      },
      [`update ${A} = 192.0.2.2, 192.0.2.9`],
    ],
    [
      'freezes nothing of another though it never gave anything',
      {
        spec: two,
        contributions: [unknown('home'), known('edge', members('n2 192.0.2.2'))],
        published: [`${A} = 192.0.2.1, 192.0.2.2`],
        memory: { targets: new Set(['edge']) },
      },
      [`update ${A} = 192.0.2.2`],
    ],
    [
      'keeps what nobody else accounts for when nothing is remembered',
      {
        spec: two,
        contributions: [unknown('home'), known('edge', members('n2 192.0.2.2'))],
        published: [`${A} = 192.0.2.2, 192.0.2.9`],
        memory: { targets: undefined },
      },
      [`update ${A} = 192.0.2.2, 192.0.2.9`],
    ],
    [
      'keeps its own routed set when nothing is remembered',
      {
        spec: {
          routing: { policy: 'Weighted', failbackSeconds: 60 },
          targets: [
            { ...EDGE, weight: 1 },
            { ...HOME, weight: 2 },
          ],
        },
        contributions: [unknown('home'), known('edge', members('n2 192.0.2.2'))],
        published: [`${A} edge = 192.0.2.1`, `${A} home = 192.0.2.9`],
        memory: { targets: undefined },
      },
      [`update ${A} (edge) = 192.0.2.2`, `update ${A} (home) = 192.0.2.9`],
    ],
    [
      'keeps the hostname of a Service when nothing is remembered',
      { spec: { targets: [FRONT] }, contributions: [unknown('front')], published: [`${CNAME} = lb.example.net`] },
      [`update ${CNAME} = lb.example.net`],
    ],
    [
      'is not taken for a hostname where it cannot give one',
      { spec: { targets: [HOME] }, contributions: [unknown('home')], published: [`${CNAME} = lb.example.net`] },
      [`hold ${A} (PoolNotFound)`, `hold ${CNAME} (PoolNotFound)`],
    ],
    [
      'keeps a family that is not remembered beside one that is known',
      {
        spec: { targets: [EDGE, HOME], addressFamilies: ['IPv4', 'IPv6'] },
        contributions: [
          known('home', addresses('192.0.2.9'), { unknownFamilies: ['IPv6'] }),
          known('edge', members('n1 2001:db8::1')),
        ],
        published: [`${A} = 192.0.2.8`, `${AAAA} = 2001:db8::1, 2001:db8::9`],
        memory: { targets: undefined },
      },
      [`update ${A} = 192.0.2.9`, `update ${AAAA} = 2001:db8::1, 2001:db8::9`],
    ],
  ])

  it('is remembered to have given nothing once that is certain', () => {
    const contributions = [unknown('home'), known('edge', members('n2 192.0.2.2'))]
    const report = (memory: Situation['memory'], rest: Situation = {}): unknown =>
      derive({ spec: two, contributions, memory: memory ?? {}, ...rest }).targets.find(({ name }) => name === 'home')
    const open = { name: 'home', source: 'wan/web/home', known: false, message: 'home is not there' }
    const nothing = { ...open, addresses: [], healthy: 0, total: 0 }
    expect(report({ targets: new Set(['edge']) })).toEqual(nothing)
    expect(report({ targets: undefined })).toEqual(nothing)
    expect(report({ targets: undefined, zones: [MAIN] }, { zones: [] })).toEqual(open)
    expect(report({ targets: undefined, zones: [zone('web/main shop.example.com')] })).toEqual(nothing)
    expect(
      report(
        { targets: undefined, zones: [zone('web/main example.com')] },
        { zones: [readZone([], zone('web/other example.net'))] },
      ),
    ).toEqual(open)
    expect(report({ targets: undefined }, { published: [`${A} = 192.0.2.2`] })).toEqual(open)
    expect(report({}, { published: [`${A} = 192.0.2.2`] })).toEqual(open)
    expect(report({})).toEqual(nothing)
  })

  it('that spec does not have is no trouble', () => {
    const contributions = [known('edge', members('n1 192.0.2.1')), known('former', addresses('192.0.2.2'))]
    expect(derivedTexts({ contributions })).toEqual([`update ${A} = 192.0.2.1, 192.0.2.2`])
  })

  it('of which only a family is unknown is reported with the reason', () => {
    const spec = { targets: [HOME], addressFamilies: ['IPv4', 'IPv6'] } as const
    const partly = { unknownFamilies: ['IPv6'] } as const
    const report = (message: string | undefined): unknown =>
      derive({ spec, contributions: [known('home', addresses('192.0.2.1'), { ...partly, message })] }).unknownTargets
    expect(report('IPv6 is unknown: no answer')).toEqual([
      { reason: 'WANAddressUnknown', message: 'IPv6 is unknown: no answer' },
    ])
    expect(report(undefined)).toEqual([
      { reason: 'WANAddressUnknown', message: 'what target home gives is not known wholly' },
    ])
  })
})

describe('hostnames with {member}', () => {
  const hostnames = ['{member}.example.com']
  const n1 = 'A n1.example.com'
  const n2 = 'A n2.example.com'
  check([
    [
      'give a name to each member',
      { spec: { hostnames }, contributions: [known('edge', members('n1 192.0.2.1', 'n2 192.0.2.2'))] },
      [`update ${n1} = 192.0.2.1`, `update ${n2} = 192.0.2.2`],
    ],
    [
      'let the name of a member go that is gone, while the floor of the entry holds',
      {
        spec: { hostnames },
        contributions: [known('edge', members('n1 192.0.2.1'))],
        published: [`${n1} = 192.0.2.1`, `${n2} = 192.0.2.2`],
      },
      [`update ${n1} = 192.0.2.1`, `clear ${n2} (DeleteUnlessAdopted)`],
    ],
    [
      'keep the names of members that are gone when the floor does not hold',
      {
        spec: { hostnames },
        contributions: [known('edge', members())],
        published: [`${n1} = 192.0.2.1`, `${n2} = 192.0.2.2`],
      },
      [`hold ${n1} (BelowMinimum)`, `hold ${n2} (BelowMinimum)`],
    ],
    [
      'keep as many unfit members as the floor of the entry asks for',
      {
        spec: { hostnames },
        contributions: [known('edge', members('n1 192.0.2.1 notReady', 'n2 192.0.2.2 unhealthy'))],
        published: [`${n1} = 192.0.2.1`, `${n2} = 192.0.2.2`],
      },
      [`clear ${n1} (DeleteUnlessAdopted)`, `update ${n2} = 192.0.2.2`],
    ],
    [
      'go on as the pool was last while it is unknown',
      {
        spec: { hostnames },
        contributions: [unknown('edge', members('n1 192.0.2.1', 'n2 192.0.2.2', 'n3 192.0.2.3'))],
        published: [`${n1} = 192.0.2.1`, `${n2} = 192.0.2.2`],
      },
      [`update ${n1} = 192.0.2.1`, `update ${n2} = 192.0.2.2`, 'update A n3.example.com = 192.0.2.3'],
    ],
    [
      'stay as they are while the pool is unknown and nothing is remembered',
      {
        spec: { hostnames },
        contributions: [unknown('edge')],
        published: [`${n1} = 192.0.2.1`, `${n2} = 192.0.2.2`],
        memory: { targets: undefined },
      },
      [`update ${n1} = 192.0.2.1`, `update ${n2} = 192.0.2.2`],
    ],
    [
      'go with a known pool while another is unknown',
      {
        spec: { hostnames, targets: [EDGE, { name: 'core', nodePool: { name: 'core' } }] },
        contributions: [known('edge', members('n3 192.0.2.3')), unknown('core', members('n2 192.0.2.2'))],
        published: [`${n1} = 192.0.2.1`, `${n2} = 192.0.2.2`],
      },
      [`clear ${n1} (DeleteUnlessAdopted)`, `update ${n2} = 192.0.2.2`, 'update A n3.example.com = 192.0.2.3'],
    ],
    [
      'have nothing from a target that is no pool, nor wait for it',
      {
        spec: { hostnames, targets: [EDGE, HOME] },
        contributions: [known('edge', members('n1 192.0.2.1')), unknown('home')],
      },
      [`update ${n1} = 192.0.2.1`],
    ],
    [
      'take nothing from the routed set of another target',
      {
        spec: {
          hostnames,
          routing: { policy: 'Weighted', failbackSeconds: 60 },
          targets: [
            { ...EDGE, weight: 1 },
            { name: 'core', nodePool: { name: 'core' }, weight: 1 },
          ],
        },
        contributions: [unknown('edge'), unknown('core')],
        published: [`${n1} core = 192.0.2.1`],
        memory: { targets: undefined },
      },
      [`update ${n1} (core) = 192.0.2.1`],
    ],
    [
      'refuse two members with one name and harm no other',
      {
        spec: { hostnames },
        contributions: [known('edge', members('a.b 192.0.2.1', 'a-b 192.0.2.2', 'n1 192.0.2.3'))],
      },
      [`update ${n1} = 192.0.2.3`, 'MemberNameCollision a-b.example.com'],
    ],
    [
      'stay as they are published when another member comes that would have the same',
      {
        spec: { hostnames },
        contributions: [known('edge', members('a.b 192.0.2.1', 'a-b 192.0.2.2'))],
        published: ['A a-b.example.com = 192.0.2.1'],
      },
      ['hold A a-b.example.com (MemberNameCollision)', 'MemberNameCollision a-b.example.com'],
    ],
    [
      'that are also written out are one name with all of it',
      {
        spec: { hostnames: [...hostnames, 'n1.example.com'], targets: [EDGE, HOME] },
        contributions: [known('edge', members('n1 192.0.2.1', 'n2 192.0.2.2')), known('home', addresses('192.0.2.9'))],
      },
      [`update ${n1} = 192.0.2.1, 192.0.2.2, 192.0.2.9`, `update ${n2} = 192.0.2.2`],
    ],
    [
      'of a pool of which nothing is remembered stay where they are, and no other gets its addresses',
      {
        spec: { hostnames: [...hostnames, 'shop.example.com'] },
        contributions: [unknown('edge')],
        published: [`${n1} = 192.0.2.1`],
        memory: { targets: undefined },
      },
      [`update ${n1} = 192.0.2.1`, `hold ${A} (PoolNotFound)`],
    ],
  ])
})
