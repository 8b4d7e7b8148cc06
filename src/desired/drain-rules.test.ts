import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_DRAIN, node, tainted } from '../../test/support/pool-builders.ts'
import { describeDrain } from './drain-rules.ts'
import type { NodeObject } from '../api/node.ts'

const CANDIDATE = 'DeletionCandidateOfClusterAutoscaler'
const DOOMED = 'ToBeDeletedByClusterAutoscaler'

describe('what announces that a node goes', () => {
  it.each<[string, NodeObject, string | undefined]>([
    ['nothing', node(1), undefined],
    ['one of the two taints of a rule is not enough', tainted(1, CANDIDATE), undefined],
    ['nor is the other', tainted(1, DOOMED), undefined],
    [
      'both taints of a rule',
      tainted(1, DOOMED, 'other', CANDIDATE),
      `drain rule cluster-autoscaler matches: ${CANDIDATE}, ${DOOMED}`,
    ],
    [
      'the single taint of another rule',
      tainted(1, 'karpenter.sh/disrupted'),
      'drain rule karpenter matches: karpenter.sh/disrupted',
    ],
    ['a taint that no rule names does nothing', tainted(1, 'node.kubernetes.io/unschedulable'), undefined],
    [
      'the annotation',
      node(1, { annotations: { 'dns.stoa.dev/drain': 'true' } }),
      'annotation dns.stoa.dev/drain is "true"',
    ],
    [
      'the annotation with another value does nothing',
      node(1, { annotations: { 'dns.stoa.dev/drain': 'yes' } }),
      undefined,
    ],
    ['a deletion', node(1, { deletionTimestamp: '2026-05-01T12:00:00Z' }), 'the node is being deleted'],
  ])('%s', (_, given, expected) => {
    expect(describeDrain(given, DEFAULT_DRAIN.rules)).toBe(expected)
  })

  it('no rules, no drain by taints', () => {
    expect(describeDrain(tainted(1, CANDIDATE, DOOMED), [])).toBeUndefined()
  })

  it('a rule without taints never matches', () => {
    expect(describeDrain(node(1), [{ name: 'empty', allTaints: [] }])).toBeUndefined()
  })

  it('a rule matches exactly when all its taints are there, whatever else is', () => {
    const keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 })
    fc.assert(
      fc.property(keys, keys, (wanted, present) => {
        const drained = describeDrain(tainted(1, ...present), [{ name: 'rule', allTaints: wanted }]) !== undefined
        expect(drained).toBe(new Set([...wanted, ...present]).size === present.length)
      }),
    )
  })
})
