import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyFloor, type Offer, type Reserve } from './apply-floor.ts'

/** `a unhealthy published`; without more a value is fit. */
function offer(texts: readonly string[]): Offer {
  const words = texts.map((text) => text.split(' '))
  const fit = words.flatMap(([value = '', standing]) => (standing === undefined ? [value] : []))
  const unfit = words.flatMap(([value = '', standing, published]) =>
    standing === undefined
      ? []
      : [{ value, standing: standing as Reserve['standing'], published: published !== undefined }],
  )
  return { fit, unfit }
}

const choose = (offers: readonly (readonly string[])[], minimum: number): readonly (readonly string[])[] =>
  applyFloor(offers.map(offer), minimum).chosen.map(({ values }) => values)

describe('the floor', () => {
  it.each<[string, string[], number, string[]]>([
    ['is met by what is fit', ['a', 'b', 'c unhealthy published'], 2, ['a', 'b']],
    ['tops up with what is published', ['a', 'c unhealthy published'], 2, ['a', 'c']],
    ['never adds what is not published', ['a', 'c unhealthy'], 2, ['a']],
    ['takes unhealthy before not ready', ['c notReady published', 'd unhealthy published'], 1, ['d']],
    ['takes not ready before draining', ['c draining published', 'd notReady published'], 1, ['d']],
    ['takes draining before departed', ['c departed published', 'd draining published'], 1, ['d']],
    ['takes draining where nothing else is left', ['c draining published', 'd notReady'], 1, ['c']],
    ['takes the first by value of equal ones', ['d draining published', 'c draining published'], 1, ['c']],
    ['keeps a value of two members once', ['c draining published', 'c departed published'], 2, ['c']],
    ['of zero asks for nothing', ['c unhealthy published'], 0, []],
  ])('%s', (_sentence, texts, minimum, expected) => {
    expect(choose([texts], minimum)).toEqual([expected])
  })

  it.each<[string, string[][], number, string[][]]>([
    ['counts a value once', [['a'], ['a', 'c unhealthy published']], 2, [['a'], ['a', 'c']]],
    [
      'takes a value wherever it is published',
      [['c unhealthy published'], ['c notReady published']],
      1,
      [['c'], ['c']],
    ],
    ['takes a value only where it is published', [['c unhealthy published'], ['c unhealthy']], 1, [['c'], []]],
    ['does not call back what is fit elsewhere', [['a'], ['a unhealthy published']], 2, [['a'], []]],
  ])('over several sets %s', (_sentence, offers, minimum, expected) => {
    expect(choose(offers, minimum)).toEqual(expected)
  })

  it('counts what is fit and what is kept', () => {
    const floored = applyFloor([offer(['a', 'c unhealthy published', 'd notReady published'])], 2)
    expect(floored).toMatchObject({ live: 1, kept: 1 })
  })

  const anyValue = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  const anyOffers = fc.array(
    fc.record({
      fit: fc.uniqueArray(anyValue),
      unfit: fc.array(
        fc.record({
          value: anyValue,
          standing: fc.constantFrom<Reserve['standing'][]>('unhealthy', 'notReady', 'draining', 'departed'),
          published: fc.boolean(),
        }),
      ),
    }),
  )

  it('is met as far as there is anything to meet it with, and never overdone', () => {
    fc.assert(
      fc.property(anyOffers, fc.integer({ min: 0, max: 6 }), (offers, minimum) => {
        const fit = offers.flatMap((one) => one.fit)
        const reserves = offers.flatMap(({ unfit }) => unfit.filter(({ published }) => published))
        const usable = new Set([...fit, ...reserves.map(({ value }) => value)])
        const { chosen } = applyFloor(offers, minimum)
        expect(new Set(chosen.flatMap(({ values }) => values)).size).toBe(
          Math.max(new Set(fit).size, Math.min(minimum, usable.size)),
        )
        for (const { offer: one, values } of chosen) {
          expect(values).toEqual(expect.arrayContaining([...one.fit]))
          expect(new Set(values).size).toBe(values.length)
        }
      }),
    )
  })
})
