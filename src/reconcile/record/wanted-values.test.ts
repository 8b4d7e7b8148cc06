import { expect, it } from 'vitest'
import { clear, update } from '../../../test/support/zone-builders.ts'
import { WantedValues } from './wanted-values.ts'

const [ONE, TWO, THREE] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const

it('records want the values of all their names, until they want others', () => {
  const wanted = new WantedValues()
  const whoWants = (...values: readonly string[]): readonly string[] => [...wanted.of(values)].sort()
  const shop = [update('A a', [ONE, TWO]), update('A b', [TWO])]
  wanted.replace('web/shop', [], shop)
  wanted.replace('web/blog', [], [update('A c', [TWO, THREE])])
  expect([whoWants(ONE), whoWants(TWO), whoWants(ONE, THREE)]).toEqual([
    ['web/shop'],
    ['web/blog', 'web/shop'],
    ['web/blog', 'web/shop'],
  ])
  const rest = [clear('A a'), update('A b', [TWO])]
  wanted.replace('web/shop', shop, rest)
  expect([whoWants(ONE), whoWants(TWO)], 'the second name still wants it').toEqual([[], ['web/blog', 'web/shop']])
  wanted.replace('web/shop', rest, [])
  expect([whoWants(ONE), whoWants(TWO), whoWants()]).toEqual([[], ['web/blog'], []])
})
