import { describe, expect, it } from 'vitest'
import type { GitStore } from '../../store/git/git-store.ts'
import { createControlPort } from './control-port.ts'

const LEAVING = { deletionTimestamp: '2026-01-01T00:00:00Z' }

describe('the control port', () => {
  it('names the file of what is in the tree, and of nothing else', () => {
    const objectOf = (name: string, more: object = {}): object => ({ metadata: { namespace: 'infra', name, ...more } })
    const git = {
      list: () => [objectOf('there'), objectOf('kept'), objectOf('leaving', LEAVING)],
      get: () => undefined,
      fileOf: () => ({ file: 'pools.yaml', line: 3 }),
      heldRemovals: () => ({ finding: { severity: 'warning', message: 'kept' }, names: ['NodePool infra/kept'] }),
    }
    const port = createControlPort(git as unknown as GitStore, 'a folder', { metricsPort: 0, dryRun: false })
    expect(port.list('NodePool').map(({ object, file }) => [object.metadata.name, file])).toEqual([
      ['there', 'pools.yaml:3'],
      ['kept', undefined],
      ['leaving', undefined],
    ])
  })

  it.each([
    ['a folder', 'abc'],
    ['another, followed before', undefined],
  ])('with %s applied reports the commit %s', (source, commit) => {
    const git = {
      source: () => ({ source, commit: 'abc', time: '2026-01-01T00:00:00Z' }),
      ...{ heldRemovals: () => undefined, health: () => [], findings: () => [] },
    }
    const port = createControlPort(git as unknown as GitStore, 'a folder', { metricsPort: 0, dryRun: false })
    expect(port.report().commit).toBe(commit)
  })
})
