import { describe, expect, it } from 'vitest'
import {
  HEALTHY,
  judge,
  node,
  notReady,
  NOW,
  report,
  states,
  tainted,
  unhealthy,
} from '../../test/support/pool-builders.ts'
import type { Scene } from '../../test/support/pool-builders.ts'
import { NOTHING_REMEMBERED, type MembershipMemory, type OutState } from './membership-memory.ts'

const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const fine = (from: number, to: number): Scene['nodes'] => range(from, to).map((number) => node(number))

/** Which numbered nodes are out. */
const outOf = (scene: Scene): readonly number[] =>
  judge(scene).inactive.map(({ name }) => Number(name.replace('node-', '')))

const remember = (...out: readonly (readonly [number, OutState, number])[]): MembershipMemory => ({
  ...NOTHING_REMEMBERED,
  out: new Map(
    out.map(([number, state, seconds]) => {
      const since = NOW + seconds * 1000
      const name = `node-${String(number).padStart(4, '0')}`
      return [name, { state, reason: 'as before', since, fineSince: state === 'Readmitting' ? since : undefined }]
    }),
  ),
})

const CORDONS: Scene['drain'] = { cordoned: { action: 'Remove' } }
const TAINT = 'karpenter.sh/disrupted'

describe('maxUnavailablePercent', () => {
  it('holds in whoever was never seen in DNS before it was well, once it is there', () => {
    const memory = { ...NOTHING_REMEMBERED, untried: new Set(['node-0001']) }
    const nodes = fine(1, 2)
    const { memory: next } = judge({ nodes, memory, health: report({ 1: HEALTHY, 2: HEALTHY }) })
    const health = report({ 1: unhealthy(-60), 2: unhealthy(-90) })
    expect(outOf({ nodes, memory: next, health })).toEqual([2])
  })

  it('counts whoever was never seen in DNS before anybody has an answer from it, and after', () => {
    const within = ['node-0005', 'node-0006', 'node-0007', 'node-0008']
    const out = remember([1, 'Unhealthy', -600], [2, 'Unhealthy', -600])
    const memory = { ...out, in: new Set(within), untried: new Set(['node-0003', 'node-0004']) }
    const verdicts = { 1: unhealthy(-600), 2: unhealthy(-600), 5: unhealthy(-5), 6: HEALTHY, 7: HEALTHY, 8: HEALTHY }
    const first = { nodes: fine(1, 8), memory, health: report(verdicts) }
    expect(outOf(first)).toEqual([1, 2, 3, 4])
    const health = report({ ...verdicts, 3: unhealthy(-1), 4: unhealthy(-1) })
    expect(outOf({ ...first, memory: judge(first).memory, health })).toEqual([1, 2, 3, 4])
  })

  it.each<[string, Scene, readonly number[]]>([
    ['a single member stays in', { nodes: [notReady(1, -60)], spec: { minMembers: 0 } }, []],
    [
      'a single member may go with 100',
      { nodes: [notReady(1, -60)], spec: { minMembers: 0 }, drain: { maxUnavailablePercent: 100 } },
      [1],
    ],
    [
      'one of two may go, whatever the share',
      { nodes: [notReady(1, -60), node(2)], drain: { maxUnavailablePercent: 1 } },
      [1],
    ],
    ['of two the longer failing goes', { nodes: [notReady(1, -60), notReady(2, -90)] }, [2]],
    ['the share is rounded down', { nodes: range(1, 5).map((number) => notReady(number, -60 - number)) }, [4, 5]],
    ['equally long failing go by name', { nodes: range(1, 4).map((number) => notReady(number, -60)) }, [1, 2]],
    [
      'health and readiness count together',
      { nodes: [notReady(1, -60), ...fine(2, 4)], health: report({ 2: unhealthy(-90), 3: unhealthy(-70) }) },
      [2, 3],
    ],
    [
      'whoever was never seen in DNS counts, and is not brought there',
      {
        nodes: fine(1, 5),
        health: report({ 1: unhealthy(-60), 2: unhealthy(-60), 3: unhealthy(-60), 4: unhealthy(-60) }),
        memory: { ...NOTHING_REMEMBERED, untried: new Set(['node-0001', 'node-0002', 'node-0003']) },
      },
      [1, 2, 3],
    ],
    [
      'draining members go besides, and are not counted',
      { nodes: [tainted(1, TAINT), tainted(2, TAINT), notReady(3, -60), notReady(4, -90)] },
      [1, 2, 4],
    ],
    [
      'members without an address are not counted',
      { nodes: [node(1, { addresses: [] }), node(2, { addresses: [] }), notReady(3, -60), notReady(4, -90)] },
      [1, 2, 4],
    ],
    [
      'cordoned members go besides, but are counted',
      {
        nodes: [node(1, { unschedulable: true }), ...range(2, 4).map((number) => notReady(number, -60 - number))],
        drain: CORDONS,
      },
      [1, 3, 4],
    ],
    [
      'a cordoned member that fails too is out for its cordon',
      {
        nodes: [notReady(1, -60, { unschedulable: true }), notReady(2, -90), notReady(3, -70), node(4)],
        drain: CORDONS,
      },
      [1, 2, 3],
    ],
    [
      'those that wait to return make room for those that fail',
      {
        nodes: [node(1), node(2), notReady(3, -60), node(4)],
        memory: remember([1, 'Readmitting', -5], [2, 'Readmitting', -9]),
      },
      [1, 3],
    ],
    [
      'nodes that have never been ready are neither counted nor called in',
      {
        nodes: [
          ...range(1, 6).map((number) =>
            notReady(number, -3, { creationTimestamp: new Date(NOW - 5000).toISOString() }),
          ),
          notReady(7, -60),
          notReady(8, -90),
        ],
      },
      [1, 2, 3, 4, 5, 6, 8],
    ],
  ])('%s', (_, scene, expected) => {
    expect(outOf({ spec: { minMembers: 0 }, ...scene })).toEqual(expected)
  })

  it('says whom it keeps in', () => {
    const held = judge({ nodes: [notReady(1, -60), notReady(2, -90)] })
    expect(states(held)).toBe('node-0001 NotReady (maxUnavailablePercent), node-0002 NotReady')
    expect(held.counts).toMatchObject({ active: 1, notReady: 1 })
    expect(held.messages).toEqual([
      '1 failing member kept in DNS, because drain.maxUnavailablePercent lets no more be out: node-0001 (Ready is False)',
    ])
  })

  it('a member that it calls back has returned', () => {
    const memory = remember([1, 'Readmitting', -5], [2, 'Readmitting', -9])
    const returned = judge({ nodes: [node(1), node(2), node(3)], memory })
    expect(states(returned)).toBe('node-0001 Readmitting, node-0002 Active, node-0003 Active')
    expect(returned.messages).toEqual([])
  })
})

describe('minMembers', () => {
  const all = { drain: { ...CORDONS, maxUnavailablePercent: 100 } }

  it.each<[string, Scene, readonly number[]]>([
    [
      'nobody is called back where enough are in',
      { nodes: [notReady(1, -60), ...fine(2, 3)], spec: { minMembers: 2 } },
      [1],
    ],
    [
      'those that wait come back first, the longest fine first',
      {
        nodes: [node(1), node(2), node(3, { unschedulable: true })],
        memory: remember([1, 'Readmitting', -5], [2, 'Readmitting', -9]),
        spec: { minMembers: 1 },
      },
      [1, 3],
    ],
    [
      'then cordoned ones',
      {
        nodes: [node(1, { unschedulable: true }), node(2), notReady(3, -60)],
        health: report({ 2: unhealthy(-60) }),
        spec: { minMembers: 1 },
      },
      [2, 3],
    ],
    [
      'then unhealthy ones',
      {
        nodes: [node(1, { unschedulable: true }), node(2), notReady(3, -40)],
        health: report({ 2: unhealthy(-60) }),
        spec: { minMembers: 2 },
      },
      [3],
    ],
    [
      'then those not ready, the shortest failing first',
      { nodes: range(1, 3).map((number) => notReady(number, -60 - number)), spec: { minMembers: 2 } },
      [3],
    ],
    [
      'those never ready come last',
      {
        nodes: [notReady(1, -3, { creationTimestamp: new Date(NOW - 5000).toISOString() }), notReady(2, -60)],
        spec: { minMembers: 1 },
      },
      [1],
    ],
    [
      'but they come',
      { nodes: [notReady(1, -3, { creationTimestamp: new Date(NOW - 5000).toISOString() })], spec: { minMembers: 1 } },
      [],
    ],
    ['draining ones never come back', { nodes: [tainted(1, TAINT), notReady(2, -60)], spec: { minMembers: 2 } }, [1]],
  ])('%s', (_, scene, expected) => {
    expect(outOf({ ...scene, ...all })).toEqual(expected)
  })

  it('says whom it keeps in', () => {
    const { messages } = judge({ nodes: [notReady(1, -60)], ...all })
    expect(messages).toEqual([
      '1 failing member kept in DNS, because there would be fewer than minMembers without: node-0001 (Ready is False)',
    ])
  })

  it('adds to what maxUnavailablePercent keeps in', () => {
    const nodes = range(1, 4).map((number) => notReady(number, -60 - number))
    expect(states(judge({ nodes, spec: { minMembers: 3 } }))).toBe(
      'node-0001 NotReady (maxUnavailablePercent), node-0002 NotReady (maxUnavailablePercent), node-0003 NotReady (minMembers), node-0004 NotReady',
    )
  })
})

describe('a member that is out only because it was', () => {
  const drain = { readmitSeconds: 600, maxUnavailablePercent: 34 }
  const memory = remember([1, 'Unhealthy', -600], [2, 'Draining', -600])

  it('returns before one that is seen failing, although that one has failed for a shorter time', () => {
    const inItsGrace = judge({
      nodes: [node(1), notReady(2, -1), notReady(3, -60)],
      drain,
      memory: remember([2, 'Draining', -600]),
    })
    expect(states(inItsGrace)).toBe('node-0001 Active, node-0002 Active, node-0003 NotReady')
  })

  it('does not return in the stead of one that has failed for a shorter time, while nobody has an answer from it', () => {
    const health = report({ 2: HEALTHY, 3: unhealthy(-60) })
    const unanswered = judge({ nodes: fine(1, 3), health, drain, memory: remember([1, 'Unhealthy', -600]) })
    expect(states(unanswered)).toBe(
      'node-0001 Unhealthy, node-0002 Active, node-0003 Unhealthy (maxUnavailablePercent)',
    )
  })

  it('returns after one that is seen to be fine', () => {
    const health = report({ 2: HEALTHY, 3: HEALTHY })
    expect(states(judge({ nodes: fine(1, 3), health, drain, memory }))).toBe(
      'node-0001 Unhealthy, node-0002 Active, node-0003 Active',
    )
  })
})

describe('a member that a brake keeps in', () => {
  it('need not wait when it is fine again, because it has never left', () => {
    const held = judge({ nodes: [notReady(1, -60), notReady(2, -90)] })
    const recovered = judge({ nodes: [node(1), notReady(2, -90)], memory: held.memory })
    expect(states(recovered)).toBe('node-0001 Active, node-0002 NotReady')
  })

  it('goes when another one returns', () => {
    const held = judge({ nodes: [node(1), node(2)], health: report({ 1: unhealthy(-60), 2: unhealthy(-90) }) })
    expect(states(held)).toBe('node-0001 Unhealthy (maxUnavailablePercent), node-0002 Unhealthy')
    const health = report({ 1: unhealthy(-60), 2: HEALTHY })
    const next = judge({ nodes: [node(1), node(2)], health, memory: held.memory })
    expect(states(next)).toBe('node-0001 Unhealthy, node-0002 Active')
  })
})
