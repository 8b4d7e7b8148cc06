import { describe, expect, it } from 'vitest'
import {
  at,
  HEALTHY,
  judge,
  node,
  notReady,
  NOW,
  report,
  states,
  tainted,
  unhealthy,
  type Scene,
} from '../../test/support/pool-builders.ts'
import type { NodeObject } from '../api/node.ts'
import type { Membership } from './membership.ts'
import { NOTHING_REMEMBERED, type MembershipMemory, type OutMember, type OutState } from './membership-memory.ts'

/** Two more that are fine, so that no brake holds the first one in. */
const others = [node(2), node(3)]

const judgeFirst = (first: NodeObject, scene: Partial<Scene> = {}): Membership['members'][number] | undefined =>
  judge({ nodes: [first, ...others], ...scene }).members[0]

const wasOut = (state: OutState, overrides: Partial<OutMember> = {}): MembershipMemory => ({
  ...NOTHING_REMEMBERED,
  out: new Map([
    ['node-0001', { state, reason: 'as before', since: NOW - 600_000, fineSince: undefined, ...overrides }],
  ]),
  in: new Set(['node-0002', 'node-0003']),
})

const unreachable = (seconds: number): NodeObject =>
  node(1, { ready: { status: 'Unknown', lastTransitionTime: at(seconds) } })

const silent = (overrides: Partial<NodeObject> = {}): NodeObject => {
  const { ready: _, ...rest } = node(1, overrides)
  return rest
}

describe('the state of a member that was in DNS', () => {
  it.each<[string, NodeObject, Partial<Scene>, string]>([
    ['fine: active', node(1), {}, 'Active'],
    [
      'both autoscaler taints: draining',
      tainted(1, 'DeletionCandidateOfClusterAutoscaler', 'ToBeDeletedByClusterAutoscaler'),
      {},
      'Draining',
    ],
    ['one of them: active', tainted(1, 'DeletionCandidateOfClusterAutoscaler'), {}, 'Active'],
    ['being deleted: draining', node(1, { deletionTimestamp: at(0) }), {}, 'Draining'],
    ['draining and not ready: draining', notReady(1, -600, { deletionTimestamp: at(0) }), {}, 'Draining'],
    ['draining without an address: draining', node(1, { deletionTimestamp: at(0), addresses: [] }), {}, 'Draining'],
    ['without an address', node(1, { addresses: [] }), {}, 'NoAddress'],
    ['not ready within its grace: active', notReady(1, -29), {}, 'Active'],
    ['not ready for its grace', notReady(1, -30), {}, 'NotReady'],
    [
      'not ready, and that is to be ignored: active',
      notReady(1, -600),
      { drain: { notReady: { action: 'Keep', graceSeconds: 0 } } },
      'Active',
    ],
    [
      'not ready, without grace',
      notReady(1, 0),
      { drain: { notReady: { action: 'Remove', graceSeconds: 0 } } },
      'NotReady',
    ],
    ['not ready since a time to come: since now', notReady(1, 600), {}, 'Active'],
    ['not ready without a stamp', node(1, { ready: { status: 'False', lastTransitionTime: '' } }), {}, 'NotReady'],
    ['unreachable within its grace: active', unreachable(-29), {}, 'Active'],
    ['unreachable for its grace', unreachable(-30), {}, 'Unreachable'],
    [
      'unreachable, and that is to be ignored: active',
      unreachable(-600),
      { drain: { unreachable: { action: 'Keep', graceSeconds: 0 } } },
      'Active',
    ],
    ['it has never reported', silent(), {}, 'Unreachable'],
    ['it has never been ready: no grace', notReady(1, -3, { creationTimestamp: at(-5) }), {}, 'NotReady'],
    ['cordoned, which is ignored: active', node(1, { unschedulable: true }), {}, 'Active'],
    [
      'cordoned, which counts',
      node(1, { unschedulable: true }),
      { drain: { cordoned: { action: 'Remove' } } },
      'Cordoned',
    ],
    ['healthy: active', node(1), { health: report({ 1: HEALTHY }) }, 'Active'],
    ['no verdict yet: active', node(1), { health: report({}) }, 'Active'],
    ['unhealthy', node(1), { health: report({ 1: unhealthy(0) }) }, 'Unhealthy'],
    [
      'unhealthy, removal still delayed: active',
      node(1),
      { health: report({ 1: unhealthy(-19) }, { removalDelaySeconds: 20 }) },
      'Active',
    ],
    [
      'unhealthy for the removal delay',
      node(1),
      { health: report({ 1: unhealthy(-20) }, { removalDelaySeconds: 20 }) },
      'Unhealthy',
    ],
    [
      'unhealthy, removal delayed, and it was never in DNS: unhealthy',
      node(1),
      {
        health: report({ 1: unhealthy(-1) }, { removalDelaySeconds: 20 }),
        memory: { ...NOTHING_REMEMBERED, in: new Set() },
      },
      'Unhealthy',
    ],
    ['unhealthy and not ready: not ready', notReady(1, -60), { health: report({ 1: unhealthy(-60) }) }, 'NotReady'],
    [
      'cordoned and unhealthy: unhealthy',
      node(1, { unschedulable: true }),
      { drain: { cordoned: { action: 'Remove' } }, health: report({ 1: unhealthy(-60) }) },
      'Unhealthy',
    ],
    [
      'cordoned and not ready within its grace: cordoned',
      notReady(1, -3, { unschedulable: true }),
      { drain: { cordoned: { action: 'Remove' } } },
      'Cordoned',
    ],
  ])('%s', (_, first, scene, expected) => {
    expect(judgeFirst(first, scene)?.state).toBe(expected)
  })
})

describe('the state of a member that was out', () => {
  const fine = node(1)
  it.each<[string, NodeObject, MembershipMemory, Partial<Scene>, string]>([
    ['fine: waits to return', fine, wasOut('NotReady'), {}, 'Readmitting'],
    ['fine for long enough: active', fine, wasOut('Readmitting', { fineSince: NOW - 30_000 }), {}, 'Active'],
    [
      'fine, but not for long enough: waits',
      fine,
      wasOut('Readmitting', { fineSince: NOW - 29_000 }),
      {},
      'Readmitting',
    ],
    ['fine, and nobody is to wait: active', fine, wasOut('NotReady'), { drain: { readmitSeconds: 0 } }, 'Active'],
    [
      'fine since a time to come: waits from now on',
      fine,
      wasOut('Readmitting', { fineSince: NOW + 600_000 }),
      { seconds: 29 },
      'Readmitting',
    ],
    ['no longer draining: waits', fine, wasOut('Draining'), {}, 'Readmitting'],
    ['no longer cordoned: waits', fine, wasOut('Cordoned'), {}, 'Readmitting'],
    ['has an address now: active', fine, wasOut('NoAddress'), {}, 'Active'],
    [
      'not ready within the grace: stays out',
      notReady(1, -1),
      wasOut('Readmitting', { fineSince: NOW - 29_000 }),
      {},
      'NotReady',
    ],
    ['draining before, not ready within the grace now: out', notReady(1, -1), wasOut('Draining'), {}, 'NotReady'],
    ['unhealthy, no verdict now: unhealthy', fine, wasOut('Unhealthy'), { health: report({}) }, 'Unhealthy'],
    ['unhealthy, and nobody probes any more: waits', fine, wasOut('Unhealthy'), {}, 'Readmitting'],
    ['unhealthy, healthy now: waits', fine, wasOut('Unhealthy'), { health: report({ 1: HEALTHY }) }, 'Readmitting'],
    [
      'waits, no verdict now: goes on waiting',
      fine,
      wasOut('Readmitting', { fineSince: NOW }),
      { health: report({}) },
      'Readmitting',
    ],
    [
      'waits, unhealthy with the removal delayed: stays out',
      fine,
      wasOut('Readmitting'),
      { health: report({ 1: unhealthy(-1) }, { removalDelaySeconds: 20 }) },
      'Unhealthy',
    ],
    ['without an address', node(1, { addresses: [] }), wasOut('NotReady'), {}, 'NoAddress'],
  ])('%s', (_, first, memory, scene, expected) => {
    expect(judgeFirst(first, { memory, ...scene })?.state).toBe(expected)
  })

  it('keeps the time of its first failure while it fails in one way or another', () => {
    const since = (state: OutState, first: NodeObject, health?: Scene['health']): number | undefined =>
      judgeFirst(first, { memory: wasOut(state), health })?.since
    expect(since('NotReady', unreachable(-30))).toBe(NOW - 600_000)
    expect(since('Unreachable', notReady(1, -30))).toBe(NOW - 600_000)
    expect(since('Unhealthy', notReady(1, -30))).toBe(NOW - 600_000)
    expect(since('NotReady', node(1), report({ 1: unhealthy(-5) }))).toBe(NOW - 600_000)
    expect(since('Readmitting', notReady(1, -30))).toBe(NOW - 30_000)
  })

  it('keeps the time since it has drained', () => {
    expect(judgeFirst(node(1, { deletionTimestamp: at(0) }), { memory: wasOut('Draining') })?.since).toBe(NOW - 600_000)
    expect(judgeFirst(node(1, { deletionTimestamp: at(0) }), { memory: wasOut('NotReady') })?.since).toBe(NOW)
  })

  it('keeps the time since it has been out where nothing else tells', () => {
    const cordoned = node(1, { unschedulable: true })
    const drain = { cordoned: { action: 'Remove' } } as const
    expect(judgeFirst(cordoned, { drain, memory: wasOut('Cordoned') })?.since).toBe(NOW - 600_000)
    expect(judgeFirst(cordoned, { drain, seconds: 0.5 })?.since).toBe(NOW)
    const unstamped = node(1, { ready: { status: 'False', lastTransitionTime: '' } })
    expect(judgeFirst(unstamped, { memory: wasOut('Draining') })?.since).toBe(NOW - 600_000)
    expect(judgeFirst(unstamped)?.since).toBe(NOW)
  })

  it('says for what it left while it waits', () => {
    expect(judgeFirst(node(1), { memory: wasOut('NotReady') })).toMatchObject({ reason: 'as before', since: NOW })
  })
})

describe('a node that joins', () => {
  const young = (seconds: number): Partial<NodeObject> => ({ creationTimestamp: at(seconds) })
  const ready = (seconds: number): NodeObject =>
    node(1, { ...young(-60), ready: { status: 'True', lastTransitionTime: at(seconds) } })

  it('is in DNS at once when it is ready', () => {
    expect(judgeFirst(ready(0))?.state).toBe('Active')
  })

  it('is out until it is ready for the first time, and in at once then', () => {
    const starting = judge({ nodes: [notReady(1, -1, young(0)), ...others] })
    expect(states(starting)).toMatch('node-0001 NotReady,')
    expect(states(judge({ nodes: [node(1, young(0)), ...others], memory: starting.memory }))).toMatch(
      'node-0001 Active',
    )
  })

  it('has failed like any other once it has been in', () => {
    expect(judgeFirst(notReady(1, -10, young(-60)))?.state).toBe('Active')
    expect(judgeFirst(notReady(1, -30, young(-60)))?.state).toBe('NotReady')
  })

  it('waits for its first health verdict, and is in at once with it', () => {
    const health = report({})
    const before = judge({ nodes: others, health })
    const waiting = judge({ nodes: [ready(0), ...others], health, memory: before.memory })
    expect(waiting.members[0]).toMatchObject({ state: 'Unhealthy', reason: 'health check: no answer yet' })
    const failing = judge({
      nodes: [ready(0), ...others],
      health: report({ 1: unhealthy(15) }),
      memory: waiting.memory,
      seconds: 15,
    })
    expect(failing.members[0]).toMatchObject({ state: 'Unhealthy', reason: 'health check: connection refused' })
    const healthy = judge({
      nodes: [ready(0), ...others],
      health: report({ 1: HEALTHY }),
      memory: failing.memory,
      seconds: 20,
    })
    expect(healthy.members[0]?.state).toBe('Active')
  })

  it('waits for its first health verdict after it has become ready or has got its address', () => {
    const health = report({})
    for (const first of [notReady(1, 0, young(0)), node(1, { ...young(0), addresses: [] })]) {
      const before = judge({ nodes: others, health })
      const starting = judge({ nodes: [first, ...others], health, memory: before.memory })
      expect(judgeFirst(node(1, young(0)), { health, memory: starting.memory, seconds: 5 })?.state).toBe('Unhealthy')
    }
  })

  it('does not wait for a verdict when it may have been in before a restart', () => {
    expect(judgeFirst(ready(0), { health: report({}) })?.state).toBe('Active')
  })

  it('does not wait for a verdict when it is a host, because a host is there to be published', () => {
    const memory = judge({ nodes: others }).memory
    const hosts = [{ name: 'a-host', addresses: ['1.1.1.1'] }]
    expect(judge({ nodes: others, spec: { hosts }, health: report({}), memory }).members[0]?.state).toBe('Active')
  })

  it('has waited all along if it was created in a time to come', () => {
    const memory = judge({ nodes: others }).memory
    const early = node(1, young(600))
    expect(judgeFirst(early, { health: report({}), memory })).toMatchObject({ state: 'Unhealthy', since: NOW })
  })
})

describe('what a membership says', () => {
  it('counts members by what has become of them', () => {
    const { counts, addressCounts } = judge({
      nodes: [
        node(1),
        tainted(2, 'karpenter.sh/disrupted'),
        notReady(3, -60),
        node(4, { ready: { status: 'Unknown', lastTransitionTime: at(-60) } }),
        node(5),
        node(6, { addresses: [] }),
        node(7, {
          addresses: [
            { type: 'ExternalIP', address: '1.1.1.1' },
            { type: 'ExternalIP', address: '2a00::1' },
          ],
        }),
        node(8),
      ],
      health: report({ 5: unhealthy(-60) }),
    })
    expect(counts).toEqual({ total: 8, active: 3, draining: 1, notReady: 2, unhealthy: 1, noAddress: 1 })
    expect(addressCounts).toEqual({ IPv4: 3, IPv6: 1 })
  })

  it('lists who is out, as status has it', () => {
    expect(judge({ nodes: [notReady(1, -60), ...others] }).inactive).toEqual([
      { name: 'node-0001', state: 'NotReady', reason: 'Ready is False', since: '2026-05-01T11:59:00Z' },
    ])
  })

  it('lists since when a member that waits has been fine', () => {
    expect(judge({ nodes: [node(1), ...others], memory: wasOut('NotReady') }).inactive).toEqual([
      {
        name: 'node-0001',
        state: 'Readmitting',
        reason: 'as before',
        since: '2026-05-01T12:00:00Z',
        fineSince: '2026-05-01T12:00:00Z',
      },
    ])
  })

  it('says when there are fewer members than there should be', () => {
    const few = judge({ nodes: [tainted(1, 'karpenter.sh/disrupted'), node(2)], spec: { minMembers: 2 } })
    expect(few).toMatchObject({ belowMinimum: true, messages: ['1 active member, and minMembers is 2'] })
    expect(judge({ nodes: others, spec: { minMembers: 2 } })).toMatchObject({ belowMinimum: false, messages: [] })
  })

  it('says what stands where an address should be', () => {
    const addresses = [
      { type: 'ExternalIP', address: 'tbd' },
      { type: 'ExternalIP', address: '1.1.1.1' },
    ]
    expect(judge({ nodes: [node(1, { addresses }), ...others] }).messages).toEqual([
      '1 member with something that is no IP address: node-0001 (ExternalIP "tbd")',
    ])
  })

  it('is empty where there is nobody', () => {
    expect(judge({ nodes: [] })).toMatchObject({
      members: [],
      inactive: [],
      belowMinimum: true,
      nextChangeAt: undefined,
      messages: ['0 active members, and minMembers is 1'],
    })
  })
})

describe('a time to come', () => {
  it('counts as now', () => {
    const outcome = (scene: Partial<Scene>): Membership => judge({ nodes: [node(1), ...others], ...scene })
    expect(outcome({ nodes: [notReady(1, 600), ...others] }).nextChangeAt).toBe(NOW + 30_000)
    expect(outcome({ health: report({ 1: unhealthy(600) }) }).members[0]).toMatchObject({
      state: 'Unhealthy',
      since: NOW,
    })
    const memory = wasOut('Readmitting', { fineSince: NOW + 600_000 })
    expect(outcome({ memory })).toMatchObject({
      nextChangeAt: NOW + 30_000,
      inactive: [{ fineSince: '2026-05-01T12:00:00Z' }],
    })
  })
})

describe('the next time to look', () => {
  it.each<[string, Scene, number | undefined]>([
    ['never while all is fine', { nodes: others }, undefined],
    ['when a grace ends', { nodes: [notReady(1, -10), ...others] }, 20],
    ['when the first of several graces ends', { nodes: [notReady(1, -10), notReady(2, -20), node(3)] }, 10],
    ['never for what is out already', { nodes: [notReady(1, -60), ...others] }, undefined],
    [
      'when a removal is due',
      { nodes: [node(1), ...others], health: report({ 1: unhealthy(-5) }, { removalDelaySeconds: 20 }) },
      15,
    ],
    ['when a member has waited long enough', { nodes: [node(1), ...others], memory: wasOut('NotReady') }, 30],
  ])('is %s', (_, scene, expected) => {
    expect(judge(scene).nextChangeAt).toBe(expected === undefined ? undefined : NOW + expected * 1000)
  })
})
