import { describe, expect, it } from 'vitest'
import type { ZoneReport } from '../../apply/zone-pass.ts'
import { TransientError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import type { RecordKey, ResourceRef } from '../../model/record-set.ts'
import type { Change } from '../../plan/plan.ts'
import type { ChangeOutcome } from '../../providers/provider.ts'
import { ZoneLedger } from './zone-ledger.ts'

const zone = { provider: 'dns/main', zone: 'example.com' as Fqdn }
const shop: ResourceRef = { uid: 'shop', namespace: 'web', name: 'shop' }
const key: RecordKey = { name: 'shop.example.com' as Fqdn, type: 'A', setId: '' }
const values = [{ value: '192.0.2.1', owner: undefined }]
const next = { key, values, ttl: 300, routing: undefined, options: undefined }
const change: Change = { kind: 'create', key, resource: shop, next }
const error = new TransientError('ProviderUnavailable', 'no answer')

function report(
  more: Partial<ZoneReport> & { readonly changes?: readonly Change[]; readonly notes?: readonly string[] },
): ZoneReport {
  const { changes = [], notes = [], ...rest } = more
  return {
    ...{
      zone,
      names: undefined,
      refusals: [],
      heldByMode: [],
      heldByDryRun: [],
      outcomes: [],
      pruned: [],
      orphans: undefined,
    },
    plan: {
      zone,
      changes,
      refusals: [],
      holds: [],
      notes: notes.map((message) => ({ key, resource: shop, message })),
      unchanged: 0,
    },
    verdict: { verdict: 'safe', deletes: 0, approved: undefined },
    ...{ consumedHashes: [], recordSets: 0, owned: 0, deletions: undefined },
    ...rest,
  }
}

describe('the ledger of a zone', () => {
  it.each<[string, Partial<ZoneReport>, object | undefined]>([
    ['nothing of what was applied', { outcomes: [{ kind: 'applied', change, stored: undefined }] }, undefined],
    [
      'why a change failed',
      { outcomes: [{ kind: 'failed', change, error, scope: 'Change' }] },
      { kind: 'failed', error },
    ],
    [
      'that the key is no longer what it was',
      { outcomes: [{ kind: 'outdated', change, error }] },
      { kind: 'failed', error },
    ],
    ['what may have been done', { outcomes: [{ kind: 'unconfirmed', change, error }] }, { kind: 'unconfirmed', error }],
    ['what was not attempted', { outcomes: [{ kind: 'skipped', change, reason: 'no' }] }, { kind: 'skipped' }],
    ['what a mode holds', { heldByMode: [change] }, { kind: 'held', reason: 'AwaitingApproval' }],
    [
      'what a dry run holds, and what it would do',
      { heldByDryRun: [change] },
      {
        kind: 'held',
        reason: 'PlanHeld',
        message:
          'Stoa runs with --dry-run, so nothing is written; it would create A shop.example.com: 192.0.2.1 (TTL 300)',
      },
    ],
    [
      'what the guard holds',
      {
        verdict: {
          verdict: 'held',
          held: [change],
          allowed: [],
          hash: 'h',
          deletes: 1,
          examples: [],
          message: 'too much',
        },
      },
      { kind: 'held', reason: 'GuardHeld', message: 'too much' },
    ],
    [
      'what was refused',
      { refusals: [{ resource: shop, name: key.name, key, reason: 'NotOwned', message: 'theirs' }] },
      { kind: 'refused', refusal: { reason: 'NotOwned' } },
    ],
  ])('knows %s', (_what, part, trouble) => {
    const ledger = new ZoneLedger()
    ledger.learn(report({ changes: [change], ...part }))
    if (trouble === undefined) expect(ledger.troubleOf('shop', key)).toBeUndefined()
    else expect(ledger.troubleOf('shop', key)).toMatchObject(trouble)
    expect(ledger.troubleOf('another', key)).toBeUndefined()
  })

  it('says whose matters are other than before, or were written, and nobody else', () => {
    const ledger = new ZoneLedger()
    const failed: ChangeOutcome = { kind: 'failed', change, error, scope: 'Change' }
    expect(ledger.learn(report({ changes: [change], outcomes: [failed] }))).toEqual(new Set(['shop']))
    expect(ledger.learn(report({ changes: [change] }))).toEqual(new Set())
    expect(ledger.troubleOf('shop', key)).toMatchObject({ kind: 'failed' })
    expect(ledger.learn(report({}))).toEqual(new Set(['shop']))
    expect(ledger.learn(report({ outcomes: [{ kind: 'applied', change, stored: undefined }] }))).toEqual(
      new Set(['shop']),
    )
  })

  it('forgets nothing of names that were not looked at', () => {
    const ledger = new ZoneLedger()
    ledger.learn(report({ changes: [change], outcomes: [{ kind: 'failed', change, error, scope: 'Change' }] }))
    expect(ledger.learn(report({ names: ['other.example.com' as Fqdn] }))).toEqual(new Set())
    expect(ledger.troubleOf('shop', key)).toBeDefined()
  })

  it('keeps what a person should know beside what is wrong', () => {
    const ledger = new ZoneLedger()
    ledger.learn(report({ changes: [change], heldByMode: [change], notes: ['the TTL is shared'] }))
    expect([ledger.troubleOf('shop', key)?.kind, ledger.noteOf('shop', key)]).toEqual(['held', 'the TTL is shared'])
    ledger.learn(report({ notes: ['the TTL is shared'] }))
    expect([ledger.troubleOf('shop', key), ledger.noteOf('shop', key)]).toEqual([undefined, 'the TTL is shared'])
  })
})
