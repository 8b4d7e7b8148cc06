import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOW } from '../../test/support/pool-builders.ts'
import { chooseGroup, failoverFromStatus, type FailoverInput, type FailoverMemory, type Group } from './choose-group.ts'

/** `2/3` is two healthy of three; `?` in front: one of its targets is unknown. Priorities are 1, 2, 3. */
function groups(...texts: readonly string[]): readonly Group[] {
  return texts.map((text, index) => {
    const [healthy = 0, size = 0] = text.replace('?', '').split('/').map(Number)
    return { priority: index + 1, healthy, size, unknown: text.startsWith('?') }
  })
}

const published = (group: number, betterSeconds?: number): FailoverMemory => ({
  group,
  since: NOW - 3_600_000,
  betterSince: betterSeconds === undefined ? undefined : NOW + betterSeconds * 1000,
})

function choose(
  given: readonly Group[],
  memory: FailoverMemory | undefined,
  overrides: Partial<FailoverInput> = {},
): ReturnType<typeof chooseGroup> {
  return chooseGroup({
    groups: given,
    minAddresses: 1,
    failbackSeconds: 60,
    memory,
    isPublished: memory !== undefined,
    now: NOW,
    ...overrides,
  })
}

const text = ({ group, publish }: ReturnType<typeof chooseGroup>): string => `${publish} ${group}`

describe('failover, row by row', () => {
  it.each<[string, readonly Group[], FailoverMemory | undefined, Partial<FailoverInput>, string]>([
    ['nothing published, some usable: the first usable', groups('0/2', '1/2', '2/2'), undefined, {}, 'active 2'],
    ['nothing published, none usable: all of the first', groups('0/2', '0/2'), undefined, {}, 'all 1'],
    ['nothing published, none usable, the first empty: all of the next', groups('0/0', '0/2'), undefined, {}, 'all 2'],
    ['nothing published, no members at all: nothing', groups('0/0', '0/0'), undefined, {}, 'kept undefined'],
    [
      'nothing published although something was chosen, none usable: all of the first',
      groups('0/2', '0/2'),
      published(2),
      { isPublished: false },
      'all 1',
    ],
    [
      'nothing published although something was chosen, some usable: the first usable',
      groups('2/2', '2/2'),
      published(2),
      { isPublished: false },
      'active 1',
    ],
    ['a group that is gone, some usable: the first usable', groups('0/2', '1/2'), published(7), {}, 'active 2'],
    ['a group that is gone, none usable: all of the first', groups('0/2', '0/2'), published(7), {}, 'all 1'],
    [
      'nobody remembers which, some usable: the first usable',
      groups('0/2', '1/2'),
      undefined,
      { isPublished: true },
      'active 2',
    ],
    [
      'nobody remembers which, an unknown one first: what is published stays',
      groups('?0/0', '1/2'),
      undefined,
      { isPublished: true },
      'kept undefined',
    ],
    [
      'nobody remembers which, an unknown one later: the first usable',
      groups('1/2', '?0/0'),
      undefined,
      { isPublished: true },
      'active 1',
    ],
    [
      'nobody remembers which, none usable: what is published stays',
      groups('0/2', '0/2'),
      undefined,
      { isPublished: true },
      'kept undefined',
    ],
    ['the first one, usable: it stays', groups('1/2', '2/2'), published(1), {}, 'active 1'],
    ['a usable one, none usable before it: it stays', groups('0/2', '1/2', '2/2'), published(2), {}, 'active 2'],
    ['a usable one, a better one from now on: it stays', groups('1/2', '1/2'), published(2), {}, 'active 2'],
    [
      'a usable one, a better one for less than failback: it stays',
      groups('1/2', '1/2'),
      published(2, -59),
      {},
      'active 2',
    ],
    [
      'a usable one, a better one for failback: the first usable',
      groups('1/2', '1/2', '1/2'),
      published(3, -60),
      {},
      'active 1',
    ],
    [
      'a usable one, a better one, and no failback time: the first usable',
      groups('1/2', '1/2'),
      published(2),
      { failbackSeconds: 0 },
      'active 1',
    ],
    ['an unknown one, none usable before it: it stays', groups('0/2', '?0/0', '2/2'), published(2), {}, 'active 2'],
    ['an unknown one, nothing else usable: it stays', groups('?0/0', '0/2'), published(1), {}, 'active 1'],
    [
      'an unknown one, a better one for failback: the better one',
      groups('1/2', '?0/0'),
      published(2, -60),
      {},
      'active 1',
    ],
    ['a usable one, an unknown one before it: it stays', groups('?0/0', '1/2'), published(2, -60), {}, 'active 2'],
    ['an unusable one, some usable: the first usable at once', groups('0/2', '1/2'), published(1), {}, 'active 2'],
    [
      'an unusable one, a better one usable: the better one at once',
      groups('1/2', '0/2'),
      published(2),
      {},
      'active 1',
    ],
    ['an unusable one, none usable: what is published stays', groups('0/2', '0/2'), published(2), {}, 'kept 2'],
    [
      'an unusable one, only an unknown one beside it: what is published stays',
      groups('?0/0', '0/2'),
      published(2),
      {},
      'kept 2',
    ],
  ])('%s', (_, given, memory, overrides, expected) => {
    expect(text(choose(given, memory, overrides))).toBe(expected)
  })
})

describe('a usable group', () => {
  const isUsable = (group: string, minAddresses: number): boolean =>
    choose(groups(group), undefined, { minAddresses }).publish === 'active'

  it.each<[string, string, number, boolean]>([
    ['has at least minAddresses healthy', '2/3', 2, true],
    ['has no fewer', '1/3', 2, false],
    ['has all healthy where there are fewer than minAddresses', '2/2', 5, true],
    ['is not empty', '0/0', 1, false],
    ['is not empty even with minAddresses 0', '0/0', 0, false],
    ['has one healthy even with minAddresses 0', '0/3', 0, false],
    ['is usable with one healthy and minAddresses 0', '1/3', 0, true],
    ['may be unknown in part when the rest suffices', '?2/2', 2, true],
    ['cannot count on what is unknown', '?1/1', 2, false],
  ])('%s', (_, group, minAddresses, expected) => {
    expect(isUsable(group, minAddresses)).toBe(expected)
  })
})

describe('what failover remembers', () => {
  it('since when a group is published', () => {
    expect(choose(groups('1/1', '1/1'), published(1)).memory).toEqual(published(1))
    expect(choose(groups('0/1', '1/1'), published(1), { now: NOW + 500 }).memory).toEqual({
      group: 2,
      since: NOW,
      betterSince: undefined,
    })
    expect(choose(groups('0/0'), undefined).memory).toBeUndefined()
  })

  it('since when a better one is usable, and when it will return', () => {
    const first = choose(groups('1/1', '1/1'), published(2), { now: NOW + 500 })
    expect(first).toMatchObject({ memory: { group: 2, betterSince: NOW }, nextChangeAt: NOW + 60_000 })
    const second = choose(groups('1/1', '1/1'), first.memory, { now: NOW + 30_000 })
    expect(second).toMatchObject({ memory: { group: 2, betterSince: NOW }, nextChangeAt: NOW + 60_000 })
  })

  it('starts anew when the better one has failed in between', () => {
    const failed = choose(groups('0/1', '1/1'), published(2, -59))
    expect(failed).toMatchObject({ memory: { betterSince: undefined }, nextChangeAt: undefined })
    expect(text(choose(groups('1/1', '1/1'), failed.memory, { now: NOW + 2000 }))).toBe('active 2')
  })

  it('does not believe a better time to come', () => {
    expect(choose(groups('1/1', '1/1'), published(2, 600)).memory?.betterSince).toBe(NOW)
  })

  it('comes back from status', () => {
    expect(failoverFromStatus(undefined, NOW)).toBeUndefined()
    expect(failoverFromStatus({}, NOW)).toBeUndefined()
    expect(failoverFromStatus({ group: 2 }, NOW + 1)).toEqual({ group: 2, since: NOW, betterSince: undefined })
    const status = { group: 2, since: '2026-05-01T11:00:00Z', betterSince: '2026-05-01T11:59:00Z' }
    expect(failoverFromStatus(status, NOW)).toEqual(published(2, -60))
  })
})

describe('what failover says', () => {
  it.each<[string, ReturnType<typeof chooseGroup>, string | undefined]>([
    ['nothing while the first group is published', choose(groups('1/2', '0/2'), published(1)), undefined],
    [
      'why another one is',
      choose(groups('0/2', '?2/2'), published(2)),
      'priority 2 is published: priority 1 has 0 of 2 healthy; priority 2 is not known',
    ],
    [
      'that a better one is about to return',
      choose(groups('2/2', '2/2'), published(2)),
      'priority 2 is published until a better one has been usable for 60 seconds: priority 1 has 2 of 2 healthy; priority 2 has 2 of 2 healthy',
    ],
    [
      'that none is usable',
      choose(groups('0/2'), published(1)),
      'no priority is usable, so what is published stays: priority 1 has 0 of 2 healthy',
    ],
    [
      'that none has been usable yet',
      choose(groups('0/2'), undefined),
      'no priority is usable yet, so all of priority 1 is published: priority 1 has 0 of 2 healthy',
    ],
  ])('%s', (_, { message }, expected) => {
    expect(message).toBe(expected)
  })
})

describe('whatever the groups are', () => {
  const group = fc.record({ healthy: fc.nat({ max: 3 }), more: fc.nat({ max: 3 }), unknown: fc.boolean() })
  const given = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 9 }), group), {
    selector: ([priority]) => priority,
    minLength: 1,
  })
  const toGroups = (
    entries: readonly (readonly [number, { healthy: number; more: number; unknown: boolean }])[],
  ): readonly Group[] =>
    entries.map(([priority, { healthy, more, unknown }]) => ({ priority, healthy, size: healthy + more, unknown }))
  const memories = fc
    .option(fc.integer({ min: 1, max: 9 }), { nil: undefined })
    .map((number) => (number === undefined ? undefined : published(number)))

  it('their order does not matter', () => {
    fc.assert(
      fc.property(given, memories, fc.boolean(), (entries, memory, isPublished) => {
        const inOrder = toGroups(entries)
        expect(choose(inOrder.toReversed(), memory, { isPublished })).toEqual(choose(inOrder, memory, { isPublished }))
      }),
    )
  })

  it('a group that becomes unknown is not left for a worse one', () => {
    fc.assert(
      fc.property(given, (entries) => {
        const all = toGroups(entries)
        const first = choose(all, undefined)
        fc.pre(first.group !== undefined)
        const blind = all.map((one) =>
          one.priority === first.group ? { ...one, healthy: 0, size: 0, unknown: true } : one,
        )
        const next = choose(blind, first.memory)
        expect(next.group).toBe(first.group)
      }),
    )
  })

  it('choosing again at the same time changes nothing', () => {
    fc.assert(
      fc.property(given, memories, fc.nat({ max: 4 }), (entries, memory, minAddresses) => {
        const first = choose(toGroups(entries), memory, { minAddresses })
        const second = choose(toGroups(entries), first.memory, { minAddresses, isPublished: first.group !== undefined })
        expect(second.group).toBe(first.group)
        expect(second.memory).toEqual(first.memory)
      }),
    )
  })
})
