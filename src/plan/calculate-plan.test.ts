import { describe, expect, it } from 'vitest'
import {
  blog,
  capabilities,
  clear,
  hold,
  key,
  ours,
  OURS,
  owner,
  shop,
  stored,
  THEIRS,
  update,
  ZONE,
} from '../../test/support/zone-builders.ts'
import type { Intent } from '../model/intent.ts'
import type { StoredSet } from '../model/record-set.ts'
import { ZoneTable, type ZoneCapabilities } from '../model/zone.ts'
import { calculatePlan } from './calculate-plan.ts'
import { describeChange } from './describe-change.ts'
import type { Plan } from './plan.ts'

function plan(
  intents: readonly Intent[],
  observed: readonly StoredSet[] = [],
  ownership: ZoneCapabilities['ownership'] = 'PerSet',
  apexAlias: ZoneCapabilities['apexAlias'] = 'ALIAS',
): Plan {
  return calculatePlan({
    zone: ZONE,
    intents,
    observed: new ZoneTable(observed),
    ownerId: OURS,
    capabilities: { ...capabilities(ownership), apexAlias },
  })
}

const sentences = ({ changes }: Plan): readonly string[] => changes.map(describeChange)
const messages = ({ refusals }: Plan): readonly string[] =>
  refusals.map(({ reason, message }) => `${reason}: ${message}`)

const theirs = owner(blog, THEIRS)
const externalDns = { id: THEIRS, uid: undefined, resource: 'service/web/shop', adopted: false }

describe('a key that is wanted', () => {
  const cases: readonly {
    name: string
    intent: Intent
    observed?: readonly StoredSet[]
    ownership?: ZoneCapabilities['ownership']
    changes?: readonly string[]
    refusals?: readonly string[]
    unchanged?: number
  }[] = [
    {
      name: 'is created when nothing is there',
      intent: update('A shop', ['192.0.2.2', '192.0.2.1']),
      changes: ['create A shop.example.com: 192.0.2.1, 192.0.2.2 (TTL 300)'],
    },
    { name: 'is left alone when nothing is there and nothing is wanted', intent: update('A shop', []) },
    {
      name: 'is unchanged when it is as wanted',
      intent: update('A shop', ['192.0.2.1']),
      observed: [ours('A shop', ['192.0.2.1'])],
      unchanged: 1,
    },
    {
      name: 'is unchanged when an empty block of options stands for none',
      intent: update('A shop', ['192.0.2.1'], { options: {} }),
      observed: [ours('A shop', ['192.0.2.1'])],
      unchanged: 1,
    },
    {
      name: 'gets other values',
      intent: update('A shop', ['192.0.2.2']),
      observed: [ours('A shop', ['192.0.2.1'])],
      changes: ['update A shop.example.com: adds 192.0.2.2; removes 192.0.2.1'],
    },
    {
      name: 'gets other settings',
      intent: update('A shop', ['192.0.2.1'], { ttl: 60, options: { proxied: true } }),
      observed: [ours('A shop', ['192.0.2.1'])],
      changes: ['update A shop.example.com: TTL 300 → 60; no settings → proxied true'],
    },
    {
      name: 'goes when no value is wanted any more',
      intent: update('A shop', []),
      observed: [ours('A shop', ['192.0.2.1'])],
      changes: ['delete A shop.example.com: was 192.0.2.1 (TTL 300)'],
    },
    {
      name: 'keeps what others have when no value is wanted any more',
      intent: update('A shop', []),
      observed: [
        stored('A shop', [
          ['192.0.2.1', owner(shop)],
          ['192.0.2.9', theirs],
        ]),
      ],
      ownership: 'PerValue',
      changes: ['update A shop.example.com: removes 192.0.2.1'],
    },
    {
      name: 'leaves what is not ours when no value is wanted',
      intent: update('A shop', []),
      observed: [stored('A shop', [['192.0.2.9']])],
    },
    {
      name: 'is taken over from a resource that no longer claims it, in one change',
      intent: update('A shop', ['192.0.2.1'], { resource: blog }),
      observed: [ours('A shop', ['192.0.2.1'])],
      changes: ['update A shop.example.com: takes over from dynamicdnsrecord/web/shop'],
    },
    {
      name: 'is refused when its values have no owner',
      intent: update('A shop', ['192.0.2.1']),
      observed: [stored('A shop', [['192.0.2.9'], ['192.0.2.8']])],
      refusals: [
        "NotOwned: A shop.example.com already holds 192.0.2.8, 192.0.2.9 without an owner's mark: set spec.adopt: true to take it over (once for each edit of the spec), or delete it at the provider",
      ],
    },
    {
      name: 'is refused even when the unmarked value is the wanted one',
      intent: update('A shop', ['192.0.2.9']),
      observed: [stored('A shop', [['192.0.2.9']])],
      ownership: 'PerValue',
      refusals: [
        "NotOwned: A shop.example.com already holds 192.0.2.9 without an owner's mark: set spec.adopt: true to take it over (once for each edit of the spec), or delete it at the provider",
      ],
    },
    {
      name: 'adopts what has no owner when told to',
      intent: update('A shop', ['192.0.2.1'], { adopt: true }),
      observed: [stored('A shop', [['192.0.2.9']])],
      changes: ['update A shop.example.com: adds 192.0.2.1; removes 192.0.2.9; adopts what had no owner'],
    },
    {
      name: 'is refused when the set has another owner and the provider cannot share',
      intent: update('A shop', ['192.0.2.1'], { adopt: true }),
      observed: [stored('A shop', [['192.0.2.9', theirs]])],
      refusals: [
        'NotOwned: A shop.example.com holds 192.0.2.9 of another Stoa, owner id cluster-b (dynamicdnsrecord/web/blog), and this provider keeps one owner per record set: remove the name there, or use another name here; or, if that was this Stoa before its data was lost, set spec.ownership.id of the DNSProvider to cluster-b',
      ],
    },
    {
      name: 'names another program that owns the set',
      intent: update('A shop', ['192.0.2.1']),
      observed: [stored('A shop', [['192.0.2.9', externalDns]])],
      refusals: [
        'NotOwned: A shop.example.com holds 192.0.2.9 of another program, owner id cluster-b (service/web/shop), and this provider keeps one owner per record set: remove the name there, or use another name here',
      ],
    },
    {
      name: 'lives beside the values of another owner where the provider can share',
      intent: update('A shop', ['192.0.2.1'], { ttl: 60 }),
      observed: [stored('A shop', [['192.0.2.9', theirs]])],
      ownership: 'PerValue',
      changes: ['update A shop.example.com: adds 192.0.2.1'],
    },
    {
      name: 'never shares a CNAME, which has one value',
      intent: update('CNAME shop', ['a.example.net']),
      observed: [stored('CNAME shop', [['b.example.net', theirs]])],
      ownership: 'PerValue',
      refusals: [
        'NotOwned: CNAME shop.example.com holds b.example.net of another Stoa, owner id cluster-b (dynamicdnsrecord/web/blog), and a name has one CNAME: remove the name there, or use another name here; or, if that was this Stoa before its data was lost, set spec.ownership.id of the DNSProvider to cluster-b',
      ],
    },
    {
      name: 'does not double a value that another owner already has',
      intent: update('A shop', ['192.0.2.1', '192.0.2.9']),
      observed: [
        stored('A shop', [
          ['192.0.2.1', owner(shop)],
          ['192.0.2.9', theirs],
        ]),
      ],
      ownership: 'PerValue',
      unchanged: 1,
    },
    {
      name: 'goes on beside an unmarked value that somebody added to ours',
      intent: update('A shop', ['192.0.2.2']),
      observed: [stored('A shop', [['192.0.2.1', owner(shop)], ['192.0.2.9']])],
      ownership: 'PerValue',
      changes: ['update A shop.example.com: adds 192.0.2.2; removes 192.0.2.1'],
    },
  ]

  it.each(cases)('$name', ({ intent, observed, ownership, changes = [], refusals = [], unchanged = 0 }) => {
    const result = plan([intent], observed, ownership)
    expect(sentences(result)).toEqual(changes)
    expect(messages(result)).toEqual(refusals)
    expect(result.unchanged).toBe(unchanged)
  })

  it('notes what it shares with others', () => {
    const observed = [
      stored('A shop', [
        ['192.0.2.1', owner(shop)],
        ['192.0.2.9', theirs],
      ]),
    ]
    const { notes } = plan([update('A shop', ['192.0.2.1', '192.0.2.9'], { ttl: 60 })], observed, 'PerValue')
    expect(notes.map(({ message }) => message)).toEqual([
      'A shop.example.com already has 192.0.2.9 from elsewhere; it is left to its owner, who may remove it',
      'A shop.example.com is shared with values of others, so its TTL (300) and options stay as they are',
    ])
    expect(plan([update('A shop', ['192.0.2.1'])], observed, 'PerValue').notes).toEqual([])
  })
})

describe('the mark of adoption', () => {
  const adopted = owner(shop, OURS, true)
  const marks = ({ changes: [change] }: Plan): readonly (readonly [string, boolean | undefined])[] =>
    change === undefined || change.kind === 'delete'
      ? []
      : change.next.values.map(({ value, owner: of }) => [value, of?.adopted] as const)

  it('is set on what was taken over', () => {
    const result = plan([update('A shop', ['192.0.2.9'], { adopt: true })], [stored('A shop', [['192.0.2.9']])])
    expect(marks(result)).toEqual([['192.0.2.9', true]])
  })

  it('stays on a set through changes and handovers', () => {
    const result = plan(
      [update('A shop', ['192.0.2.1'], { resource: blog })],
      [stored('A shop', [['192.0.2.9', adopted]])],
    )
    expect(marks(result)).toEqual([['192.0.2.1', true]])
  })

  it('is set when the former writer was another program under our owner id', () => {
    const result = plan(
      [update('A shop', ['192.0.2.9'])],
      [stored('A shop', [['192.0.2.9', { ...externalDns, id: OURS }]])],
    )
    expect(marks(result)).toEqual([['192.0.2.9', true]])
  })

  it('stays with its own value where owners are per value', () => {
    const observed = [
      stored('A shop', [
        ['192.0.2.1', owner(shop)],
        ['192.0.2.9', adopted],
      ]),
    ]
    const result = plan([update('A shop', ['192.0.2.1', '192.0.2.2', '192.0.2.9'])], observed, 'PerValue')
    expect(marks(result)).toEqual([
      ['192.0.2.1', false],
      ['192.0.2.2', false],
      ['192.0.2.9', true],
    ])
  })

  it('passes on to what replaces only adopted values', () => {
    const observed = [
      stored('A shop', [
        ['192.0.2.9', adopted],
        ['192.0.2.7', theirs],
      ]),
    ]
    const result = plan([update('A shop', ['192.0.2.1'])], observed, 'PerValue')
    expect(marks(result)).toEqual([
      ['192.0.2.1', true],
      ['192.0.2.7', false],
    ])
  })
})

describe('a key that is given up', () => {
  const adopted = owner(shop, OURS, true)
  const one = [ours('A shop', ['192.0.2.1'])]
  const old = [stored('A shop', [['192.0.2.1', adopted]])]
  const gone = ['delete A shop.example.com: was 192.0.2.1 (TTL 300)']
  const released = ['release A shop.example.com: 192.0.2.1 stays, but is no longer managed']

  it.each([
    ['is nothing to do when nothing is there', 'Delete', [], []],
    ['is left alone when it has no owner', 'Delete', [stored('A shop', [['192.0.2.1']])], []],
    ['is left alone when it has another owner', 'Delete', [stored('A shop', [['192.0.2.1', theirs]])], []],
    ['is left alone when it is marked for another resource', 'Delete', [ours('A shop', ['192.0.2.1'], {}, blog)], []],
    ['is deleted', 'Delete', one, gone],
    ['is deleted although adopted, if that is written out', 'Delete', old, gone],
    ['is deleted unless adopted', 'DeleteUnlessAdopted', one, gone],
    ['stays when adopted', 'DeleteUnlessAdopted', old, released],
    ['is released on request', 'Retain', one, released],
  ] as const)('%s', (_name, disposal, observed, changes) => {
    const result = plan([clear('A shop', disposal)], observed)
    expect(sentences(result)).toEqual(changes)
    expect(result.refusals).toEqual([])
  })

  it('is refused where the policy forbids deleting', () => {
    expect(messages(plan([clear('A shop', 'Refuse')], one))).toEqual([
      'PolicyForbidsDelete: A shop.example.com is no longer wanted but stays, because spec.syncPolicy is UpsertOnly: delete it at the provider, or set spec.syncPolicy: Sync',
    ])
    expect(plan([clear('A shop', 'Refuse')]).refusals).toEqual([])
  })

  it('loses only our values where others have theirs', () => {
    const shared = [
      stored('A shop', [
        ['192.0.2.1', owner(shop)],
        ['192.0.2.2', adopted],
        ['192.0.2.9', theirs],
      ]),
    ]
    const [change] = plan([clear('A shop', 'DeleteUnlessAdopted')], shared, 'PerValue').changes
    expect(change).toMatchObject({ kind: 'update', next: stored('A shop', [['192.0.2.2'], ['192.0.2.9', theirs]]) })
  })
})

describe('a held key', () => {
  it('is listed and nothing else', () => {
    const result = plan([hold('A shop'), hold('A blog')], [ours('A shop', ['192.0.2.1'])])
    expect(result).toMatchObject({ changes: [], refusals: [], unchanged: 0 })
    expect(result.holds.map(({ key: { name } }) => name)).toEqual(['blog.example.com', 'shop.example.com'])
  })
})

describe('sets that exclude each other', () => {
  it.each([
    ['a CNAME beside addresses', 'CNAME shop', 'A shop'],
    ['a CNAME beside text', 'CNAME shop', 'TXT shop'],
    ['addresses beside an ALIAS', 'AAAA @', 'ALIAS @'],
    ['text beside a CNAME', 'TXT shop', 'CNAME shop'],
  ])('refuses %s', (_name, wanted, there) => {
    const result = plan([update(wanted, ['192.0.2.1'])], [stored(there, [['192.0.2.9', theirs]])])
    expect(result.changes).toEqual([])
    expect(result.refusals.map(({ reason }) => reason)).toEqual(['CNAMEConflict'])
  })

  it.each([
    ['both families', 'AAAA shop', 'A shop', undefined],
    ['an ALIAS and text', 'ALIAS @', 'TXT @', undefined],
    ['two routed sets', 'A shop us', 'A shop eu', undefined],
    ['text beside a flattened CNAME at the apex', 'CNAME @', 'TXT @', 'CNAME'],
  ] as const)('allows %s', (_name, wanted, there, apexAlias) => {
    const result = plan([update(wanted, ['192.0.2.1'])], [ours(there, ['192.0.2.9'])], 'PerSet', apexAlias)
    expect(result.changes).toHaveLength(1)
  })

  it('refuses a routed set beside a simple one of the same type', () => {
    const result = plan([update('A shop us', ['192.0.2.1'])], [stored('A shop', [['192.0.2.9']])])
    expect(messages(result)).toEqual([
      "Conflicted: A shop.example.com (us) cannot stand beside A shop.example.com (192.0.2.9), which has no owner's mark: delete it at the provider, or use another name",
    ])
  })

  it('says whose the other set is', () => {
    const wanted = update('CNAME shop', ['a.example.net'])
    expect(messages(plan([wanted], [stored('A shop', [['192.0.2.9', externalDns]])]))).toEqual([
      'CNAMEConflict: CNAME shop.example.com cannot stand beside A shop.example.com (192.0.2.9), which belongs to another program, owner id cluster-b (service/web/shop): remove it there, or use another name',
    ])
    expect(messages(plan([wanted], [ours('A shop', ['192.0.2.9'], {}, blog)]))).toEqual([
      'CNAMEConflict: CNAME shop.example.com cannot stand beside A shop.example.com (192.0.2.9), which belongs to dynamicdnsrecord/web/blog: remove it there, or with `stoa prune` if nothing claims it any more',
    ])
  })

  it('replaces addresses by a CNAME in one plan, the delete first', () => {
    const wanted = [update('CNAME shop', ['a.example.net']), clear('AAAA shop'), update('A shop', [])]
    const result = plan(wanted, [ours('A shop', ['192.0.2.9']), ours('AAAA shop', ['2001:db8::9'])])
    expect(sentences(result)).toEqual([
      'delete A shop.example.com: was 192.0.2.9 (TTL 300)',
      'delete AAAA shop.example.com: was 2001:db8::9 (TTL 300)',
      'create CNAME shop.example.com: a.example.net (TTL 300)',
    ])
  })

  const makingRoom = (text: string, successor: string, to = shop): Intent => {
    return { ...clear(text, 'Retain'), successor: { key: key(successor), resource: to } }
  }

  it('removes what makes room for another record, for that record and whatever its disposal', () => {
    const wanted = [
      update('CNAME shop', ['a.example.net'], { resource: blog }),
      makingRoom('A shop', 'CNAME shop', blog),
    ]
    const result = plan(wanted, [ours('A shop', ['192.0.2.9'])])
    expect(sentences(result)).toEqual([
      'delete A shop.example.com: was 192.0.2.9 (TTL 300)',
      'create CNAME shop.example.com: a.example.net (TTL 300)',
    ])
    expect(result.changes.map(({ resource }) => resource)).toEqual([blog, blog])
  })

  it('goes on calling adopted what takes the place of something adopted', () => {
    const adopted = stored('A shop', [['192.0.2.9', owner(shop, OURS, true)]])
    const wanted = [update('CNAME shop', ['a.example.net']), makingRoom('A shop', 'CNAME shop')]
    const [, created] = plan(wanted, [adopted]).changes
    expect(created).toMatchObject({ kind: 'create', next: { values: [{ owner: { adopted: true } }] } })
  })

  it.each([
    ['its own', shop, 'A shop.example.com stays until CNAME shop.example.com can take its place'],
    ["another record's", blog, 'A shop.example.com goes over to DynamicDNSRecord web/blog, which has not taken it yet'],
  ])('keeps the addresses where %s CNAME cannot be there', (_whose, to, message) => {
    const wanted = [update('CNAME shop', ['a.example.net'], { resource: to }), makingRoom('A shop', 'CNAME shop', to)]
    const result = plan(wanted, [ours('A shop', ['192.0.2.9']), stored('TXT shop', [['"hello"', theirs]])])
    expect(result.changes).toEqual([])
    expect(result.holds).toMatchObject([{ key: key('A shop'), resource: shop, reason: 'Progressing' }])
    expect(result.holds[0]?.message).toContain(message)
    expect(messages(result)).toEqual([expect.stringContaining('cannot stand beside TXT shop.example.com')])
  })

  it('keeps the simple set where the routed one that replaces it is refused, and what else needs its place waits', () => {
    const wanted = [
      update('A shop us', ['192.0.2.1']),
      update('A shop eu', ['192.0.2.2']),
      makingRoom('A shop', 'A shop us'),
    ]
    const result = plan(wanted, [ours('A shop', ['192.0.2.9']), stored('A shop us', [['192.0.2.8', theirs]])])
    expect(result.changes).toEqual([])
    expect(result.refusals.map(({ key: of, reason }) => [of?.setId, reason])).toEqual([
      ['eu', 'Conflicted'],
      ['us', 'NotOwned'],
    ])
  })

  it('refuses the CNAME when the addresses have to stay', () => {
    const wanted = [update('CNAME shop', ['a.example.net']), clear('A shop', 'Refuse')]
    const result = plan(wanted, [ours('A shop', ['192.0.2.9'])])
    expect(result.changes).toEqual([])
    expect(result.refusals.map(({ reason }) => reason)).toEqual(['PolicyForbidsDelete', 'CNAMEConflict'])
  })
})

describe('a key below a cut of its zone', () => {
  const [cutName] = [update('A sub', []).key.name]
  const planBelow = (type: 'NS' | 'DNAME', targets: readonly string[], intents: readonly Intent[]): Plan =>
    calculatePlan({
      ...{ zone: ZONE, intents, ownerId: OURS, capabilities: capabilities('PerSet') },
      observed: new ZoneTable([ours('A www.sub', ['192.0.2.9'])]),
      cutAbove: ({ name }) => (name.endsWith('sub.example.com') ? { name: cutName, type, targets } : undefined),
    })

  it('is refused, with what hides it and what to do, and the rest goes on', () => {
    const wanted = [update('A www.sub', ['192.0.2.1']), update('A shop', ['192.0.2.1'])]
    const result = planBelow('NS', ['ns1.example.net'], wanted)
    expect(sentences(result)).toEqual(['create A shop.example.com: 192.0.2.1 (TTL 300)'])
    expect(messages(result)).toEqual([
      'Occluded: no resolver would see A www.sub.example.com in zone example.com, because NS sub.example.com (ns1.example.net) there ' +
        'hands that name and all below it to other servers: add zone sub.example.com to a DNSProvider, delete that NS, or use another name',
    ])
    expect(messages(planBelow('DNAME', [], wanted))).toEqual([
      'Occluded: no resolver would see A www.sub.example.com in zone example.com, because DNAME sub.example.com there ' +
        'answers for all names below it: delete it at the provider, or use another name',
    ])
  })

  it('goes when it is given up', () => {
    const result = planBelow('NS', ['ns1.example.net'], [clear('A www.sub')])
    expect(result.changes.map(({ kind }) => kind)).toEqual(['delete'])
    expect(result.refusals).toEqual([])
  })
})

describe('a plan', () => {
  it('goes by name, and within a name from what makes room to what needs it', () => {
    const result = plan(
      [
        update('A b', ['192.0.2.1']),
        update('TXT a', ['text']),
        update('AAAA a', ['2001:db8::1']),
        clear('A a', 'Retain'),
        clear('ALIAS a'),
        clear('CNAME b'),
      ],
      [
        ours('A a', ['192.0.2.1']),
        ours('TXT a', ['before']),
        ours('ALIAS a', ['x.example.net']),
        ours('CNAME b', ['y']),
      ],
    )
    expect(result.changes.map(({ kind, key: { name, type } }) => `${kind} ${type} ${name}`)).toEqual([
      'delete ALIAS a.example.com',
      'release A a.example.com',
      'update TXT a.example.com',
      'create AAAA a.example.com',
      'delete CNAME b.example.com',
      'create A b.example.com',
    ])
  })
})

it('looks at what goes at its own name alone, where many change their type at once', () => {
  let reads = 0
  const counted = (set: StoredSet): StoredSet => ({
    ...set,
    get key() {
      reads += 1
      return set.key
    },
  })
  const labels = Array.from({ length: 500 }, (_, index) => `n${index}`)
  const going = new Map(labels.map((label) => [`${label}.example.com`, counted(ours(`A ${label}`, ['192.0.2.1']))]))
  const { changes } = calculatePlan({
    zone: ZONE,
    intents: labels.flatMap((label) => [update(`A ${label}`, []), update(`CNAME ${label}`, ['x.example.net'])]),
    observed: {
      get: ({ name, type }) => (type === 'A' ? going.get(name) : undefined),
      atName: (name) => [going.get(name)].filter((set) => set !== undefined),
    },
    ownerId: OURS,
    capabilities: capabilities('PerSet'),
  })
  expect(changes).toHaveLength(1_000)
  expect(reads).toBeLessThan(10 * labels.length)
})
