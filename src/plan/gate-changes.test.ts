import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blog, key, ours, OURS, owner, shop, stored, THEIRS } from '../../test/support/zone-builders.ts'
import type { Footing } from '../model/footing.ts'
import { keyText, type StoredSet } from '../model/record-set.ts'
import { ZoneTable } from '../model/zone.ts'
import { applyChanges } from './apply-in-memory.ts'
import { describeChange } from './describe-change.ts'
import { gateChanges, type Gate, type GateInput } from './gate-changes.ts'
import { hashChanges } from './hash-plan.ts'
import type { Change } from './plan.ts'

const at = (keyText: string, resource = shop) => ({ key: key(keyText), resource })
const update = (previous: StoredSet, next: StoredSet): Change => ({
  kind: 'update',
  key: previous.key,
  resource: shop,
  previous,
  next,
})
const create = (keyText: string, values: readonly string[]): Change => ({
  kind: 'create',
  ...at(keyText),
  next: ours(keyText, values),
})
const remove = (keyText: string, values: readonly string[]): Change => ({
  kind: 'delete',
  ...at(keyText),
  previous: ours(keyText, values),
})

/** `{ edge: ['pool edge', '192.0.2.1'] }` and `{ 'A shop': 'shop' }`. */
function footing(targets: Record<string, readonly string[]>, origins: Record<string, string> = {}): Footing {
  return {
    targets: new Map(
      Object.entries(targets).map(([name, [source = '', ...values]]) => [name, { source, values: new Set(values) }]),
    ),
    origins: new Map(Object.entries(origins).map(([text, origin]) => [keyText(key(text)), origin])),
    knownOrigins: new Set(Object.values(origins)),
  }
}

const EMPTY = footing({})
const OTHERS = ['192.0.2.9', owner(blog, THEIRS)] as const

const gate = (changes: readonly Change[], more: Partial<GateInput> = {}): Gate =>
  gateChanges({
    mode: 'PlanSpec',
    changes,
    previous: EMPTY,
    current: EMPTY,
    generation: 2,
    approvedGeneration: 1,
    approvedHashes: [],
    deleting: false,
    ...more,
  })

const sentences = (result: Gate): readonly (readonly string[])[] => [
  result.apply.map(describeChange),
  result.kind === 'held' ? result.held.map(describeChange) : [],
]

describe('modes', () => {
  const changes = [create('A shop', ['192.0.2.1'])]

  it('Apply lets everything go', () => {
    expect(gate(changes, { mode: 'Apply' })).toEqual({ kind: 'open', apply: changes, consumedHash: undefined })
  })

  it('PlanAll lets nothing go until exactly these changes are approved, for this generation', () => {
    const held = gate(changes, { mode: 'PlanAll' })
    const hash = hashChanges(changes, 2)
    expect(held).toEqual({
      kind: 'held',
      apply: [],
      held: changes,
      hash,
      message: `spec.mode is PlanAll, so changes of A shop.example.com wait: to apply exactly these, annotate the resource with dns.stoa.dev/approve: ${hash}`,
    })
    const approved = gate(changes, { mode: 'PlanAll', approvedHashes: ['0123456789abcdef', hash] })
    expect(approved).toEqual({ kind: 'open', apply: changes, consumedHash: hash })
    expect(gate(changes, { mode: 'PlanAll', approvedHashes: [hash], generation: 3 }).kind).toBe('held')
    const more = [...changes, create('A blog', ['192.0.2.1'])]
    expect(gate(more, { mode: 'PlanAll', approvedHashes: [hash] }).kind).toBe('held')
  })

  it('an approval stays good for what is left of its changes, until the spec is edited or it is withdrawn', () => {
    const [first, second, other] = ['A a', 'A b', 'A c'].map((text) => create(text, ['192.0.2.1'])) as [
      Change,
      Change,
      Change,
    ]
    const hash = hashChanges([first, second], 2)
    const unfinished = { hash, generation: 2, changes: [first, second] }
    const left = (changes: readonly Change[], more: Partial<GateInput> = {}): Gate =>
      gate(changes, { mode: 'PlanAll', approvedHashes: [hash], unfinished, ...more })
    expect(left([second])).toEqual({ kind: 'open', apply: [second], consumedHash: hash })
    expect(left([second, other]).kind).toBe('held')
    expect(left([create('A b', ['192.0.2.2'])]).kind).toBe('held')
    expect(left([second], { approvedHashes: [] }).kind).toBe('held')
    expect(left([second], { generation: 3 }).kind).toBe('held')
    expect(left([second], { unfinished: undefined }).kind).toBe('held')
  })

  it('PlanAll is open when there is nothing to do', () => {
    expect(gate([], { mode: 'PlanAll' })).toEqual({ kind: 'open', apply: [], consumedHash: undefined })
  })

  it('a deletion needs no approval', () => {
    const gone = [remove('A shop', ['192.0.2.1'])]
    expect(gate(gone, { mode: 'PlanAll', deleting: true }).kind).toBe('open')
    expect(gate(gone, { mode: 'PlanSpec', deleting: true }).kind).toBe('open')
  })

  it('PlanSpec lets everything go while the approved generation stays', () => {
    const drift = [update(ours('A shop', ['192.0.2.1'], { ttl: 60 }), ours('A shop', ['192.0.2.1']))]
    expect(gate(drift, { approvedGeneration: 2 }).kind).toBe('open')
    expect(gate(drift).kind).toBe('held')
  })

  it('PlanSpec holds all of a resource that has published nothing yet', () => {
    expect(gate(changes, { previous: undefined, approvedGeneration: undefined }).kind).toBe('held')
  })
})

describe('PlanSpec, while an edited spec waits', () => {
  const cases: readonly {
    name: string
    changes: readonly Change[]
    previous: Footing
    current: Footing
    apply?: readonly string[]
    held?: readonly string[]
  }[] = [
    {
      name: 'lets members of a target come and go',
      changes: [update(ours('A shop', ['192.0.2.1', '192.0.2.2']), ours('A shop', ['192.0.2.2', '192.0.2.3']))],
      previous: footing({ edge: ['pool edge', '192.0.2.1', '192.0.2.2'] }),
      current: footing({ edge: ['pool edge', '192.0.2.2', '192.0.2.3'] }),
      apply: ['update A shop.example.com: adds 192.0.2.3; removes 192.0.2.1'],
    },
    {
      name: 'lets failover choose another of the targets',
      changes: [update(ours('A shop', ['192.0.2.1']), ours('A shop', ['192.0.2.9']))],
      previous: footing({ us: ['addresses 192.0.2.1', '192.0.2.1'], eu: ['addresses 192.0.2.9', '192.0.2.9'] }),
      current: footing({ us: ['addresses 192.0.2.1', '192.0.2.1'], eu: ['addresses 192.0.2.9', '192.0.2.9'] }),
      apply: ['update A shop.example.com: adds 192.0.2.9; removes 192.0.2.1'],
    },
    {
      name: 'holds what a new target adds',
      changes: [update(ours('A shop', ['192.0.2.1']), ours('A shop', ['192.0.2.1', '192.0.2.9']))],
      previous: footing({ edge: ['pool edge', '192.0.2.1'] }),
      current: footing({ edge: ['pool edge', '192.0.2.1'], far: ['pool far', '192.0.2.9'] }),
      held: ['update A shop.example.com: adds 192.0.2.9'],
    },
    {
      name: 'holds what a removed target takes along',
      changes: [update(ours('A shop', ['192.0.2.1', '192.0.2.9']), ours('A shop', ['192.0.2.1']))],
      previous: footing({ edge: ['pool edge', '192.0.2.1'], far: ['pool far', '192.0.2.9'] }),
      current: footing({ edge: ['pool edge', '192.0.2.1'] }),
      held: ['update A shop.example.com: removes 192.0.2.9'],
    },
    {
      name: 'holds the end of a value that a removed target contributed too',
      changes: [update(ours('A shop', ['192.0.2.1', '192.0.2.2']), ours('A shop', ['192.0.2.2']))],
      previous: footing({ edge: ['pool edge', '192.0.2.1', '192.0.2.2'], far: ['pool far', '192.0.2.1'] }),
      current: footing({ edge: ['pool edge', '192.0.2.2'] }),
      held: ['update A shop.example.com: removes 192.0.2.1'],
    },
    {
      name: 'holds literals that were edited',
      changes: [update(ours('A shop', ['192.0.2.1']), ours('A shop', ['192.0.2.9']))],
      previous: footing({ addresses: ['addresses 192.0.2.1', '192.0.2.1'] }),
      current: footing({ addresses: ['addresses 192.0.2.9', '192.0.2.9'] }),
      held: ['update A shop.example.com: adds 192.0.2.9; removes 192.0.2.1'],
    },
    {
      name: 'holds a value that nothing contributed and nothing contributes',
      changes: [update(ours('A shop', ['192.0.2.1', '192.0.2.7']), ours('A shop', ['192.0.2.1']))],
      previous: footing({ edge: ['pool edge', '192.0.2.1'] }),
      current: footing({ edge: ['pool edge', '192.0.2.1'] }),
      held: ['update A shop.example.com: removes 192.0.2.7'],
    },
    {
      name: 'lets members flow with the TTL of before, and holds the new TTL',
      changes: [update(ours('A shop', ['192.0.2.1']), ours('A shop', ['192.0.2.1', '192.0.2.2'], { ttl: 60 }))],
      previous: footing({ edge: ['pool edge', '192.0.2.1'] }),
      current: footing({ edge: ['pool edge', '192.0.2.1', '192.0.2.2'] }),
      apply: ['update A shop.example.com: adds 192.0.2.2'],
      held: ['update A shop.example.com: TTL 300 → 60'],
    },
    {
      name: 'never empties a name whose new members wait',
      changes: [update(ours('A shop', ['192.0.2.1']), ours('A shop', ['192.0.2.9']))],
      previous: footing({ edge: ['pool edge', '192.0.2.1'] }),
      current: footing({ edge: ['pool edge'], far: ['pool far', '192.0.2.9'] }),
      held: ['update A shop.example.com: adds 192.0.2.9; removes 192.0.2.1'],
    },
    {
      name: 'never gives a CNAME two values',
      changes: [update(ours('CNAME shop', ['a.example.net']), ours('CNAME shop', ['b.example.net']))],
      previous: footing({ lb: ['service lb'], site: ['hostname a', 'a.example.net'] }),
      current: footing({ lb: ['service lb', 'b.example.net'] }),
      held: ['update CNAME shop.example.com: adds b.example.net; removes a.example.net'],
    },
    {
      name: 'holds a handover',
      changes: [update(ours('A shop', ['192.0.2.1'], {}, blog), ours('A shop', ['192.0.2.1']))],
      previous: footing({ edge: ['pool edge', '192.0.2.1'] }, { 'A shop': 'shop' }),
      current: footing({ edge: ['pool edge', '192.0.2.1'] }, { 'A shop': 'shop' }),
      held: ['update A shop.example.com: takes over from dynamicdnsrecord/web/blog'],
    },
    {
      name: 'holds a release',
      changes: [{ kind: 'release', ...at('A shop'), previous: ours('A shop', ['x']), next: stored('A shop', [['x']]) }],
      previous: EMPTY,
      current: EMPTY,
      held: ['release A shop.example.com: x stays, but is no longer managed'],
    },
    {
      name: 'lets names of members come and go',
      changes: [create('A n2', ['192.0.2.2']), remove('A n1', ['192.0.2.1'])],
      previous: footing({ edge: ['pool edge', '192.0.2.1'] }, { 'A n1': '{member}' }),
      current: footing({ edge: ['pool edge', '192.0.2.2'] }, { 'A n2': '{member}' }),
      apply: ['create A n2.example.com: 192.0.2.2 (TTL 300)', 'delete A n1.example.com: was 192.0.2.1 (TTL 300)'],
    },
    {
      name: 'holds the names of a new entry, and of one that was removed',
      changes: [create('A n2', ['192.0.2.2']), remove('A n1', ['192.0.2.1'])],
      previous: footing({ edge: ['pool edge', '192.0.2.1'] }, { 'A n1': '{member}' }),
      current: footing({ edge: ['pool edge', '192.0.2.2'] }, { 'A n2': 'edge-{member}' }),
      held: ['create A n2.example.com: 192.0.2.2 (TTL 300)', 'delete A n1.example.com: was 192.0.2.1 (TTL 300)'],
    },
    {
      name: 'holds names that come from nowhere it knows',
      changes: [create('A n2', ['192.0.2.2']), remove('A n1', ['192.0.2.1'])],
      previous: footing({ edge: ['pool edge', '192.0.2.1'] }),
      current: footing({ edge: ['pool edge', '192.0.2.2'] }),
      held: ['create A n2.example.com: 192.0.2.2 (TTL 300)', 'delete A n1.example.com: was 192.0.2.1 (TTL 300)'],
    },
    {
      name: 'keeps the addresses while the CNAME that replaces them waits',
      changes: [
        remove('A shop', ['192.0.2.1']),
        create('CNAME shop', ['a.example.net']),
        create('TXT shop', ['192.0.2.1']),
      ],
      previous: footing({ edge: ['pool edge', '192.0.2.1'] }, { 'A shop': 'shop', 'TXT shop': 'shop' }),
      current: footing(
        { edge: ['pool edge', '192.0.2.1'], cdn: ['hostname a', 'a.example.net'] },
        { 'CNAME shop': 'shop', 'TXT shop': 'shop' },
      ),
      held: [
        'delete A shop.example.com: was 192.0.2.1 (TTL 300)',
        'create CNAME shop.example.com: a.example.net (TTL 300)',
        'create TXT shop.example.com: 192.0.2.1 (TTL 300)',
      ],
    },
    {
      name: 'lets our first and last value in a shared set flow like names',
      changes: [
        update(stored('A n1', [OTHERS]), stored('A n1', [['192.0.2.1', owner(shop)], OTHERS])),
        update(stored('A n2', [['192.0.2.2', owner(shop)], OTHERS]), stored('A n2', [OTHERS])),
      ],
      previous: footing({ edge: ['pool edge', '192.0.2.2'] }, { 'A n2': '{member}' }),
      current: footing({ edge: ['pool edge', '192.0.2.1'] }, { 'A n1': '{member}' }),
      apply: ['update A n1.example.com: adds 192.0.2.1', 'update A n2.example.com: removes 192.0.2.2'],
    },
  ]

  it.each(cases)('$name', ({ changes, previous, current, apply = [], held = [] }) => {
    expect(sentences(gate(changes, { previous, current }))).toEqual([apply, held])
  })

  it('gives the same hash before and after the members have flowed', () => {
    const [previous, current] = [
      footing({ edge: ['pool edge', '192.0.2.1'] }),
      footing({ edge: ['pool edge', '192.0.2.1', '192.0.2.2'] }),
    ]
    const next = ours('A shop', ['192.0.2.1', '192.0.2.2'], { ttl: 60 })
    const first = gate([update(ours('A shop', ['192.0.2.1']), next)], { previous, current })
    const second = gate([update(ours('A shop', ['192.0.2.1', '192.0.2.2']), next)], { previous, current })
    if (first.kind !== 'held' || second.kind !== 'held') throw new Error('not held')
    expect(second.hash).toBe(first.hash)
    expect(second.apply).toEqual([])
    const approved = gate([update(ours('A shop', ['192.0.2.1']), next)], {
      previous,
      current,
      approvedHashes: [first.hash],
    })
    expect(approved.apply.map(describeChange)).toEqual(['update A shop.example.com: adds 192.0.2.2; TTL 300 → 60'])
  })
})

describe('what a gate lets through and what it holds', () => {
  const VALUES = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']
  const anyTargets = fc
    .tuple(fc.subarray(VALUES), fc.subarray(VALUES), fc.constantFrom('pool b', 'pool c'), fc.boolean())
    .map(([a, b, source, both]): Record<string, readonly string[]> => ({
      a: ['pool a', ...a],
      ...(both ? { b: [source, ...b] } : {}),
    }))
  const anySet = fc
    .tuple(fc.subarray(VALUES), fc.subarray(['192.0.2.8', '192.0.2.9']), fc.constantFrom(60, 300))
    .map(([values, others, ttl]) => {
      const own = values.map((value) => [value, owner(shop)] as const)
      return stored('A shop', [...own, ...others.map((value) => [value, owner(blog, THEIRS)] as const)], { ttl })
    })
  const anyChange = fc.tuple(anySet, anySet, fc.constantFrom('A shop', 'A n1')).map(([previous, set, text]): Change => {
    const move = (of: StoredSet): StoredSet => ({ ...of, key: key(text) })
    const foreign = previous.values.filter(({ owner: of }) => of?.id !== OURS)
    const next = { ...set, values: [...set.values.filter(({ owner: of }) => of?.id === OURS), ...foreign] }
    if (previous.values.length === 0) return { kind: 'create', ...at(text), next: move(next) }
    if (next.values.length === 0) return { kind: 'delete', ...at(text), previous: move(previous) }
    return { kind: 'update', ...at(text), previous: move(previous), next: move(next) }
  })
  const origins = { 'A shop': 'shop' }

  it('together make the plan, and neither empties a name that is to have values', () => {
    fc.assert(
      fc.property(anyChange, anyTargets, anyTargets, (change, before, now) => {
        const result = gate([change], { previous: footing(before, origins), current: footing(now, origins) })
        const start = change.kind === 'create' ? [] : [change.previous]
        const [whole, inParts] = [new ZoneTable(start), new ZoneTable(start)]
        applyChanges(whole, [change])
        applyChanges(inParts, result.apply)
        const own = (set: StoredSet | undefined) => set?.values.filter(({ owner: of }) => of?.id === OURS) ?? []
        if (change.kind === 'update' && own(change.previous).length > 0 && own(change.next).length > 0) {
          expect(own(inParts.get(change.key)).length).toBeGreaterThan(0)
        }
        if (result.kind === 'held') applyChanges(inParts, result.held)
        expect([...inParts.all()]).toEqual([...whole.all()])
      }),
      { numRuns: 2000 },
    )
  })
})
