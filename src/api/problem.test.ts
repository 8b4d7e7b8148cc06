import { expect, it } from 'vitest'
import { formatPath } from './problem.ts'

it.each([
  [[], ''],
  [['spec', 'targets', 0, 'name'], 'spec.targets[0].name'],
  [['metadata', 'labels', 'a.b/c'], 'metadata.labels[a.b/c]'],
  [['spec', 'selector', 'matchLabels', 'node-role'], 'spec.selector.matchLabels.node-role'],
])('%j reads %s', (path, expected) => {
  expect(formatPath(path)).toBe(expected)
})
