import { describe, expect, it } from 'vitest'
import type { RefusalReason } from '../model/intent.ts'
import { REASONS, toReason, type Reason } from './reasons.ts'

describe('the reasons', () => {
  it('are words in UpperCamelCase with a sentence each', () => {
    for (const [reason, { meaning, kinds }] of Object.entries(REASONS)) {
      expect(reason).toMatch(/^[A-Z][A-Za-z]+$/)
      expect(meaning).toMatch(/^[A-Z].*\.$/)
      expect(kinds.length).toBeGreaterThan(0)
    }
  })

  it('contain every reason for a refusal', () => {
    const documented: (reason: RefusalReason) => Reason = (reason) => reason // A type error here means one is missing.
    expect(REASONS[documented('NotOwned')].meaning).toContain('somebody else owns')
  })

  it('take an undocumented text for something unexpected', () => {
    expect(toReason('NotOwned')).toBe('NotOwned')
    expect(toReason('toString')).toBe('UnexpectedError')
  })
})
