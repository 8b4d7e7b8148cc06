import { describe, expect, it } from 'vitest'
import { create, ownedSet, remove } from '../../test/contracts/provider-contract.ts'
import { MemoryZone } from '../../test/fakes/memory-zone.ts'
import { TerminalError } from '../model/errors.ts'
import type { ChangeOutcome } from '../providers/provider.ts'
import { carryOut } from './carry-out.ts'

const never = new AbortController().signal
const POISON = '203.0.113.66'
const at = (label: string): string => `${label}.example.com`

function openZone(): MemoryZone {
  const zone = new MemoryZone()
  zone.poisoned.add(POISON)
  return zone
}

const kinds = (outcomes: readonly ChangeOutcome[]): readonly string[] =>
  outcomes.map(({ change, kind }) => `${change.key.name.split('.')[0] ?? ''} ${change.key.type} ${kind}`).sort()

describe('carrying changes out', () => {
  it.each(['CredentialsInvalid', 'ZoneNotFound'])(
    'looks for no culprit where all calls are refused (%s)',
    async (reason) => {
      const zone = openZone()
      zone.fail(new TerminalError(reason, 'refused'), Infinity)
      const changes = Array.from({ length: 200 }, (_, index) => create(ownedSet(at(`n${index}`), 'A', ['192.0.2.1'])))
      const outcomes = await carryOut(zone, changes, never)
      expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['failed']))
      expect(zone.writes).toBe(1)
    },
  )

  it.each([200, 1_000])('takes all %d for refused where one and some of all the others are', async (count) => {
    const zone = openZone()
    const changes = Array.from({ length: count }, (_, index) => create(ownedSet(at(`n${index}`), 'A', [POISON])))
    const outcomes = await carryOut(zone, changes, never)
    expect(zone.writes).toBeLessThanOrEqual(20)
    expect(outcomes).toHaveLength(count)
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['failed']))
    expect(outcomes.filter((outcome) => outcome.kind === 'failed' && outcome.scope === 'Change')).toHaveLength(8)
  })

  it('asks each of many batches little where all is refused, and puts nothing off', async () => {
    const zone = new MemoryZone({ batchSize: 50 })
    zone.poisoned.add(POISON)
    const changes = Array.from({ length: 1_000 }, (_, index) => create(ownedSet(at(`n${index}`), 'A', [POISON])))
    const outcomes = await carryOut(zone, changes, never)
    expect(zone.writes).toBeLessThanOrEqual(20 + 64)
    expect(outcomes).toHaveLength(1_000)
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['failed']))
  })

  it('writes what is good behind some bad ones, though none of the first tries passes', async () => {
    const zone = openZone()
    const changes = Array.from({ length: 200 }, (_, index) =>
      create(ownedSet(at(`n${index}`), 'A', [index < 5 ? POISON : '192.0.2.1'])),
    )
    const left = kinds(await carryOut(zone, changes, never)).filter((text) => !text.endsWith(' applied'))
    expect(left).toEqual(['n0 A failed', 'n1 A failed', 'n2 A failed', 'n3 A failed', 'n4 A failed'])
  })

  it.each([20, 50, 100, 333])('finds that one family passes where the other is refused at %d names', async (count) => {
    const zone = openZone()
    const changes = Array.from({ length: count }, (_, index) => [
      create(ownedSet(at(`n${index}`), 'A', [POISON])),
      create(ownedSet(at(`n${index}`), 'AAAA', ['2001:db8::1'])),
    ])
    const outcomes = await carryOut(zone, changes.flat(), never)
    expect(outcomes.some(({ kind }) => kind === 'applied')).toBe(true)
    expect(outcomes).toHaveLength(2 * count)
  })

  it('goes on where each of many culprits is named', async () => {
    const zone = openZone()
    const apply = zone.apply.bind(zone)
    zone.apply = async (batch): Promise<readonly ChangeOutcome[]> => {
      const outcomes = await apply(batch)
      const culprit = outcomes.find(({ change, kind }) => kind === 'failed' && change.key.name.startsWith('bad'))
      return outcomes.map((outcome) =>
        outcome === culprit && outcome.kind === 'failed' ? { ...outcome, scope: 'Change' } : outcome,
      )
    }
    const changes = Array.from({ length: 30 }, (_, index) =>
      create(ownedSet(at(index < 10 ? `bad${index}` : `n${index}`), 'A', [index < 10 ? POISON : '192.0.2.1'])),
    )
    const outcomes = await carryOut(zone, changes, never)
    expect(outcomes.filter(({ kind }) => kind === 'applied')).toHaveLength(20)
  })

  it('blames the bad one of two sets at a name, and not the other', async () => {
    const zone = openZone()
    const changes = [
      create(ownedSet(at('www'), 'A', [POISON])),
      create(ownedSet(at('www'), 'AAAA', ['2001:db8::1'])),
      create(ownedSet(at('x'), 'A', ['192.0.2.1'])),
    ]
    expect(kinds(await carryOut(zone, changes, never))).toEqual(['www A failed', 'www AAAA applied', 'x A applied'])
  })

  describe('a name that is never what it was read as', () => {
    const labels = Array.from({ length: 16 }, (_, index) => `n${index}`)
    const changes = labels.map((label) => create(ownedSet(at(label), 'A', ['192.0.2.1'])))

    function open(): MemoryZone {
      const zone = openZone()
      zone.elusive.add(at('n5'))
      return zone
    }

    it('is reason to read again at first, and to ask no further', async () => {
      const zone = open()
      const outcomes = await carryOut(zone, changes, never)
      expect([new Set(outcomes.map(({ kind }) => kind)), zone.writes]).toEqual([new Set(['outdated']), 1])
    })

    it('keeps no other from being written when that has not helped', async () => {
      const zone = open()
      const outcomes = await carryOut(zone, changes, never, () => true)
      const others = kinds(outcomes).filter((text) => !text.startsWith('n5 '))
      expect(others).toEqual(
        labels
          .filter((label) => label !== 'n5')
          .map((label) => `${label} A applied`)
          .sort(),
      )
      expect(kinds(outcomes)).toContain('n5 A outdated')
      expect(zone.writes).toBeLessThanOrEqual(6)
    })

    it.each([15, 200, 1_000])('is not looked for among %d that all are such', async (count) => {
      const zone = openZone()
      const all = Array.from({ length: count }, (_, index) => create(ownedSet(at(`n${index}`), 'A', ['192.0.2.1'])))
      for (const { key } of all) zone.elusive.add(key.name)
      const outcomes = await carryOut(zone, all, never, () => true)
      expect([outcomes.length, new Set(outcomes.map(({ kind }) => kind))]).toEqual([count, new Set(['outdated'])])
      expect(zone.writes).toBeLessThanOrEqual(Math.ceil(Math.log2(count)) + 5)
    })

    it('keeps no other from being written where it is one of some that come first', async () => {
      const zone = openZone()
      for (const label of ['n0', 'n1', 'n2']) zone.elusive.add(at(label))
      const left = kinds(await carryOut(zone, changes, never, () => true)).filter((text) => !text.endsWith(' applied'))
      expect(left).toEqual(['n0 A outdated', 'n1 A outdated', 'n2 A outdated'])
    })

    it('is looked for together with one that is refused for good', async () => {
      const zone = open()
      const refused = create(ownedSet(at('bad'), 'A', [POISON]))
      const outcomes = await carryOut(zone, [...changes, refused], never, () => true)
      const left = kinds(outcomes).filter((text) => !text.endsWith(' applied'))
      expect(left).toEqual(['bad A failed', 'n5 A outdated'])
    })

    it('leaves what stands where a set was to take the place of another', async () => {
      const zone = open()
      const before = ownedSet(at('n5'), 'CNAME', ['target.example.net'])
      zone.table.set(before)
      const outcomes = await carryOut(zone, [remove(before), ...changes], never, () => true)
      const left = kinds(outcomes).filter((text) => !text.endsWith(' applied'))
      expect(left).toEqual(['n5 A outdated', 'n5 CNAME outdated'])
      expect(zone.table.get(before.key)).toEqual(before)
    })
  })

  const alias = ownedSet(at('www'), 'CNAME', ['target.example.net'])
  const replacing = [
    remove(alias),
    create(ownedSet(at('www'), 'A', [POISON])),
    create(ownedSet(at('x'), 'A', ['192.0.2.1'])),
  ]

  it('leaves what stands at a name when that which replaces it is refused', async () => {
    const zone = openZone()
    zone.table.set(alias)
    const outcomes = await carryOut(zone, replacing, never)
    expect(kinds(outcomes)).toEqual(['www A failed', 'www CNAME failed', 'x A applied'])
    expect(zone.table.get(alias.key)).toEqual(alias)
  })

  it('leaves it also when the provider names the culprit', async () => {
    const zone = openZone()
    zone.table.set(alias)
    const apply = zone.apply.bind(zone)
    zone.apply = async (batch): Promise<readonly ChangeOutcome[]> =>
      (await apply(batch)).map((outcome) => {
        const { change } = outcome
        const guilty = change.kind !== 'delete' && change.next.values.some(({ value }) => value === POISON)
        return guilty && outcome.kind === 'failed' ? { ...outcome, scope: 'Change' } : outcome
      })
    const outcomes = await carryOut(zone, replacing, never)
    expect(kinds(outcomes)).toEqual(['www A failed', 'www CNAME failed', 'x A applied'])
    expect(zone.table.get(alias.key)).toEqual(alias)
    expect(zone.writes).toBe(2)
  })

  it('could not confirm what a session did that failed in a way of its own', async () => {
    const zone = openZone()
    zone.apply = () => Promise.reject(new TypeError('x is undefined'))
    const [outcome] = await carryOut(zone, [create(ownedSet(at('x'), 'A', ['192.0.2.1']))], never)
    expect(outcome).toMatchObject({ kind: 'unconfirmed', error: { kind: 'transient' } })
  })
})
