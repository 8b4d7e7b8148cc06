import { expect, it } from 'vitest'
import { Dependents } from './dependents.ts'

it('knows who refers to what, as of the last word of each', () => {
  const dependents = new Dependents()
  dependents.set('a', ['pool', 'wan'])
  dependents.set('b', ['pool'])
  expect([...dependents.of('pool')]).toEqual(['a', 'b'])
  dependents.set('a', ['wan', 'wan'])
  expect([[...dependents.of('pool')], [...dependents.of('wan')]]).toEqual([['b'], ['a']])
  dependents.set('a', [])
  expect([...dependents.of('wan'), ...dependents.of('nothing')]).toEqual([])
})
