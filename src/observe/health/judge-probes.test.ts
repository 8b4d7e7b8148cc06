import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isExpectedStatus } from './expected-status.ts'
import { recordAnswer, sameVerdict, UNPROBED, type ProbeRecord } from './judge-probes.ts'

const thresholds = { failureThreshold: 3, successThreshold: 2 }

/** `+` is a good answer, `-` a bad one; one a second. */
function play(answers: string, limits = thresholds): ProbeRecord {
  return [...answers].reduce(
    (record, answer, second) => recordAnswer(record, answer === '+' ? undefined : 'refused', limits, second * 1000),
    UNPROBED,
  )
}

describe('the verdict on an address', () => {
  it.each([
    ['is unknown before the first answer', '', undefined],
    ['is unknown after too few good ones', '+', undefined],
    ['is unknown after too few bad ones', '--', undefined],
    ['is healthy after enough good ones in a row', '++', 'healthy'],
    ['is unhealthy after enough bad ones in a row', '---', 'unhealthy'],
    ['stays healthy through a short failure', '++--+--', 'healthy'],
    ['turns when the failure lasts', '++---', 'unhealthy'],
    ['stays unhealthy through a single good answer', '---+--', 'unhealthy'],
    ['turns back after enough good ones', '---++', 'healthy'],
  ] as const)('%s', (_title, answers, verdict) => {
    expect(play(answers).verdict?.kind).toBe(verdict)
  })

  it('says since when, which is when it turned and not when it first or last failed', () => {
    expect(play('++-----').verdict).toEqual({ kind: 'unhealthy', since: 4000, message: 'refused' })
  })

  it('never turns without a whole run of answers that say so', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('+', '-'), maxLength: 60 }), (answers) => {
        for (let end = 1; end <= answers.length; end += 1) {
          const before = play(answers.slice(0, end - 1)).verdict?.kind
          const after = play(answers.slice(0, end)).verdict?.kind
          if (before === after) continue
          const run = after === 'healthy' ? '++' : '---'
          expect(answers.slice(0, end).endsWith(run)).toBe(true)
        }
      }),
    )
  })

  it('is the same only if it says the same, since the same time', () => {
    const bad = { kind: 'unhealthy', since: 1, message: 'refused' } as const
    expect(sameVerdict(undefined, undefined)).toBe(true)
    expect(sameVerdict({ kind: 'healthy' }, { kind: 'healthy' })).toBe(true)
    expect(sameVerdict(bad, { ...bad })).toBe(true)
    expect(sameVerdict(bad, { ...bad, since: 2 })).toBe(false)
    expect(sameVerdict(bad, { kind: 'healthy' })).toBe(false)
    expect(sameVerdict(bad, undefined)).toBe(false)
  })
})

describe('an expected status', () => {
  it.each([
    [200, '200-399', true],
    [399, '200-399', true],
    [400, '200-399', false],
    [301, '200-299,301', true],
    [302, '200-299,301', false],
    [503, '503', true],
  ])('%i against %s: %s', (status, expected, verdict) => {
    expect(isExpectedStatus(status, expected)).toBe(verdict)
  })
})
