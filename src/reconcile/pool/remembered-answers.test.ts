import { expect, it } from 'vitest'
import { ours, shop } from '../../../test/support/zone-builders.ts'
import { TransientError } from '../../model/errors.ts'
import type { Change } from '../../plan/plan.ts'
import type { ChangeOutcome } from '../../providers/provider.ts'
import { RememberedAnswers } from './remembered-answers.ts'

const GONE = '192.0.2.1'
const STAYS = '192.0.2.2'
const BEFORE = ours('A shop', [GONE, STAYS], { ttl: 300 })
const BASE = { key: BEFORE.key, resource: shop }

const DELETED: Change = { ...BASE, kind: 'delete', previous: BEFORE }
const toOnly = (value: string, ttl: number): Change => {
  return { ...BASE, kind: 'update', previous: BEFORE, next: ours('A shop', [value], { ttl }) }
}

const applied = (change: Change): ChangeOutcome => ({ kind: 'applied', change, stored: undefined })

function msLeft(outcomes: readonly ChangeOutcome[], value: string): number {
  const answers = new RememberedAnswers()
  answers.learn(outcomes, 1_000)
  return answers.msLeft([value], 1_000)
}

it.each<[string, ChangeOutcome, number, number]>([
  ['a set that is gone, wholly', applied(DELETED), 300_000, 300_000],
  ['the value that is gone', applied(toOnly(STAYS, 300)), 300_000, 0],
  ['all of it where the TTL is lower', applied(toOnly(STAYS, 60)), 300_000, 300_000],
  ['the value that is gone where the TTL is higher', applied(toOnly(STAYS, 600)), 300_000, 0],
  ['nothing of what is new', applied({ ...BASE, kind: 'create', next: BEFORE }), 0, 0],
  [
    'what may be gone',
    { kind: 'unconfirmed', change: DELETED, error: new TransientError('ProviderUnavailable', 'no answer') },
    300_000,
    300_000,
  ],
  ['nothing of what was not tried', { kind: 'skipped', change: DELETED, reason: 'later' }, 0, 0],
])('remembers %s', (_what, outcome, ofGone, ofStaying) => {
  expect([msLeft([outcome], GONE), msLeft([outcome], STAYS)]).toEqual([ofGone, ofStaying])
})

it('remembers the longest that anybody may still have it, until that is over', () => {
  const answers = new RememberedAnswers()
  answers.learn([applied(DELETED)], 0)
  answers.learn([applied({ ...BASE, kind: 'delete', previous: ours('A shop', [GONE], { ttl: 60 }) })], 10_000)
  expect(answers.msLeft([GONE, STAYS], 10_000)).toBe(290_000)
  answers.learn([applied({ ...BASE, kind: 'delete', previous: ours('A blog', ['192.0.2.9'], { ttl: 60 }) })], 300_000)
  expect([answers.msLeft([GONE], 300_000), answers.msLeft([], 300_000)]).toEqual([0, 0])
})
