import { expect, it } from 'vitest'
import type { ZoneReport } from '../../apply/zone-pass.ts'
import { TerminalError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import type { Change } from '../../plan/plan.ts'
import type { Orphans } from '../../plan/orphans.ts'
import { ZoneNews } from './zone-news.ts'

const zone = { provider: 'dns/main', zone: 'example.com' as Fqdn }
const key = { name: 'ns.example.com' as Fqdn, type: 'A', setId: '' } as const
const previous = { key, values: [], ttl: 300, routing: undefined, options: undefined }
const change: Change = { kind: 'delete', key, resource: { uid: 'u', namespace: 'web', name: 'ns' }, previous }
const listOf = (hash: string): Orphans => ({ count: 1, hash, keys: [key], sets: [] })

function report(orphans: Orphans | undefined, pruned: ZoneReport['pruned'] = []): ZoneReport {
  return {
    ...{ zone, names: undefined, refusals: [], heldByMode: [], heldByDryRun: [], outcomes: [], pruned, orphans },
    plan: { zone, changes: [], refusals: [], holds: [], notes: [], unchanged: 0 },
    ...{ verdict: { verdict: 'safe', deletes: 0, approved: undefined }, consumedHashes: [], recordSets: 1, owned: 1 },
    deletions: undefined,
  }
}

it('says why orphans were not removed for as long as the list is what was left then', () => {
  const news = new ZoneNews()
  const error = new TerminalError('ProviderRefused', 'it is a name server')
  const problem = (): string | undefined => news.of(zone).pruneProblem
  news.learn(report(listOf('a')))
  expect(news.learn(report(listOf('b'), [{ kind: 'failed', change, error, scope: 'Change' }]))).toBe(true)
  expect(problem()).toBe('it is a name server')
  expect([news.learn(report(undefined)), news.learn(report(listOf('b')))]).toEqual([false, false])
  expect(problem()).toBe('it is a name server')
  expect(news.learn(report(listOf('c')))).toBe(true)
  expect(problem()).toBeUndefined()
  news.learn(report(listOf('c'), [{ kind: 'failed', change, error, scope: 'Change' }]))
  news.learn(report(undefined, [{ kind: 'applied', change, stored: undefined }]))
  expect(problem()).toBeUndefined()
})
