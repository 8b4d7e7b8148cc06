import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blog, key, ours, OURS, owner, shop, stored, THEIRS, ZONE } from '../../test/support/zone-builders.ts'
import type { Fqdn } from '../model/name.ts'
import { describeKey } from '../model/record-set.ts'
import { judgeSafety, pruneHistory, recordDeletion, type PastDeletion, type SafetyInput } from './judge-safety.ts'
import type { Change } from './plan.ts'

const NOW = 1_800_000_000_000
const GUARD = { maxDeletePercent: 30, windowSeconds: 600 }

const remove = (keyText: string): Change => ({
  kind: 'delete',
  key: key(keyText),
  resource: shop,
  previous: ours(keyText, ['192.0.2.1']),
})
const create = (keyText: string): Change => ({
  kind: 'create',
  key: key(keyText),
  resource: shop,
  next: ours(keyText, ['192.0.2.1']),
})
const past = (secondsAgo: number, ...labels: string[]): PastDeletion => ({
  at: NOW - secondsAgo * 1000,
  sets: labels.length,
  names: labels.map((label) => `${label}.example.com` as Fqdn),
})

const judge = (changes: readonly Change[], owned: number, more: Partial<SafetyInput> = {}) =>
  judgeSafety({
    zone: ZONE.zone,
    ownerId: OURS,
    changes,
    history: [],
    owned,
    guard: GUARD,
    approvedHashes: [],
    unfinished: [],
    now: NOW,
    ...more,
  })

describe('the guard', () => {
  it.each<[string, readonly Change[], number, readonly PastDeletion[], 'safe' | 'held']>([
    ['lets through what deletes nothing', [create('A a')], 0, [], 'safe'],
    ['lets one name go', [remove('A a')], 2, [], 'safe'],
    ['lets one name go in all its families', [remove('A a'), remove('AAAA a')], 3, [], 'safe'],
    ['lets the only set go', [remove('A a')], 1, [], 'safe'],
    ['holds the only name when it is more than one set', [remove('A a'), remove('AAAA a')], 2, [], 'held'],
    ['lets several names go up to the percentage', [remove('A a'), remove('A b'), remove('A c')], 10, [], 'safe'],
    ['rounds the percentage down', [remove('A a'), remove('A b'), remove('A c')], 9, [], 'held'],
    ['counts what went before in the window', [remove('A c')], 8, [past(500, 'a', 'b')], 'safe'],
    ['counts it against what was owned before', [remove('A c')], 7, [past(500, 'a', 'b')], 'held'],
    ['forgets what left the window', [remove('A c')], 7, [past(600, 'a', 'b')], 'safe'],
    ['counts a name that went twice as one', [remove('A a')], 3, [past(60, 'a')], 'safe'],
    ['holds the last of what was owned in the window', [remove('A b')], 1, [past(60, 'a')], 'held'],
  ])('%s', (_name, changes, owned, history, verdict) => {
    expect(judge(changes, owned, { history }).verdict).toBe(verdict)
  })

  it('holds a total wipe whatever the percentage', () => {
    const changes = [remove('A a'), remove('A b')]
    expect(judge(changes, 2, { guard: { ...GUARD, maxDeletePercent: 100 } })).toMatchObject({
      verdict: 'held',
      message: expect.stringContaining('everything Stoa owns in example.com would be gone') as string,
    })
    expect(judge(changes, 3, { guard: { ...GUARD, maxDeletePercent: 100 } }).verdict).toBe('safe')
  })

  it('counts our last value in a shared set, but no update, handover or release', () => {
    const shared = stored('A a', [
      ['192.0.2.1', owner(shop)],
      ['192.0.2.9', owner(shop, THEIRS)],
    ])
    const theirs = stored('A a', [['192.0.2.9', owner(shop, THEIRS)]])
    const at = { key: shared.key, resource: shop }
    const b = ours('A b', ['192.0.2.1'])
    const changes: readonly Change[] = [
      { kind: 'update', ...at, previous: shared, next: theirs },
      { kind: 'update', key: b.key, resource: blog, previous: b, next: ours('A b', ['192.0.2.1'], {}, blog) },
      { kind: 'update', key: key('A d'), resource: shop, previous: stored('A d', [['192.0.2.1']]), next: theirs },
      { kind: 'release', key: key('A c'), resource: shop, previous: ours('A c', ['x']), next: stored('A c', [['x']]) },
    ]
    expect(judge(changes, 4)).toMatchObject({ verdict: 'safe', deletes: 1 })
    expect(judge([...changes, remove('A e')], 5)).toMatchObject({ verdict: 'held', deletes: 2 })
  })

  it('counts no set whose name another takes over: the name stays', () => {
    const changes = ['a', 'b', 'c'].flatMap((name) => [
      remove(`A ${name}`),
      remove(`AAAA ${name}`),
      create(`CNAME ${name}`),
    ])
    const routed = [remove('A d'), create('A d us'), create('A d eu')]
    expect(judge([...changes, ...routed], 7)).toMatchObject({ verdict: 'safe', deletes: 0 })
    expect(recordDeletion([...changes, ...routed], OURS, NOW)).toBeUndefined()
    expect(recordDeletion(changes.slice(0, -1), OURS, NOW)).toEqual({ at: NOW, sets: 2, names: ['c.example.com'] })
    expect(judge([remove('A a'), create('AAAA a'), remove('A b'), create('TXT b')], 4)).toMatchObject({
      verdict: 'held',
      deletes: 2,
    })
  })

  it('holds what deletes, and lets the rest go on', () => {
    const changes = [remove('A a'), create('TXT a'), remove('A b'), create('A c')]
    const verdict = judge(changes, 4)
    if (verdict.verdict !== 'held') throw new Error('not held')
    expect(verdict.held.map(({ kind, key: of }) => `${kind} ${describeKey(of)}`)).toEqual([
      'delete A a.example.com',
      'delete A b.example.com',
    ])
    expect(verdict.allowed.map(({ key: of }) => describeKey(of))).toEqual(['TXT a.example.com', 'A c.example.com'])
    expect(verdict.examples).toEqual(['A a.example.com', 'A b.example.com'])
    expect(verdict.message).toBe(
      'deleting 2 record sets is held, because more than 30 % of what Stoa owns in example.com would be gone within 600 s ' +
        `(A a.example.com, A b.example.com): to go on, annotate the DNSProvider with dns.stoa.dev/approve: ${verdict.hash}`,
    )
  })

  it('lets exactly the approved changes through, and says which approval is used up', () => {
    const held = judge([remove('A a'), remove('A b')], 4)
    const hash = held.verdict === 'held' ? held.hash : ''
    const approvedHashes = ['0123456789abcdef', hash]
    const changes = [remove('A b'), remove('A a')]
    expect(judge(changes, 4, { approvedHashes })).toEqual({ verdict: 'safe', deletes: 2, approved: { hash, changes } })
    expect(judge([remove('A a'), remove('A c')], 4, { approvedHashes }).verdict).toBe('held')
    expect(judge([remove('A a')], 4, { approvedHashes })).toMatchObject({ verdict: 'safe', approved: undefined })
  })

  it('asks nobody again for what is left of an approval, and judges what comes beside it for itself', () => {
    const unfinished = ['a', 'b', 'c', 'd'].map((label) => remove(`A ${label}`))
    const left = unfinished.slice(2)
    expect(judge(left, 8, { unfinished })).toEqual({ verdict: 'safe', deletes: 2, approved: undefined })
    expect(judge([...left, remove('A e')], 8, { unfinished }).verdict).toBe('safe')
    const verdict = judge([...left, remove('A e'), remove('A f')], 8, { unfinished })
    if (verdict.verdict !== 'held') throw new Error('not held')
    expect([verdict.held, verdict.allowed]).toEqual([[remove('A e'), remove('A f')], left])
  })

  it('counts what is left of an approval as gone', () => {
    const unfinished = [remove('A a'), remove('A b')]
    expect(judge([...unfinished, remove('A c'), remove('AAAA c')], 4, { unfinished }).verdict).toBe('held')
  })

  it('judges a change anew that is no longer the approved one', () => {
    const unfinished = [remove('A a'), remove('A b')]
    const other: Change = { kind: 'delete', key: key('A a'), resource: shop, previous: ours('A a', ['192.0.2.9']) }
    const verdict = judge([other, remove('A b'), remove('A c')], 4, { unfinished })
    expect(verdict).toMatchObject({ verdict: 'held', held: [other, remove('A c')] })
  })

  it('remembers what was deleted for as long as the window', () => {
    expect(recordDeletion([remove('A a'), remove('AAAA a'), create('A b')], OURS, NOW)).toEqual({
      at: NOW,
      sets: 2,
      names: ['a.example.com'],
    })
    expect(recordDeletion([create('A b')], OURS, NOW)).toBeUndefined()
    expect(pruneHistory([past(601, 'a'), past(600, 'b'), past(599, 'c')], NOW, 600)).toEqual([past(599, 'c')])
  })

  it('never lets more go in any window than allowed, however it trickles in', () => {
    const labels = Array.from({ length: 12 }, (_, index) => `n${index}`)
    const step = fc.record({ seconds: fc.integer({ min: 0, max: 400 }), count: fc.integer({ min: 1, max: 4 }) })
    const percent = fc.integer({ min: 0, max: 100 })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), percent, (steps, maxDeletePercent) => {
        const guard = { maxDeletePercent, windowSeconds: 600 }
        const left = [...labels]
        const gone: { readonly at: number; readonly name: string; readonly ownedThen: number }[] = []
        let history: readonly PastDeletion[] = []
        let now = NOW
        for (const { seconds, count } of steps) {
          now += seconds * 1000
          const changes = left.slice(0, count).map((label) => remove(`A ${label}`))
          if (judge(changes, left.length, { guard, history, now }).verdict === 'held') continue
          const deletion = recordDeletion(changes, OURS, now)
          if (deletion !== undefined) history = [...pruneHistory(history, now, 600), deletion]
          for (const name of left.splice(0, count)) gone.push({ at: now, name, ownedThen: left.length })
        }
        for (const end of gone) {
          const window = gone.filter(({ at }) => at > end.at - 600_000 && at <= end.at)
          const before = window.length + Math.min(...window.map(({ ownedThen }) => ownedThen))
          expect(window.length === 1 || window.length <= Math.floor((before * maxDeletePercent) / 100)).toBe(true)
          expect(before > 1 && window.length === before).toBe(false)
        }
      }),
      { numRuns: 500 },
    )
  })
})
