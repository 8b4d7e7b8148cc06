import { describe, expect, it } from 'vitest'
import type { WatchHealth } from '../../store/store.ts'
import { processHealth } from './process-health.ts'

const NOW = 1_000_000
const gone = 'the repository cannot be fetched'

function reasons(
  watches: readonly Partial<WatchHealth>[],
  mayLack: readonly WatchHealth['kind'][] = [],
): readonly string[] {
  const health = watches.map((watch): WatchHealth => {
    return { kind: 'Node', synced: true, lastHeardAt: NOW, problem: undefined, ...watch }
  })
  return processHealth({ store: { health: () => health }, mayLack }, () => NOW).ready()
}

describe('the health of the process', () => {
  it('tells once what keeps several kinds from being read', () => {
    const watches = [
      { kind: 'Node', synced: false, problem: gone },
      { kind: 'NodePool', synced: false, problem: gone },
    ] as const
    expect(reasons(watches)).toEqual([`Node, NodePool: not read yet: ${gone}`])
  })

  it('tells apart what fails for different reasons', () => {
    const watches = [
      { kind: 'Node', synced: false, problem: 'no right' },
      { kind: 'NodePool', synced: false },
    ] as const
    expect(reasons(watches)).toEqual(['Node: not read yet: no right', 'NodePool: not read yet'])
  })

  it('waits three minutes before a source that was read once counts as gone', () => {
    expect(reasons([{ problem: gone, lastHeardAt: NOW - 179_000 }])).toEqual([])
    expect(reasons([{ problem: gone, lastHeardAt: NOW - 180_000 }])).toEqual([
      `Node: not heard of for more than 3 minutes: ${gone}`,
    ])
  })

  it('is good without kinds that may lack', () => {
    expect(reasons([{ kind: 'Service', synced: false }], ['Service'])).toEqual([])
  })
})
