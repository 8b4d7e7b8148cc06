import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyFloor, type FloorCandidate } from './apply-floor.ts'
import type { Standing } from './contribution.ts'

/** `a unhealthy published`; without more a value is active and not published yet. */
function candidate(text: string): FloorCandidate {
  const [value = '', standing = 'active', published] = text.split(' ')
  return { value, standing: standing as Standing, published: published !== undefined }
}

const choose = (texts: readonly string[], minimum: number): readonly string[] =>
  applyFloor(texts.map(candidate), minimum).chosen.map(({ value }) => value)

describe('the floor', () => {
  it.each<[string, string[], number, string[]]>([
    ['is met by what is active', ['a', 'b', 'c unhealthy published'], 2, ['a', 'b']],
    ['tops up with what is published', ['a', 'c unhealthy published'], 2, ['a', 'c']],
    ['never adds what is not published', ['a', 'c unhealthy'], 2, ['a']],
    ['takes unhealthy before not ready', ['c notReady published', 'd unhealthy published'], 1, ['d']],
    ['takes not ready before draining', ['c draining published', 'd notReady published'], 1, ['d']],
    ['takes draining before departed', ['c departed published', 'd draining published'], 1, ['d']],
    ['takes draining where nothing else is left', ['c draining published', 'd notReady'], 1, ['c']],
    ['takes the first by value of equal ones', ['d draining published', 'c draining published'], 1, ['c']],
    ['counts a value once', ['a', 'a', 'c unhealthy published'], 2, ['a', 'a', 'c']],
    ['takes a value wherever it is published', ['c unhealthy published', 'c notReady published'], 1, ['c', 'c']],
    ['does not call back what is active elsewhere', ['a', 'a unhealthy published'], 2, ['a']],
    ['of zero asks for nothing', ['c unhealthy published'], 0, []],
  ])('%s', (_sentence, texts, minimum, expected) => {
    expect(choose(texts, minimum)).toEqual(expected)
  })

  it('counts what is fit and what is kept', () => {
    const floored = applyFloor(['a', 'c unhealthy published', 'd notReady published'].map(candidate), 2)
    expect(floored).toMatchObject({ live: 1, kept: 1 })
  })

  const anyCandidates = fc.array(
    fc.record({
      value: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      standing: fc.constantFrom<Standing[]>('active', 'unhealthy', 'notReady', 'draining'),
      published: fc.boolean(),
    }),
  )

  it('is met as far as there is anything to meet it with, and never overdone', () => {
    fc.assert(
      fc.property(anyCandidates, fc.integer({ min: 0, max: 6 }), (candidates, minimum) => {
        const distinct = (some: readonly FloorCandidate[]): number => new Set(some.map(({ value }) => value)).size
        const isActive = ({ standing }: FloorCandidate): boolean => standing === 'active'
        const active = candidates.filter(isActive)
        const usable = candidates.filter((one) => isActive(one) || one.published)
        const { chosen } = applyFloor(candidates, minimum)
        expect(distinct(chosen)).toBe(Math.max(distinct(active), Math.min(minimum, distinct(usable))))
        expect(chosen).toEqual(expect.arrayContaining(active))
      }),
    )
  })
})
