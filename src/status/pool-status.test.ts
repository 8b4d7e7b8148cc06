import { describe, expect, it } from 'vitest'
import { computeKstatus, listNonconformities } from '../../test/kstatus.ts'
import { at, listSchemaProblems, NOW, poolObject } from '../../test/support/status-builders.ts'
import type { NodePoolStatus } from '../api/generated/node-pool.ts'
import { TerminalError, TransientError } from '../model/errors.ts'
import { derivePoolStatus, type PoolMembers, type PoolResults } from './pool-status.ts'

const counts = { total: 12, active: 10, draining: 1, notReady: 1, unhealthy: 0, noAddress: 0 }
const members = (given: Partial<PoolMembers> = {}): PoolMembers => ({
  counts,
  addresses: { IPv4: 10, IPv6: 1234 },
  inactive: [],
  shortfall: undefined,
  notes: [],
  ...given,
})

const derive = (given: Partial<PoolResults> = {}): NodePoolStatus | undefined =>
  derivePoolStatus({ object: poolObject(), now: NOW, error: undefined, members: members(), ...given })

const summary = (status: NodePoolStatus | undefined): readonly string[] =>
  status?.conditions?.map(({ type, status: value, reason, message }) => `${type}=${value} ${reason}: ${message}`) ?? []

describe('the status of a pool', () => {
  it('counts members and addresses', () => {
    const status = derive()
    expect(status).toMatchObject({
      observedGeneration: 1,
      members: counts,
      addresses: '10 IPv4, 1,234 IPv6',
      inactive: [],
    })
    expect(summary(status)).toEqual([
      'MembersResolved=True Succeeded: 10 of 12 members active',
      'Ready=True Succeeded: 10 of 12 members active',
    ])
    expect(derive({ object: poolObject({ status }), now: NOW + 60_000 })).toBeUndefined()
    expect(listNonconformities(poolObject({ status }))).toEqual([])
  })

  it('names who fails and is kept in, and is Ready all the same', () => {
    const note = '1 failing member kept in DNS, because drain.maxUnavailablePercent lets no more be out: n1 (NotReady)'
    const status = derive({ members: members({ notes: [note] }) })
    expect(summary(status)).toEqual([
      `MembersResolved=True Succeeded: 10 of 12 members active; ${note}`,
      `Ready=True Succeeded: 10 of 12 members active; ${note}`,
    ])
    expect(derive({ object: poolObject({ status }), members: members({ notes: [note] }) })).toBeUndefined()
    expect(derive({ object: poolObject({ status }) })).toBeDefined()
  })

  it.each([
    [{ IPv4: 3, IPv6: 0 }, '3 IPv4'],
    [{ IPv4: 0, IPv6: 3 }, '3 IPv6'],
    [{ IPv4: 0, IPv6: 0 }, 'none'],
  ])('names only families that are there: %j', (addresses, text) => {
    expect(derive({ members: members({ addresses }) })?.addresses).toBe(text)
  })

  it('lists who is out, sorted and capped', () => {
    const inactive = Array.from({ length: 300 }, (_, index) => ({
      name: `node-${1000 - index}`,
      state: 'Draining' as const,
      reason: 'rule karpenter, request id: 17',
      since: at(0),
    }))
    const status = derive({ members: members({ inactive: [...inactive, { name: 'a', state: 'NoAddress' }] }) })
    expect(status?.inactive).toHaveLength(100)
    expect(listSchemaProblems(poolObject({ status }))).toEqual([])
    expect(status?.inactive?.slice(0, 2)).toEqual([
      { name: 'a', state: 'NoAddress' },
      { name: 'node-1000', state: 'Draining', reason: 'rule karpenter', since: at(0) },
    ])
  })

  it('is not Ready below its floor, nor without members', () => {
    const short = derive({ members: members({ shortfall: '1 of at least 2 members is active' }) })
    expect(summary(short)).toEqual([
      'MembersResolved=True Succeeded: 10 of 12 members active',
      'Ready=False BelowMinimum: 1 of at least 2 members is active',
      'Reconciling=True ProgressingWithRetry: 1 of at least 2 members is active',
    ])
    const empty = derive({ members: members({ counts: { ...counts, total: 0, active: 0 } }) })
    expect(summary(empty).slice(1)).toEqual([
      'Ready=False NoMembers: no node matches spec.selector, and there are no spec.hosts',
      'Reconciling=True ProgressingWithRetry: no node matches spec.selector, and there are no spec.hosts',
    ])
    expect(computeKstatus(poolObject({ status: empty }))).toBe('InProgress')
  })

  it('says who the members are by the last valid spec, while the newest is not valid', () => {
    const error = new TerminalError('InvalidSpec', 'spec.minMembers must be at least 0')
    expect(summary(derive({ error }))).toEqual([
      'MembersResolved=True Succeeded: 10 of 12 members active',
      'Ready=False InvalidSpec: spec.minMembers must be at least 0',
      'Stalled=True InvalidSpec: spec.minMembers must be at least 0',
    ])
  })

  it('keeps what it said of the members while they are unknown', () => {
    const good = derive()
    const error = new TransientError('NodesUnknown', 'the nodes cannot be listed')
    const bad = derive({ object: poolObject({ status: good }), error, members: undefined })
    expect(bad).toEqual({ ...good, conditions: expect.any(Array) as unknown })
    expect(summary(bad)).toEqual([
      'MembersResolved=Unknown NodesUnknown: the nodes cannot be listed',
      'Ready=False NodesUnknown: the nodes cannot be listed',
      'Reconciling=True ProgressingWithRetry: the nodes cannot be listed',
    ])
  })
})
