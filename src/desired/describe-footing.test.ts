// Plan modes read the footing: that what it says of a derivation lets members flow and keeps edits of the spec waiting.
import { describe, expect, it } from 'vitest'
import { derive, EDGE, HOME, known, MAIN, members, type Situation } from '../../test/support/record-builders.ts'
import { capabilities, OURS } from '../../test/support/zone-builders.ts'
import { ZoneTable } from '../model/zone.ts'
import { applyChanges } from '../plan/apply-in-memory.ts'
import { calculatePlan } from '../plan/calculate-plan.ts'
import { describeChange } from '../plan/describe-change.ts'
import { gateChanges } from '../plan/gate-changes.ts'
import type { Derivation } from './derivation.ts'
import { describeSource, footingFromStatus, isSourceOf } from './describe-footing.ts'

const able = capabilities('PerSet')
const planOf = ({ intents }: Derivation, observed: ZoneTable) =>
  calculatePlan({ zone: MAIN, intents, observed, ownerId: OURS, capabilities: able })

/** What flows and what waits under PlanSpec when one situation follows another. */
function gate(before: Situation, after: Situation): { readonly flows: number; readonly waits: readonly string[] } {
  const previous = derive(before)
  const zone = new ZoneTable()
  applyChanges(zone, planOf(previous, zone).changes)
  const published = [...zone.all()].map(({ key: { type, name }, values }) => {
    return `${type} ${name} = ${values.map(({ value }) => value).join(', ')}`
  })
  const current = derive({ ...after, published })
  const gated = gateChanges({
    mode: 'PlanSpec',
    changes: planOf(current, zone).changes,
    previous: previous.footing,
    current: current.footing,
    generation: 2,
    approvedGeneration: 1,
    approvedHashes: [],
    deleting: false,
  })
  return { flows: gated.apply.length, waits: gated.kind === 'held' ? gated.held.map(describeChange) : [] }
}

const one = [known('edge', members('n1 192.0.2.1'))]
const two = [known('edge', members('n1 192.0.2.1', 'n2 192.0.2.2'))]
const perMember = { hostnames: ['{member}.example.com'] }

describe('under PlanSpec', () => {
  it.each<[string, Situation, Situation, number, number]>([
    ['a member that comes flows', { contributions: one }, { contributions: two }, 1, 0],
    ['a member that goes flows', { contributions: two }, { contributions: one }, 1, 0],
    [
      'the name of a member that comes flows',
      { spec: perMember, contributions: one },
      { spec: perMember, contributions: two },
      1,
      0,
    ],
    [
      'the name of a member that goes flows',
      { spec: perMember, contributions: two },
      { spec: perMember, contributions: one },
      1,
      0,
    ],
    [
      'a new hostname waits',
      { contributions: one },
      { spec: { hostnames: ['shop.example.com', 'new.example.com'] }, contributions: one },
      0,
      1,
    ],
    ['a new TTL waits', { contributions: one }, { spec: { ttlSeconds: 60 }, contributions: one }, 0, 1],
    [
      'a member flows beside a TTL that waits',
      { contributions: one },
      { spec: { ttlSeconds: 60 }, contributions: two },
      1,
      1,
    ],
    [
      'a new target waits',
      { contributions: one },
      { spec: { targets: [EDGE, HOME] }, contributions: [...one, known('home', members('wan 192.0.2.9'))] },
      0,
      1,
    ],
  ])('%s', (_sentence, before, after, flows, waits) => {
    const gated = gate(before, after)
    expect([gated.flows, gated.waits.length]).toEqual([flows, waits])
  })
})

describe('a footing in status', () => {
  const set = { name: 'shop.example.com', type: 'A', ttl: 300, state: 'InSync' } as const

  it('is none before anything was carried out', () => {
    expect(footingFromStatus(undefined)).toBeUndefined()
    expect(footingFromStatus({ targets: [{ name: 'edge', known: true, addresses: ['192.0.2.1'] }] })).toBeUndefined()
  })

  it('is what the targets stood for and gave, and the names that are published', () => {
    const status = {
      targets: [
        { name: 'edge', source: 'nodePool/web/edge', known: true, addresses: ['192.0.2.1'] },
        { name: 'cdn', source: 'hostname/cdn.example.net', known: true, hostname: 'cdn.example.net' },
        { name: 'new', known: true, addresses: ['192.0.2.9'] },
      ],
      recordSets: [
        { ...set, values: ['192.0.2.1'] },
        { ...set, setId: 'edge', values: ['192.0.2.1'] },
        { ...set, name: 'held.example.com', values: [] },
      ],
    }
    expect(footingFromStatus(status)).toEqual({
      targets: new Map([
        ['edge', { source: 'nodePool/web/edge', values: new Set(['192.0.2.1']) }],
        ['cdn', { source: 'hostname/cdn.example.net', values: new Set(['cdn.example.net']) }],
      ]),
      origins: new Map([
        ['shop.example.com A', 'shop.example.com A '],
        ['shop.example.com A edge', 'shop.example.com A edge'],
      ]),
      knownOrigins: new Set(['shop.example.com A ', 'shop.example.com A edge']),
    })
    expect(footingFromStatus({ targets: status.targets })?.origins.size).toBe(0)
  })

  it('says in few words what a target stands for, and anything else as soon as it is edited', () => {
    expect(describeSource(EDGE, 'web')).toBe('nodePool/web/edge')
    expect(isSourceOf(describeSource({ ...EDGE, priority: 2 }, 'web'), 'web/edge')).toBe(true)
    expect(isSourceOf(describeSource(EDGE, 'web'), 'web/edge-2')).toBe(false)
    const edited = [
      { ...EDGE, priority: 2 },
      { ...EDGE, weight: 2 },
      { addresses: ['192.0.2.1'] },
      { addresses: ['192.0.2.1', '192.0.2.2'] },
    ]
    expect(new Set(edited.map((target) => describeSource(target, 'web'))).size).toBe(edited.length)
    for (const target of edited) expect(describeSource(target, 'web')).toMatch(/^[a-z/]+ [0-9a-f]{16}$/i)
  })
})
