import { describe, expect, it } from 'vitest'
import { A, AAAA, check } from '../../test/support/derive-cases.ts'
import {
  addresses,
  derive,
  derivedTexts,
  EDGE,
  HOME,
  known,
  MAIN,
  members,
  unknown,
  type Situation,
} from '../../test/support/record-builders.ts'

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

describe('adoption', () => {
  const adopts = (situation: Situation): readonly boolean[] =>
    derive({ contributions: [known('edge', members('n1 192.0.2.1'))], ...situation }).intents.map((intent) => {
      return intent.kind === 'update' && intent.adopt
    })
  const carriedOut = (approvedGeneration: number): Situation['status'] => ({ plan: { approvedGeneration } })

  it.each<[string, Situation, boolean]>([
    ['is not asked for', {}, false],
    ['is open when nothing was carried out yet', { spec: { adopt: true } }, true],
    [
      'is open when an earlier generation was',
      { spec: { adopt: true }, metadata: { generation: 2 }, status: carriedOut(1) },
      true,
    ],
    [
      'is closed when this generation was',
      { spec: { adopt: true }, metadata: { generation: 2 }, status: carriedOut(2) },
      false,
    ],
  ])('%s', (_sentence, situation, expected) => {
    expect(adopts(situation)).toEqual([expected])
  })
})
