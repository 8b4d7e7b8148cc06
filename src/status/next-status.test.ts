import { describe, expect, it } from 'vitest'
import { commonStatus, ifChanged } from './next-status.ts'

describe('a status', () => {
  it('is written when there is none, or when anything in it differs', () => {
    const next = { observedGeneration: 1, list: [{ a: 1, b: undefined }] }
    expect(ifChanged(undefined, next)).toBe(next)
    expect(ifChanged({ observedGeneration: 1, list: [{ a: 2, b: undefined }] }, next)).toBe(next)
    expect(ifChanged({ list: [{ a: 1, b: undefined }], observedGeneration: 1 }, next)).toBeUndefined()
  })

  it('speaks of the generation and the request that were seen', () => {
    const metadata = { generation: 3, annotations: { 'dns.stoa.dev/requestedAt': 'now' } }
    expect(commonStatus({ metadata }, [])).toEqual({
      observedGeneration: 3,
      conditions: [],
      lastHandledReconcileAt: 'now',
    })
    const status = { lastHandledReconcileAt: 'before' }
    expect(commonStatus({ metadata: { generation: 3 }, status }, []).lastHandledReconcileAt).toBe('before')
    expect(commonStatus({ metadata: { generation: 3 } }, [])).not.toHaveProperty('lastHandledReconcileAt')
  })
})
