import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CONDITIONS,
  findCondition,
  removeCondition,
  setCondition,
  summarizeReady,
  type Conditions,
  type NextCondition,
  type ReadySummary,
} from './conditions.ts'
import type { Reason } from './reasons.ts'

const EARLY = Date.UTC(2026, 0, 1)
const LATE = EARLY + 60_000

const ready: NextCondition = {
  type: 'Ready',
  status: 'True',
  reason: 'Succeeded',
  message: 'all is well',
  observedGeneration: 1,
}

describe('setCondition', () => {
  it('gives a new condition its transition time, to the second', () => {
    expect(setCondition([], ready, EARLY + 789)).toEqual([{ ...ready, lastTransitionTime: '2026-01-01T00:00:00Z' }])
  })

  it('moves the transition time only when the status changes', () => {
    const first = setCondition([], ready, EARLY)
    const same = setCondition(
      first,
      { ...ready, reason: 'Progressing', message: 'other words', observedGeneration: 2 },
      LATE,
    )
    expect(same[0]).toMatchObject({
      reason: 'Progressing',
      observedGeneration: 2,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    })
    const changed = setCondition(same, { ...ready, status: 'False' }, LATE)
    expect(changed[0]).toMatchObject({ status: 'False', lastTransitionTime: '2026-01-01T00:01:00Z' })
  })

  it('gives back the very list when nothing changes', () => {
    const list = setCondition([], ready, EARLY)
    expect(setCondition(list, ready, LATE)).toBe(list)
    expect(removeCondition(list, 'Stalled')).toBe(list)
  })

  it('keeps conditions sorted by type', () => {
    const list = setCondition(setCondition([], ready, EARLY), { ...ready, type: 'Programmed' }, EARLY)
    expect(list.map(({ type }) => type)).toEqual(['Programmed', 'Ready'])
  })

  it('cuts a long message at the end of a word', () => {
    const [condition] = setCondition([], { ...ready, message: 'word '.repeat(500) }, EARLY)
    expect(condition?.message.length).toBeLessThanOrEqual(1024)
    expect(condition?.message.endsWith('word…')).toBe(true)
  })

  it('cuts no character in two', () => {
    const [condition] = setCondition([], { ...ready, message: `x${'😀'.repeat(600)}` }, EARLY)
    expect([...(condition?.message ?? '')].every((letter) => ['x', '😀', '…'].includes(letter))).toBe(true)
  })

  it('cuts a long message without words at the limit, and finds it unchanged afterwards', () => {
    const long = { ...ready, message: 'x'.repeat(5000) }
    const list = setCondition([], long, EARLY)
    expect(list[0]?.message.length).toBe(1024)
    expect(setCondition(list, long, LATE)).toBe(list)
  })
})

describe('summarizeReady', () => {
  const say = (kind: ReadySummary['kind'], reason: Reason): ReadySummary => ({
    kind,
    reason,
    message: `because ${kind}`,
  })
  const summarize = (list: Conditions, summary: ReadySummary): readonly string[] =>
    summarizeReady(list, summary, { generation: 3, now: EARLY }).map(
      ({ type, status, reason }) => `${type}=${status} ${reason}`,
    )

  it.each([
    [say('ready', 'Succeeded'), ['Ready=True Succeeded']],
    [say('progressing', 'Progressing'), ['Ready=Unknown Progressing', 'Reconciling=True Progressing']],
    [say('retrying', 'PoolNotFound'), ['Ready=False PoolNotFound', 'Reconciling=True ProgressingWithRetry']],
    [say('stalled', 'InvalidSpec'), ['Ready=False InvalidSpec', 'Stalled=True InvalidSpec']],
  ] as const)('of %j', (summary, expected) => {
    expect(summarize([], summary)).toEqual(expected)
  })

  it('keeps other conditions', () => {
    const list = setCondition([], { ...ready, type: 'AddressesResolved' }, EARLY)
    expect(summarize(list, say('ready', 'Succeeded'))).toEqual([
      'AddressesResolved=True Succeeded',
      'Ready=True Succeeded',
    ])
  })

  it('never shows Reconciling with Stalled, shows both only while True, and stamps every condition it sets', () => {
    const summary = fc.record({
      kind: fc.constantFrom<ReadySummary['kind'][]>('ready', 'progressing', 'retrying', 'stalled'),
      reason: fc.constantFrom<Reason[]>('Succeeded', 'PoolNotFound', 'InvalidSpec'),
      message: fc.string(),
    })
    fc.assert(
      fc.property(fc.array(summary, { minLength: 1, maxLength: 8 }), (summaries) => {
        let list: Conditions = []
        for (const [generation, next] of summaries.entries()) {
          list = summarizeReady(list, next, { generation, now: EARLY + generation * 1000 })
          const shown = (['Reconciling', 'Stalled'] as const).flatMap((type) => findCondition(list, type) ?? [])
          expect(shown.length).toBeLessThanOrEqual(1)
          expect(shown.every(({ status }) => status === 'True')).toBe(true)
          expect(list.every(({ observedGeneration }) => observedGeneration === generation)).toBe(true)
          expect(list.map(({ type }) => type)).toEqual(list.map(({ type }) => type).sort())
          expect(summarizeReady(list, next, { generation, now: EARLY + 3_600_000 })).toBe(list)
        }
      }),
    )
  })
})

describe('the condition types', () => {
  it('that are there only while they are True are the abnormal ones', () => {
    const abnormal = Object.entries(CONDITIONS).filter(([, { onlyWhileTrue }]) => onlyWhileTrue === true)
    expect(abnormal.map(([type]) => type)).toEqual(['Reconciling', 'Stalled', 'Conflicted'])
  })
})
