import { expect, it } from 'vitest'
import { key, ours, OURS, shop } from '../../test/support/zone-builders.ts'
import { TransientError } from '../model/errors.ts'
import { ZoneTable } from '../model/zone.ts'
import type { Change } from '../plan/plan.ts'
import type { ChangeOutcome } from '../providers/provider.ts'
import { DeletionHistory } from './deletion-history.ts'

const NOW = 1_800_000_000_000
const remove: Change = { kind: 'delete', key: key('A a'), resource: shop, previous: ours('A a', ['192.0.2.1']) }
const create: Change = { kind: 'create', key: key('CNAME a'), resource: shop, next: ours('CNAME a', ['b.example.net']) }

const unconfirmed = (change: Change): ChangeOutcome => {
  return { kind: 'unconfirmed', change, error: new TransientError('ProviderUnavailable', 'the answer was lost') }
}

it.each([
  ['counts a deletion whose answer was lost, once the set is seen to be gone', [], 1],
  ['counts none where the set is still there', [ours('A a', ['192.0.2.1'])], undefined],
  ['counts none where another type has taken the place of the set', [ours('CNAME a', ['b.example.net'])], undefined],
])('%s', (_sentence, sets, counted) => {
  const history = new DeletionHistory(OURS)
  history.note({ names: undefined, wanted: [remove, create], outcomes: [remove, create].map(unconfirmed) }, NOW)
  history.settle(new ZoneTable(sets), NOW)
  expect(history.total?.sets).toBe(counted)
})
