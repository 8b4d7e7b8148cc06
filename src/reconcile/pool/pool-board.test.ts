import { describe, expect, it } from 'vitest'
import { ip, node, nodeName, NOW, poolSpec, tainted } from '../../../test/support/pool-builders.ts'
import { poolObject } from '../../../test/support/status-builders.ts'
import { PoolBoard } from './pool-board.ts'

const DOOMED = ['DeletionCandidateOfClusterAutoscaler', 'ToBeDeletedByClusterAutoscaler']

function openBoard(): PoolBoard {
  const board = new PoolBoard()
  const ground = { nodes: () => [node(1), node(2), node(3)], given: () => undefined }
  board.set('web/edge', poolObject({ spec: poolSpec() }), ground, NOW)
  board.judge('web/edge', undefined, NOW)
  return board
}

describe('what left a pool', () => {
  it('is the addresses that were active and are not any more', () => {
    const board = openBoard()
    board.nodeChanged(nodeName(1), tainted(1, ...DOOMED))
    board.nodeChanged(nodeName(2), undefined)
    expect(board.judge('web/edge', undefined, NOW)).toMatchObject({
      changed: true,
      left: new Set([ip('1.0.0.1'), ip('1.0.0.2')]),
    })
  })

  it('is nothing where members only come, or nothing changes', () => {
    const board = openBoard()
    expect(board.judge('web/edge', undefined, NOW)).toMatchObject({ changed: false, left: new Set() })
    board.nodeChanged(nodeName(4), node(4))
    expect(board.judge('web/edge', undefined, NOW)).toMatchObject({ changed: true, left: new Set() })
  })
})
