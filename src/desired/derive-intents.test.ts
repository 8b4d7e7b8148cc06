import { describe, expect, it } from 'vitest'
import {
  addresses,
  derive,
  derivedTexts,
  EDGE,
  follow,
  FRONT,
  HOME,
  known,
  MAIN,
  members,
  NOW,
  provider,
  readZone,
  refusalTexts,
  unknown,
  zone,
  type Situation,
} from '../../test/support/record-builders.ts'
import { describeMove } from './place-name.ts'

const A = 'A shop.example.com'
const AAAA = 'AAAA shop.example.com'
const CNAME = 'CNAME shop.example.com'
const CDN = { name: 'cdn', hostname: 'cdn.example.net' }

type Cases = readonly (readonly [sentence: string, situation: Situation, expected: readonly string[]])[]

function check(cases: Cases): void {
  it.each(cases)('%s', (_sentence, situation, expected) => {
    const derivation = derive(situation)
    expect([...derivedTexts(situation), ...refusalTexts(derivation)]).toEqual(expected)
  })
}

describe('a record with one target', () => {
  check([
    [
      'publishes the members that are active, sorted',
      { contributions: [known('edge', members('n2 192.0.2.2', 'n1 192.0.2.1'))] },
      [`update ${A} = 192.0.2.1, 192.0.2.2`],
    ],
    [
      'lets a member go that is not fit',
      {
        contributions: [known('edge', members('n1 192.0.2.1', 'n2 192.0.2.2 notReady'))],
        published: [`${A} = 192.0.2.1, 192.0.2.2`],
      },
      [`update ${A} = 192.0.2.1`],
    ],
    [
      'publishes only the families it asks for',
      { contributions: [known('edge', members('n1 192.0.2.1+2001:db8::1'))] },
      [`update ${A} = 192.0.2.1`],
    ],
    [
      'publishes both families where it asks for both',
      {
        spec: { addressFamilies: ['IPv4', 'IPv6'] },
        contributions: [known('edge', members('n1 192.0.2.1+2001:db8::1'))],
      },
      [`update ${A} = 192.0.2.1`, `update ${AAAA} = 2001:db8::1`],
    ],
    [
      'takes two targets with the same address for one value',
      {
        spec: { targets: [EDGE, HOME] },
        contributions: [known('home', addresses('192.0.2.1')), known('edge', members('n1 192.0.2.1'))],
      },
      [`update ${A} = 192.0.2.1`],
    ],
  ])

  it('attributes a value to the first of its targets by name, whatever the order', () => {
    const contributions = [known('home', addresses('192.0.2.1')), known('edge', members('n1 192.0.2.1'))]
    for (const order of [contributions, contributions.toReversed()]) {
      const [intent] = derive({ spec: { targets: [EDGE, HOME] }, contributions: order }).intents
      expect(intent).toMatchObject({ values: [{ value: '192.0.2.1', target: 'edge' }] })
    }
  })

  it('takes over what is there where the spec says so', () => {
    const contributions = [known('edge', members('n1 192.0.2.1'))]
    expect(derive({ spec: { adopt: true }, contributions }).intents).toMatchObject([{ adopt: true }])
  })
})

describe('the floor of a record', () => {
  const both = { addressFamilies: ['IPv4', 'IPv6'] } as const
  check([
    [
      'keeps what is published of unfit members',
      {
        contributions: [known('edge', members('n1 192.0.2.1 unhealthy', 'n2 192.0.2.2 notReady'))],
        published: [`${A} = 192.0.2.1, 192.0.2.2`],
      },
      [`update ${A} = 192.0.2.1`],
    ],
    [
      'keeps the addresses of members that are gone only if nothing else is left',
      {
        contributions: [known('edge', members('n2 192.0.2.2 draining'))],
        published: [`${A} = 192.0.2.1, 192.0.2.2`],
      },
      [`update ${A} = 192.0.2.2`],
    ],
    [
      'keeps everything that is published when the last member is gone',
      { contributions: [known('edge', members())], published: [`${A} = 192.0.2.1, 192.0.2.2`] },
      [`hold ${A} (BelowMinimum)`],
    ],
    [
      'waits rather than publish what is not fit',
      { contributions: [known('edge', members('n1 192.0.2.1 unhealthy'))] },
      [`hold ${A} (BelowMinimum)`],
    ],
    [
      'of zero allows an empty answer',
      {
        spec: { minAddresses: 0 },
        contributions: [known('edge', members('n1 192.0.2.1 unhealthy'))],
        published: [`${A} = 192.0.2.1`],
      },
      [`clear ${A} (DeleteUnlessAdopted)`],
    ],
    [
      'of zero does not take an unknown target for an empty one',
      { spec: { minAddresses: 0 }, contributions: [unknown('edge', members())], published: [`${A} = 192.0.2.1`] },
      [`hold ${A} (PoolNotFound)`],
    ],
    [
      'lets a family go that has no member while the other meets it',
      {
        spec: both,
        contributions: [known('edge', members('n1 192.0.2.1'))],
        published: [`${A} = 192.0.2.1`, `${AAAA} = 2001:db8::1`],
      },
      [`update ${A} = 192.0.2.1`, `clear ${AAAA} (DeleteUnlessAdopted)`],
    ],
    [
      'keeps a family that has no member while the other does not meet it',
      {
        spec: { ...both, minAddresses: 2 },
        contributions: [known('edge', members('n1 192.0.2.1'))],
        published: [`${A} = 192.0.2.1`, `${AAAA} = 2001:db8::1`],
      },
      [`update ${A} = 192.0.2.1`, `hold ${AAAA} (BelowMinimum)`],
    ],
    [
      'keeps a family whose members are unfit',
      {
        spec: both,
        contributions: [known('edge', members('n1 192.0.2.1', 'n2 2001:db8::1 notReady'))],
        published: [`${A} = 192.0.2.1`, `${AAAA} = 2001:db8::1`],
      },
      [`update ${A} = 192.0.2.1`, `update ${AAAA} = 2001:db8::1`],
    ],
    [
      'keeps a family that is unknown though the other is known',
      {
        spec: { ...both, targets: [HOME] },
        contributions: [known('home', addresses('192.0.2.1'), { unknownFamilies: ['IPv6'], message: 'no IPv6 today' })],
        published: [`${A} = 192.0.2.1`, `${AAAA} = 2001:db8::1`],
      },
      [`update ${A} = 192.0.2.1`, `hold ${AAAA} (WANAddressUnknown)`],
    ],
  ])

  it('says what is short, and what stays for it', () => {
    const short = (texts: readonly string[], published: readonly string[], minAddresses = 2): readonly string[] =>
      derive({ spec: { minAddresses }, contributions: [known('edge', members(...texts))], published }).shortfalls
    expect(short(['n1 192.0.2.1', 'n2 192.0.2.2'], [])).toEqual([])
    expect(short(['n1 192.0.2.1'], [])).toEqual([
      'shop.example.com has 1 of the 2 IPv4 addresses that minAddresses asks for',
    ])
    expect(short([], [])).toEqual([
      'shop.example.com has 0 of the 2 IPv4 addresses that minAddresses asks for; what is published stays as it is',
    ])
    const unfit = ['n1 192.0.2.1 unhealthy', 'n2 192.0.2.2 unhealthy']
    expect(short(unfit, [`${A} = 192.0.2.1`])).toEqual([
      'shop.example.com has 0 of the 2 IPv4 addresses that minAddresses asks for; 1 that should leave stays published meanwhile',
    ])
    expect(short(unfit, [`${A} = 192.0.2.1, 192.0.2.2`])).toEqual([
      'shop.example.com has 0 of the 2 IPv4 addresses that minAddresses asks for; 2 that should leave stay published meanwhile',
    ])
  })

  it('does not blame the floor for a target that is unknown', () => {
    const derivation = derive({ contributions: [unknown('edge')] })
    expect(derivation.shortfalls).toEqual([])
    expect(derivation.unknownTargets).toEqual([{ reason: 'PoolNotFound', message: 'edge is not there' }])
  })

  it('does not blame the floor for a name that is refused', () => {
    expect(derive({ providers: [], contributions: [known('edge', members())] }).shortfalls).toEqual([])
    const spec = { hostnames: ['{member}.example.com'] }
    const contributions = [known('edge', members('a.b 192.0.2.1', 'a-b 192.0.2.2'))]
    expect(derive({ spec, contributions }).shortfalls).toEqual([])
    expect(derive({ spec, contributions: [known('edge', members())] }).shortfalls).toHaveLength(1)
  })
})

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
    const nothing = { name: 'home', known: false, message: 'home is not there', addresses: [], healthy: 0, total: 0 }
    const open = { name: 'home', known: false, message: 'home is not there' }
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
    expect(report({ targets: undefined }, { published: [`${A} = 192.0.2.9`] })).toEqual(open)
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

describe('what leaves the spec', () => {
  const contributions = [known('edge', members('n1 192.0.2.1'))]
  const gone = ['A gone.example.com = 192.0.2.1', `${A} = 192.0.2.1`]
  const [kept] = [`update ${A} = 192.0.2.1`]
  check([
    [
      'a hostname goes, unless it was there before us',
      { contributions, published: gone },
      ['clear A gone.example.com (DeleteUnlessAdopted)', kept],
    ],
    [
      'a hostname goes in any case where deletion is written out',
      { spec: { deletionPolicy: 'Delete' }, contributions, published: gone },
      ['clear A gone.example.com (Delete)', kept],
    ],
    [
      'a hostname stays where nothing may ever be deleted',
      { spec: { syncPolicy: 'UpsertOnly', deletionPolicy: 'Retain' }, contributions, published: gone },
      ['clear A gone.example.com (Refuse)', kept],
    ],
    [
      'a family goes',
      { contributions, published: [`${A} = 192.0.2.1`, `${AAAA} = 2001:db8::1`] },
      [kept, `clear ${AAAA} (DeleteUnlessAdopted)`],
    ],
    [
      'a family stays while there is nothing in its place',
      {
        spec: { addressFamilies: ['IPv6'] },
        contributions,
        published: [`${A} = 192.0.2.1`],
      },
      [`hold ${A} (BelowMinimum)`, `hold ${AAAA} (BelowMinimum)`],
    ],
    [
      'a routed set goes with its target',
      { contributions, published: [`${A} old = 192.0.2.9`] },
      [kept, `clear ${A} (old) (DeleteUnlessAdopted)`],
    ],
  ])

  it('everything goes when the record is deleted, whatever is known of targets and providers', () => {
    const metadata = { deletionTimestamp: '2026-11-21T03:00:00Z' }
    const rest: Situation = { metadata, providers: [], published: gone, contributions: [unknown('edge')] }
    const disposed = (spec: Situation['spec']): readonly string[] =>
      derivedTexts({ ...rest, spec: { suspend: true, ...spec } })
    expect(disposed({})).toEqual(['clear A gone.example.com (DeleteUnlessAdopted)', `clear ${A} (DeleteUnlessAdopted)`])
    expect(disposed({ deletionPolicy: 'Delete' })).toEqual(['clear A gone.example.com (Delete)', `clear ${A} (Delete)`])
    expect(disposed({ deletionPolicy: 'Retain' })).toEqual(['clear A gone.example.com (Retain)', `clear ${A} (Retain)`])
  })

  it('nothing changes while the record is suspended', () => {
    const derivation = derive({ spec: { suspend: true }, contributions, published: gone })
    expect(derivation).toMatchObject({ refusals: [], zones: [MAIN], nextChangeAt: undefined })
    expect(derivedTexts({ spec: { suspend: true }, contributions, published: gone })).toEqual([
      'hold A gone.example.com (Suspended)',
      `hold ${A} (Suspended)`,
    ])
  })
})

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
      'asks of a group no more than it has',
      { spec: spec(3), contributions: [known('edge', members('n1 192.0.2.1', 'n2 192.0.2.2')), home, cdn] },
      [`update ${A} = 192.0.2.1, 192.0.2.2`],
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
})

describe('zones', () => {
  const contributions = [known('edge', members('n1 192.0.2.1'))]
  const SHOP = zone('web/shop shop.example.com')
  const both = [provider(), provider({ ref: 'web/shop', zones: [SHOP.zone] })]
  const { hash } = describeMove(MAIN, SHOP)

  check([
    [
      'a name without a zone is refused, and what is published of it stays',
      {
        spec: { hostnames: ['shop.example.com', 'shop.example.net'] },
        contributions,
        published: ['A shop.example.net = 192.0.2.5'],
      },
      [`update ${A} = 192.0.2.1`, 'hold A shop.example.net (NoProviderForZone)', 'NoProviderForZone shop.example.net'],
    ],
    ['a zone that has not been read changes nothing', { contributions, zones: [] }, []],
    [
      'a move waits for approval, and the name goes on where it is',
      { contributions, providers: both, zones: [readZone([`${A} = 192.0.2.5`]), readZone([], SHOP)] },
      [`update ${A} = 192.0.2.1`, 'MoveHeld shop.example.com'],
    ],
    [
      'a move creates before it deletes',
      {
        contributions,
        providers: both,
        zones: [readZone([`${A} = 192.0.2.5`]), readZone([], SHOP)],
        approvedMoves: [hash],
      },
      [`hold ${A} (Progressing)`, `update ${A} at web/shop = 192.0.2.1`],
    ],
    [
      'a move deletes what was left behind',
      { contributions, providers: both, zones: [readZone([`${A} = 192.0.2.5`]), readZone([`${A} = 192.0.2.1`], SHOP)] },
      [`clear ${A} (DeleteUnlessAdopted)`, `update ${A} at web/shop = 192.0.2.1`],
    ],
    [
      'what was published elsewhere counts as published for the floor',
      {
        contributions: [known('edge', members('n1 192.0.2.1 notReady'))],
        providers: both,
        zones: [readZone([`${A} = 192.0.2.1`]), readZone([`${A} = 192.0.2.7`], SHOP)],
      },
      [`clear ${A} (DeleteUnlessAdopted)`, `update ${A} at web/shop = 192.0.2.1`],
    ],
    [
      'a name whose provider cannot be listed is held, others are not',
      {
        spec: { hostnames: ['shop.example.com', 'shop.example.net'], providerRef: { name: 'main' } },
        contributions,
        providers: [provider({ zones: undefined })],
        published: [`${A} = 192.0.2.5`],
      },
      [`hold ${A} (ProviderUnavailable)`],
    ],
    [
      'a reference may name another namespace',
      {
        spec: { providerRef: { name: 'main', namespace: 'dns' } },
        contributions,
        providers: both,
        published: [`${A} = 192.0.2.5`],
      },
      [`hold ${A} (ProviderNotFound)`, 'ProviderNotFound shop.example.com'],
    ],
    [
      'a name waits for a zone in use that has not been read',
      {
        contributions,
        providers: both,
        zones: [readZone([], SHOP)],
        memory: { zones: [MAIN] },
      },
      [],
    ],
    [
      'a zone in use that is gone asks for approval',
      {
        contributions,
        providers: [provider({ ref: 'web/shop', zones: [SHOP.zone] })],
        zones: [readZone([], SHOP)],
        memory: { zones: [MAIN] },
      },
      ['MoveHeld shop.example.com'],
    ],
    [
      'a zone in use that has not been read does not matter for what is known to be elsewhere',
      {
        contributions,
        providers: both,
        zones: [readZone([`${A} = 192.0.2.1`], SHOP)],
        memory: { zones: [MAIN] },
      },
      [`update ${A} at web/shop = 192.0.2.1`],
    ],
  ])

  const zonesOf = (situation: Situation): readonly string[] =>
    derive({ contributions, providers: both, ...situation }).zones.map((ref) => `${ref.provider} ${ref.zone}`)

  it('are pinned where a name lives, is meant to live, or may still be', () => {
    const none = { zones: [] }
    expect(zonesOf(none)).toEqual(['web/shop shop.example.com'])
    expect(zonesOf({ zones: [readZone(['A x.example.com = 192.0.2.5']), readZone([], SHOP)] })).toEqual([
      'web/main example.com',
      'web/shop shop.example.com',
    ])
    expect(zonesOf({ zones: [readZone([]), readZone([], SHOP)], memory: { zones: [MAIN] } })).toEqual([
      'web/shop shop.example.com',
    ])
    expect(zonesOf({ ...none, memory: { zones: [MAIN] } })).toEqual(['web/main example.com'])
    const lost = zone('web/lost example.com')
    expect(zonesOf({ zones: [readZone([], SHOP)], memory: { zones: [lost] } })).toEqual(['web/lost example.com'])
    const elsewhere = zone('web/lost example.net')
    expect(zonesOf({ zones: [readZone([], SHOP)], memory: { zones: [elsewhere] } })).toEqual([
      'web/shop shop.example.com',
    ])
  })

  it('that nothing can be said of yet are waited for by name', () => {
    expect(derive({ contributions, zones: [] }).waiting).toEqual([
      {
        name: 'shop.example.com',
        reason: 'ProviderUnavailable',
        message: 'zone example.com of DNSProvider web/main has not been read yet',
      },
    ])
    const spec = { hostnames: ['b.example.com', 'a.example.com'] }
    expect(derive({ spec, contributions, zones: [] }).waiting.map(({ name }) => name)).toEqual([
      'a.example.com',
      'b.example.com',
    ])
  })

  it('report a move with all of its names and what approves it', () => {
    const situation: Situation = {
      spec: { hostnames: ['b.shop.example.com', 'a.shop.example.com'] },
      contributions,
      providers: both,
      zones: [readZone(['A a.shop.example.com = 192.0.2.1', 'A b.shop.example.com = 192.0.2.1']), readZone([], SHOP)],
    }
    const names = ['a.shop.example.com', 'b.shop.example.com']
    const held = derive(situation)
    expect(held.moves).toEqual([{ kind: 'held', from: MAIN, to: SHOP, hash, names }])
    expect(held.refusals[0]?.message).toBe(
      'a.shop.example.com stays in zone example.com of DNSProvider web/main, although it now belongs into zone ' +
        `shop.example.com of web/shop: to move it, annotate DNSProvider web/shop with dns.stoa.dev/approve: ${hash}`,
    )
    expect(derive({ ...situation, approvedMoves: [hash] }).moves).toMatchObject([{ kind: 'approved', names }])
  })

  it('report several moves in a fixed order', () => {
    const other = zone('web/other other.example.com')
    const { moves } = derive({
      spec: { hostnames: ['shop.example.com', 'other.example.com'] },
      contributions,
      providers: [...both, provider({ ref: 'web/other', zones: [other.zone] })],
      zones: [readZone([`${A} = 192.0.2.1`, 'A other.example.com = 192.0.2.1'])],
    })
    expect(moves.map((move) => move.hash)).toEqual([hash, describeMove(MAIN, other).hash].sort())
  })
})

describe('what a provider can do', () => {
  const contributions = [known('edge', members('n1 192.0.2.1'))]
  const cloudflare = { providerOptions: { cloudflare: { proxied: true } } }
  check([
    [
      'a wildcard is refused where there are none',
      { spec: { hostnames: ['*.example.com'] }, contributions, able: { wildcards: false } },
      ['WildcardUnsupported *.example.com'],
    ],
    [
      'a wildcard is a name like any other elsewhere',
      { spec: { hostnames: ['*.example.com'] }, contributions },
      ['update A *.example.com = 192.0.2.1'],
    ],
    [
      'options of another type are refused',
      { spec: cloudflare, contributions, providers: [provider({ type: 'Gandi' })], published: [`${A} = 192.0.2.5`] },
      [`hold ${A} (ProviderOptionsMismatch)`, 'ProviderOptionsMismatch shop.example.com'],
    ],
  ])

  it('options of its own type are handed on', () => {
    expect(derive({ spec: cloudflare, contributions }).intents).toMatchObject([{ options: { proxied: true } }])
    const empty = { providerOptions: { cloudflare: {} } }
    expect(derive({ spec: empty, contributions }).intents).toMatchObject([{ options: undefined }])
    expect(derive({ contributions }).intents).toMatchObject([{ options: undefined }])
  })

  it.each([
    [30, 60, 'DNSProvider web/main does not take a TTL of 30; it is 60'],
    [7200, 3600, 'DNSProvider web/main does not take a TTL of 7200; it is 3600'],
    [300, 300, undefined],
  ])('a TTL of %i becomes %i', (ttlSeconds, ttl, message) => {
    const { intents, notes } = derive({ spec: { ttlSeconds }, contributions, able: { minTtl: 60, maxTtl: 3600 } })
    expect(intents).toMatchObject([{ ttl }])
    expect(notes.map((note) => note.message)).toEqual(message === undefined ? [] : [message])
  })

  const many = [known('edge', members(...Array.from({ length: 50 }, (_, n) => `n${n} 192.0.2.${n}`)))]
  it.each([
    ['the record', { maxAddresses: 3 }, {}, 3],
    ['the provider', {}, { maxValues: 4 }, 4],
  ])('a set is cut to what %s allows', (_who, spec, able, most) => {
    const { intents, cuts, notes } = derive({ spec, contributions: many, able })
    const [intent] = intents
    expect(intent?.kind === 'update' && intent.values).toHaveLength(most)
    expect(cuts).toMatchObject([{ published: most, available: 50 }])
    expect(notes.map(({ message }) => message)).toEqual([`${A} has ${most} of 50 addresses`])
  })

  it('notes and cuts come in the order of their keys', () => {
    const spec = { hostnames: ['b.example.com', 'a.example.com'], maxAddresses: 3 }
    const { cuts, notes } = derive({ spec, contributions: many })
    expect(cuts.map(({ key }) => key.name)).toEqual(['a.example.com', 'b.example.com'])
    expect(notes.map(({ key }) => key.name)).toEqual(['a.example.com', 'b.example.com'])
  })
})

describe('what plan modes ask about', () => {
  const spec = { hostnames: ['{member}.example.com', 'n1.example.com'], addressFamilies: ['IPv4'] } as const

  it('names the source and the values of every target', () => {
    const { footing } = derive({ spec: { targets: [CDN] }, contributions: [known('cdn', follow('cdn.example.net'))] })
    expect([...footing.targets]).toEqual([
      ['cdn', { source: '[["hostname","cdn.example.net"],["name","cdn"]]', values: new Set(['cdn.example.net']) }],
    ])
  })

  it('names the entry that a record set comes from, the first of several', () => {
    const { footing } = derive({ spec, contributions: [known('edge', members('n1 192.0.2.1', 'n2 192.0.2.2'))] })
    expect(Object.fromEntries(footing.origins)).toEqual({
      'n1.example.com A': 'n1.example.com A ',
      'n2.example.com A': '{member}.example.com A ',
    })
  })

  it('knows every origin that the spec can have, published or not', () => {
    const { footing } = derive({ spec, contributions: [known('edge', members())] })
    for (const origin of ['n1.example.com A ', 'n1.example.com CNAME ', '{member}.example.com A edge']) {
      expect(footing.knownOrigins).toContain(origin)
    }
    expect(footing.knownOrigins).not.toContain('n1.example.com AAAA ')
  })

  it('takes an ALIAS and a CNAME for the same', () => {
    const contributions = [known('cdn', follow('cdn.example.net'))]
    const { footing } = derive({ spec: { targets: [CDN], hostnames: ['example.com'] }, contributions })
    expect([...footing.origins]).toEqual([['example.com ALIAS', 'example.com CNAME ']])
  })
})
