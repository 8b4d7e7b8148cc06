import { describe, expect, it } from 'vitest'
import type { LabelRequirement, LabelSelector } from './generated/node-pool.ts'
import { matchesSelector } from './label-selector.ts'

const labels = { role: 'ingress', zone: 'b' }

const expression = (key: string, operator: LabelRequirement['operator'], ...values: string[]): LabelSelector => ({
  matchExpressions: [values.length === 0 ? { key, operator } : { key, operator, values }],
})

describe('a label selector', () => {
  it.each<[string, LabelSelector | undefined, boolean]>([
    ['absent matches nothing', undefined, false],
    ['empty matches everything', {}, true],
    ['with the label and value matches', { matchLabels: { role: 'ingress' } }, true],
    ['with another value does not match', { matchLabels: { role: 'worker' } }, false],
    ['with a label that is absent does not match', { matchLabels: { tier: 'a' } }, false],
    ['with a label that objects inherit does not match', { matchLabels: { toString: 'x' } }, false],
    ['needs all of its labels', { matchLabels: { role: 'ingress', zone: 'a' } }, false],
    ['In with the value among the values matches', expression('zone', 'In', 'a', 'b'), true],
    ['In with other values does not match', expression('zone', 'In', 'a', 'c'), false],
    ['In does not match where the label is absent', expression('tier', 'In', 'a'), false],
    ['In without values matches nothing', expression('zone', 'In'), false],
    ['NotIn with other values matches', expression('zone', 'NotIn', 'a', 'c'), true],
    ['NotIn with the value among the values does not match', expression('zone', 'NotIn', 'a', 'b'), false],
    ['NotIn matches where the label is absent', expression('tier', 'NotIn', 'a'), true],
    ['Exists matches whatever the value', expression('zone', 'Exists'), true],
    ['Exists does not match where the label is absent', expression('tier', 'Exists'), false],
    ['Exists does not see what objects inherit', expression('constructor', 'Exists'), false],
    ['DoesNotExist matches where the label is absent', expression('tier', 'DoesNotExist'), true],
    ['DoesNotExist does not match where it is there', expression('zone', 'DoesNotExist'), false],
    [
      'needs its labels and its expressions',
      { matchLabels: { role: 'ingress' }, ...expression('zone', 'In', 'a') },
      false,
    ],
  ])('%s', (_, selector, expected) => {
    expect(matchesSelector(selector, labels)).toBe(expected)
  })
})
