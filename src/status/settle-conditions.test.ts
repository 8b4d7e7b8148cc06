import { describe, expect, it } from 'vitest'
import { computeArgoHealth, computeKstatus, listNonconformities } from '../../test/kstatus.ts'
import { at, NOW } from '../../test/support/status-builders.ts'
import type { Conditions } from '../api/conditions.ts'
import { progressDeadlineAt, settleConditions, type ConditionsInput, type Issue } from './settle-conditions.ts'

const issue = (severity: Issue['severity'], message = 'why'): Issue => ({
  severity,
  reason: 'ProviderUnavailable',
  message,
})

const settle = (issues: readonly Issue[], more: Partial<ConditionsInput> & { seconds?: number } = {}): Conditions =>
  settleConditions({
    previous: [],
    stamp: { generation: 1, now: NOW + (more.seconds ?? 0) * 1000 },
    issues,
    aspects: [],
    success: 'all in sync',
    progressDeadlineSeconds: 600,
    ...more,
  })

const shape = (list: Conditions): readonly string[] =>
  list.map(({ type, status, reason }) => `${type}=${status} ${reason}`)

const objectWith = (conditions: Conditions, generation = 1) => ({
  metadata: { generation },
  status: { observedGeneration: generation, conditions },
})

describe('conditions', () => {
  it.each<[Issue['severity'] | 'none', readonly string[], string, string]>([
    ['none', ['Ready=True Succeeded'], 'Current', 'Healthy'],
    ['terminal', ['Ready=False ProviderUnavailable', 'Stalled=True ProviderUnavailable'], 'Failed', 'Degraded'],
    [
      'waiting',
      ['Ready=False ProviderUnavailable', 'Reconciling=True ProgressingWithRetry'],
      'InProgress',
      'Progressing',
    ],
    [
      'transient',
      ['Ready=False ProviderUnavailable', 'Reconciling=True ProgressingWithRetry'],
      'InProgress',
      'Progressing',
    ],
    ['unknown', ['Ready=Unknown ProviderUnavailable', 'Reconciling=True Progressing'], 'InProgress', 'Progressing'],
    ['progressing', ['Ready=Unknown ProviderUnavailable', 'Reconciling=True Progressing'], 'InProgress', 'Progressing'],
  ])('with an issue that is %s', (severity, conditions, kstatus, health) => {
    const list = settle(severity === 'none' ? [] : [issue(severity)])
    expect(shape(list)).toEqual(conditions)
    expect(listNonconformities(objectWith(list))).toEqual([])
    expect(computeKstatus(objectWith(list))).toBe(kstatus)
    expect(computeArgoHealth(objectWith(list))).toBe(health)
  })

  it('speak of the worst issue, and count the others that say something else', () => {
    const list = settle([
      issue('progressing', 'a'),
      issue('terminal', 'b'),
      issue('waiting', 'c'),
      issue('waiting', 'c'),
    ])
    expect(list.find(({ type }) => type === 'Ready')?.message).toBe('b (and 1 more problem)')
    const underWay = settle([issue('progressing', 'a'), issue('progressing', 'b'), issue('progressing', 'c')])
    expect(underWay[0]?.message).toBe('a (and 2 more changes)')
    expect(settle([issue('waiting', 'c'), issue('waiting', 'c')])[0]?.message).toBe('c')
  })

  it('keep the count where the words have to be cut', () => {
    const list = settle([issue('terminal', 'word '.repeat(204).trim()), issue('waiting', 'c')])
    const message = list.find(({ type }) => type === 'Ready')?.message ?? ''
    expect(message).toMatch(/ word… \(and 1 more problem\)$/)
    expect(message.length).toBeLessThanOrEqual(1024)
  })

  it('keep the others that are given, and no more', () => {
    const aspects = [{ type: 'Programmed', status: 'True', reason: 'Succeeded', message: 'done' }] as const
    const list = settle([], { aspects })
    expect(shape(list)).toEqual(['Programmed=True Succeeded', 'Ready=True Succeeded'])
    expect(shape(settle([], { previous: list }))).toEqual(['Ready=True Succeeded'])
  })

  it('change their transition time only with their status', () => {
    const first = settle([issue('transient')])
    const second = settle([issue('transient', 'another')], { previous: first, seconds: 60 })
    expect(second.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([at(0), at(0)])
    const third = settle([], { previous: second, seconds: 90 })
    expect(third.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([at(90)])
  })

  it('are the very same list when nothing changed', () => {
    const first = settle([])
    expect(settle([], { previous: first, seconds: 60 })).toEqual(first)
  })
})

describe('the progress deadline', () => {
  const waiting = settle([issue('transient')])

  it('makes a long wait Stalled, and Ready False, while it is still tried', () => {
    expect(shape(settle([issue('transient')], { previous: waiting, seconds: 599 }))[1]).toMatch(/^Reconciling/)
    const late = settle([issue('unknown')], { previous: waiting, seconds: 600 })
    expect(shape(late)).toEqual(['Ready=False ProviderUnavailable', 'Stalled=True ProgressDeadlineExceeded'])
    expect(late[1]?.message).toBe('not ready for longer than spec.progressDeadlineSeconds, still trying: why')
    expect(listNonconformities(objectWith(late))).toEqual([])
    expect(shape(settle([issue('transient')], { previous: late, seconds: 601 }))).toEqual(shape(late))
    expect(shape(settle([], { previous: late, seconds: 602 }))).toEqual(['Ready=True Succeeded'])
  })

  it('is told once, and since when, however often and for whatever reason it is tried after that', () => {
    const late = settle([issue('transient')], { previous: waiting, seconds: 600 })
    expect(settle([issue('transient')], { previous: late, seconds: 605 })).toEqual(late)
    const other = settle([issue('waiting', 'another')], { previous: late, seconds: 610 })
    expect(other[1]).toMatchObject({ type: 'Stalled', lastTransitionTime: late[1]?.lastTransitionTime })
    expect(other[1]?.message).toMatch(/still trying: another$/)
  })

  it('is the same however the reasons change while waiting', () => {
    const other = settle([issue('unknown', 'another')], { previous: waiting, seconds: 300 })
    expect(progressDeadlineAt(other, 1, 600)).toBe(NOW + 600_000)
  })

  it('begins anew with a new generation, and does not exist where there is none', () => {
    const stamp = { generation: 2, now: NOW + 700_000 }
    const next = settle([issue('transient')], { previous: waiting, stamp })
    expect(shape(next)[1]).toBe('Reconciling=True ProgressingWithRetry')
    expect(progressDeadlineAt(next, 2, 600)).toBe(NOW + 1_300_000)
    expect(progressDeadlineAt(next, 3, 600)).toBeUndefined()
    expect(progressDeadlineAt([], 1, 600)).toBeUndefined()
    const late = settle([issue('transient')], { previous: waiting, seconds: 600 })
    expect(shape(settle([issue('transient')], { previous: late, stamp }))[1]).toMatch(/^Reconciling/)
    const endless = settle([issue('transient')], {
      previous: waiting,
      seconds: 9999,
      progressDeadlineSeconds: undefined,
    })
    expect(shape(endless)[1]).toMatch(/^Reconciling/)
  })
})
