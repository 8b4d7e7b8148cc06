import { describe, expect, it } from 'vitest'
import { ip, judge, node, notReady, NOW, poolSpec, report, unhealthy } from '../../test/support/pool-builders.ts'
import type { InactiveMember } from '../api/generated/node-pool.ts'
import { judgeNodes } from './judge-node.ts'
import {
  listInactive,
  memoryForRecord,
  memoryFromStatus,
  MOST_INACTIVE,
  NOTHING_REMEMBERED,
  type OutMember,
  type OutState,
  withGiven,
  withoutMember,
} from './membership-memory.ts'

const member = (state: OutState): OutMember => ({ state, reason: 'because', since: NOW, fineSince: undefined })

describe('the memory of a membership', () => {
  it('comes back from status as it was', () => {
    const nodes = [notReady(1, -60), node(2), node(3), node(4), node(5), node(6)]
    const { memory } = judge({
      nodes,
      health: report({ 2: unhealthy(-60) }),
      memory: memoryFromStatus(
        [
          {
            name: 'node-0003',
            state: 'Readmitting',
            reason: 'because',
            since: '2026-05-01T11:59:50Z',
            fineSince: '2026-05-01T11:59:50Z',
          },
        ],
        NOW,
      ),
    })
    expect([...memory.out.keys()]).toEqual(['node-0001', 'node-0002', 'node-0003'])
    expect(memoryFromStatus(listInactive(memory.out), NOW).out).toEqual(memory.out)
  })

  it('forgets that a member was in DNS, and nothing else', () => {
    const memory = { ...NOTHING_REMEMBERED, in: new Set(['a', 'b']), out: new Map([['a', member('Draining')]]) }
    expect(withoutMember(memory, 'a')).toEqual({ ...memory, in: new Set(['b']) })
    expect(withoutMember(memory, 'c')).toBe(memory)
    expect(withoutMember(NOTHING_REMEMBERED, 'a')).toBe(NOTHING_REMEMBERED)
  })

  it('is empty where there is no status', () => {
    expect(memoryFromStatus(undefined, NOW)).toEqual(NOTHING_REMEMBERED)
  })

  it('makes do with what a status has', () => {
    const bare: readonly InactiveMember[] = [
      { name: 'a', state: 'Draining' },
      { name: 'b', state: 'Unhealthy', since: 'once' },
    ]
    expect([...memoryFromStatus(bare, NOW + 999).out.values()]).toEqual([
      { state: 'Draining', reason: 'Draining', since: NOW, fineSince: undefined },
      { state: 'Unhealthy', reason: 'Unhealthy', since: NOW, fineSince: undefined },
    ])
  })

  it('when it must be cut keeps those whose leave is waited for, and last those without an address', () => {
    const count = MOST_INACTIVE
    const all = [
      ...Array.from({ length: count }, (_, index) => [`a${index}`, member('NoAddress')] as const),
      ...(['Cordoned', 'NotReady', 'Unreachable'] as const).map((state) => [state, member(state)] as const),
      ['leaves', member('Draining')] as const,
    ]
    const listed = listInactive(new Map(all)).map(({ name }) => name)
    expect(listed).toEqual([...all.slice(0, count - 4), ...all.slice(count)].map(([name]) => name))
  })

  it('when it must be cut keeps those that only it knows of, in order', () => {
    const names = Array.from({ length: MOST_INACTIVE + 2 }, (_, index) => `node-${String(index).padStart(4, '0')}`)
    const last = names.length - 1
    const states = names.map((name, index): [string, OutMember] => [
      name,
      member(index === last ? 'Readmitting' : index === last - 1 ? 'Unhealthy' : 'NotReady'),
    ])
    const listed = listInactive(new Map(states)).map(({ name }) => name)
    expect(listed).toEqual([...names.slice(0, MOST_INACTIVE - 2), ...names.slice(-2)])
  })
})

describe('the memory of a pool of which not all that are out are listed', () => {
  const nodes = judgeNodes(poolSpec(), [node(1), node(2), node(3)])
  const out = new Map([['node-0001', member('Unhealthy')]])

  it('has in DNS whom records give, and whoever else is not listed is untried', () => {
    expect(withGiven({ ...NOTHING_REMEMBERED, out }, nodes, new Set([ip('1.0.0.3')]))).toEqual({
      ...NOTHING_REMEMBERED,
      ...{ out, in: new Set(['node-0003']), untried: new Set(['node-0002']) },
    })
  })
})

describe('the memory of a record with a check of its own, at its first look', () => {
  const nodes = judgeNodes(poolSpec(), [node(1), node(2), node(3), node(4)])
  const out = new Map<string, OutMember>([
    ['node-0001', member('Readmitting')],
    ['node-0002', member('Unhealthy')],
    ['node-0003', member('NotReady')],
  ])
  const pool = { ...NOTHING_REMEMBERED, out }

  it('has in DNS whom the record gives, and out of it whom the pool has out for another reason than a check', () => {
    expect(memoryForRecord(pool, nodes, new Set([ip('1.0.0.3'), ip('1.0.0.4'), ip('192.0.2.1')]))).toEqual({
      ...NOTHING_REMEMBERED,
      in: new Set(['node-0003', 'node-0004']),
      out: new Map([['node-0001', member('Readmitting')]]),
      untried: new Set(['node-0002']),
    })
  })

  it('is empty where nobody knows what the record gives', () => {
    expect(memoryForRecord(pool, nodes, undefined)).toEqual(NOTHING_REMEMBERED)
  })
})
