import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { computeArgoHealth, computeKstatus, listNonconformities } from '../../test/kstatus.ts'
import { at, listSchemaProblems, NOW, recordObject } from '../../test/support/status-builders.ts'
import { key, ours, shop } from '../../test/support/zone-builders.ts'
import type { DynamicDNSRecordStatus } from '../api/generated/dynamic-dns-record.ts'
import type { DynamicDNSRecord } from '../api/kinds.ts'
import { TerminalError, TransientError } from '../model/errors.ts'
import type { Refusal, RefusalReason } from '../model/intent.ts'
import type { Change } from '../plan/plan.ts'
import type { KeyOutcome, KeyResult, RecordResults, RecordRun } from './record-results.ts'
import { deriveRecordStatus } from './record-status.ts'

const outcome = (keyText: string, result: KeyResult, given: Partial<KeyOutcome> = {}): KeyOutcome => ({
  key: key(keyText),
  values: ['203.0.113.7'],
  ttl: 300,
  adopted: false,
  result,
  note: undefined,
  ...given,
})

const refusal = (reason: RefusalReason, message = `refused: ${reason}`): Refusal => ({
  resource: shop,
  name: 'shop.example.com',
  key: undefined,
  reason,
  message,
})

const run = (given: Partial<RecordRun> = {}): RecordRun => ({
  outcomes: [outcome('A shop', { kind: 'insync' })],
  refusals: [],
  targets: [{ name: 'edge', known: true, addresses: ['203.0.113.7'], healthy: 1, total: 1 }],
  unknownTargets: [],
  shortfall: undefined,
  cut: undefined,
  zones: [{ zone: 'example.com', provider: 'dns/main' }],
  unread: [],
  failover: undefined,
  failoverMessage: undefined,
  hasWritten: false,
  plan: undefined,
  consumedHash: undefined,
  ...given,
})

const derive = (given: Partial<RecordResults> = {}): DynamicDNSRecordStatus | undefined =>
  deriveRecordStatus({ object: recordObject(), now: NOW, error: undefined, run: run(), ...given })

const summary = (status: DynamicDNSRecordStatus | undefined): readonly string[] =>
  status?.conditions?.map(({ type, status: value, reason, message }) => `${type}=${value} ${reason}: ${message}`) ?? []

describe('the status of a record', () => {
  it('says what is published, and that all is well', () => {
    expect(derive()).toEqual({
      observedGeneration: 1,
      addresses: '203.0.113.7',
      providers: 'dns/main',
      zones: [{ zone: 'example.com', provider: 'dns/main' }],
      recordSets: [{ name: 'shop.example.com', type: 'A', ttl: 300, values: ['203.0.113.7'], state: 'InSync' }],
      recordSetCount: 1,
      targets: [{ name: 'edge', known: true, addresses: ['203.0.113.7'], healthy: 1, total: 1 }],
      plan: { approvedGeneration: 1 },
      conditions: [
        {
          type: 'AddressesResolved',
          status: 'True',
          reason: 'Succeeded',
          message: '1 target known',
          observedGeneration: 1,
          lastTransitionTime: at(0),
        },
        {
          type: 'Programmed',
          status: 'True',
          reason: 'Succeeded',
          message: '1 record set programmed',
          observedGeneration: 1,
          lastTransitionTime: at(0),
        },
        {
          type: 'Ready',
          status: 'True',
          reason: 'Succeeded',
          message: '1 record set in sync: 203.0.113.7',
          observedGeneration: 1,
          lastTransitionTime: at(0),
        },
      ],
    })
  })

  it('says why it is not the first priority that is published', () => {
    const failoverMessage = 'priority 2 is published: priority 1 has 0 of 1 healthy; priority 2 has 1 of 1 healthy'
    expect(summary(derive({ run: run({ failoverMessage }) })).at(-1)).toBe(
      `Ready=True Succeeded: 1 record set in sync: 203.0.113.7; ${failoverMessage}`,
    )
  })

  it('is not written again when nothing changed, at any later time and in any order of fields', () => {
    const status = derive()
    const turned = Object.fromEntries(Object.entries(status ?? {}).reverse()) as DynamicDNSRecordStatus
    expect(derive({ object: recordObject({ status: turned }), now: NOW + 3_600_000 })).toBeUndefined()
  })

  it('echoes the request for a reconcile, and keeps the echo', () => {
    const annotations = { 'reconcile.fluxcd.io/requestedAt': '2026-11-21T02:59:00Z' }
    const status = derive({ object: recordObject({ metadata: { annotations } }) })
    expect(status?.lastHandledReconcileAt).toBe('2026-11-21T02:59:00Z')
    expect(derive({ object: recordObject({ status }) })).toBeUndefined()
  })

  it('remembers when something was last changed', () => {
    const applied = derive({ run: run({ hasWritten: true, outcomes: [outcome('A shop', { kind: 'applied' })] }) })
    expect(applied?.lastChangeTime).toBe(at(0))
    expect(derive({ object: recordObject({ status: applied }), now: NOW + 60_000 })).toBeUndefined()
  })
})

describe('what can be wrong with a record', () => {
  const failed = (error: TransientError | TerminalError): RecordRun =>
    run({ outcomes: [outcome('A shop', { kind: 'failed', error })] })

  it.each<[string, Partial<RecordResults>, readonly string[]]>([
    [
      'a change that failed for now',
      { run: failed(new TransientError('ProviderUnavailable', 'the provider does not answer')) },
      [
        'AddressesResolved=True Succeeded: 1 target known',
        'Programmed=False ProviderUnavailable: the provider does not answer',
        'Ready=False ProviderUnavailable: the provider does not answer',
        'Reconciling=True ProgressingWithRetry: the provider does not answer',
      ],
    ],
    [
      'a change that failed for good',
      { run: failed(new TerminalError('ProviderRefused', 'the quota is used up')) },
      [
        'AddressesResolved=True Succeeded: 1 target known',
        'Programmed=False ProviderRefused: the quota is used up',
        'Ready=False ProviderRefused: the quota is used up',
        'Stalled=True ProviderRefused: the quota is used up',
      ],
    ],
    [
      'a lost answer',
      {
        run: run({
          outcomes: [
            outcome('A shop', { kind: 'unconfirmed', error: new TransientError('ProviderUnavailable', 'timed out') }),
          ],
        }),
      },
      [
        'AddressesResolved=True Succeeded: 1 target known',
        'Programmed=False Unconfirmed: could not confirm the change of A shop.example.com: timed out',
        'Ready=False Unconfirmed: could not confirm the change of A shop.example.com: timed out',
        'Reconciling=True ProgressingWithRetry: could not confirm the change of A shop.example.com: timed out',
      ],
    ],
    [
      'a change that is still to come',
      { run: run({ outcomes: [outcome('A shop', { kind: 'skipped' })] }) },
      [
        'AddressesResolved=True Succeeded: 1 target known',
        'Programmed=False Progressing: A shop.example.com is about to change',
        'Ready=Unknown Progressing: A shop.example.com is about to change',
        'Reconciling=True Progressing: A shop.example.com is about to change',
      ],
    ],
    [
      'a target that is not known, while what it gave last stays',
      { run: run({ unknownTargets: [{ reason: 'WANAddressUnknown', message: 'home: no quorum' }] }) },
      [
        'AddressesResolved=False WANAddressUnknown: home: no quorum',
        'Programmed=True Succeeded: 1 record set programmed',
        'Ready=Unknown WANAddressUnknown: home: no quorum',
        'Reconciling=True Progressing: home: no quorum',
      ],
    ],
    [
      'a set that is held because nothing was ever known',
      {
        run: run({
          outcomes: [outcome('A shop', { kind: 'held', reason: 'PoolNotFound', message: 'there is no pool edge' })],
          unknownTargets: [{ reason: 'PoolNotFound', message: 'there is no pool edge' }],
        }),
      },
      [
        'AddressesResolved=False PoolNotFound: there is no pool edge',
        'Programmed=False PoolNotFound: there is no pool edge',
        'Ready=False PoolNotFound: there is no pool edge',
        'Reconciling=True ProgressingWithRetry: there is no pool edge',
      ],
    ],
    [
      'too few addresses',
      { run: run({ shortfall: '1 of at least 2 addresses is fit; the rest stays from before' }) },
      [
        'AddressesResolved=True Succeeded: 1 target known',
        'Programmed=True Succeeded: 1 record set programmed',
        'Ready=False BelowMinimum: 1 of at least 2 addresses is fit; the rest stays from before',
        'Reconciling=True ProgressingWithRetry: 1 of at least 2 addresses is fit; the rest stays from before',
      ],
    ],
    [
      'a name that somebody else has',
      { run: run({ outcomes: [outcome('A shop', { kind: 'refused', refusal: refusal('NotOwned') })] }) },
      [
        'AddressesResolved=True Succeeded: 1 target known',
        'Conflicted=True NotOwned: refused: NotOwned',
        'Programmed=False NotOwned: refused: NotOwned',
        'Ready=False NotOwned: refused: NotOwned',
        'Stalled=True NotOwned: refused: NotOwned',
      ],
    ],
    [
      'a name without a provider yet',
      { run: run({ outcomes: [], refusals: [refusal('NoProviderForZone')] }) },
      [
        'AddressesResolved=True Succeeded: 1 target known',
        'Programmed=False NoProviderForZone: refused: NoProviderForZone',
        'Ready=False NoProviderForZone: refused: NoProviderForZone',
        'Reconciling=True ProgressingWithRetry: refused: NoProviderForZone',
      ],
    ],
    [
      'a spec that cannot be carried out at all',
      { run: undefined, error: new TerminalError('InvalidSpec', 'spec.targets: two targets are named edge') },
      [
        'AddressesResolved=Unknown InvalidSpec: spec.targets: two targets are named edge',
        'Programmed=Unknown InvalidSpec: spec.targets: two targets are named edge',
        'Ready=False InvalidSpec: spec.targets: two targets are named edge',
        'Stalled=True InvalidSpec: spec.targets: two targets are named edge',
      ],
    ],
  ])('%s', (_name, given, expected) => {
    expect(summary(derive(given))).toEqual(expected)
  })

  it.each<[string, RefusalReason, RefusalReason]>([
    ['A shop', 'Occluded', 'MoveHeld'],
    ['A shop', 'NotOwned', 'NotOwned'],
    ['A gone', 'Occluded', 'Occluded'],
  ])('is of %s, %s, while A shop waits for its move, first of all %s', (at, reason, expected) => {
    const outcomes = [outcome(at, { kind: 'refused', refusal: refusal(reason) })]
    const ready = summary(derive({ run: run({ outcomes, refusals: [refusal('MoveHeld')] }) }))
    const more = expected === 'MoveHeld' ? '' : ' (and 1 more problem)'
    expect(ready).toContain(`Ready=False ${expected}: refused: ${expected}${more}`)
  })

  it('is not what a policy asks for', () => {
    const kept = outcome('A gone', { kind: 'refused', refusal: refusal('PolicyForbidsDelete', 'A gone stays') })
    const status = derive({ run: run({ outcomes: [outcome('A shop', { kind: 'insync' }), kept] }) })
    expect(summary(status).at(-1)).toBe(
      'Ready=True Succeeded: 1 record set in sync: 203.0.113.7; 1 record set kept because of spec.syncPolicy',
    )
    expect(status?.recordSets?.[0]).toMatchObject({ state: 'Refused', message: 'A gone stays' })
  })

  it('never makes it forget what is published, nor what the targets gave last', () => {
    const good = derive()
    const bad = derive({
      object: recordObject({ metadata: { generation: 2 }, status: good }),
      run: undefined,
      error: new TerminalError('InvalidSpec', 'no'),
    })
    expect(bad).toEqual({ ...good, observedGeneration: 2, conditions: expect.any(Array) as unknown })
  })
})

describe('the list of record sets', () => {
  it('says of each set what became of it', () => {
    const error = new TransientError('ProviderUnavailable', 'no answer')
    const outcomes = [
      outcome('A i', { kind: 'insync' }, { note: 'the TTL is 60, the least the provider takes', adopted: true }),
      outcome('A h us', { kind: 'held', reason: 'GuardHeld', message: 'too much at once' }),
      outcome('A g', { kind: 'skipped' }),
      outcome('A f', { kind: 'failed', error }),
      outcome('A e', { kind: 'failed', error: new TerminalError('ProviderRefused', 'never') }),
      outcome('A d', { kind: 'unconfirmed', error }),
    ]
    const base = { type: 'A', ttl: 300, values: ['203.0.113.7'] }
    expect(derive({ run: run({ outcomes }) })?.recordSets).toEqual([
      { ...base, name: 'd.example.com', state: 'Pending', message: 'could not confirm: no answer' },
      { ...base, name: 'e.example.com', state: 'Refused', message: 'never' },
      { ...base, name: 'f.example.com', state: 'Pending', message: 'no answer' },
      { ...base, name: 'g.example.com', state: 'Pending' },
      { ...base, name: 'h.example.com', setId: 'us', state: 'Held', message: 'too much at once' },
      {
        ...base,
        name: 'i.example.com',
        state: 'InSync',
        adopted: true,
        message: 'the TTL is 60, the least the provider takes',
      },
    ])
  })

  it('is capped, and so are its values, but counted in full', () => {
    const values = Array.from({ length: 1000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`)
    const outcomes = Array.from({ length: 3000 }, (_, index) =>
      outcome(`A n${10_000 + index}`, { kind: 'insync' }, { values }),
    )
    const status = derive({ run: run({ outcomes }) })
    expect(status?.recordSets).toHaveLength(200)
    expect(status?.recordSets?.[0]).toMatchObject({ name: 'n10000.example.com', values: values.slice(0, 20) })
    expect(status?.recordSetCount).toBe(3000)
    expect(status?.addresses).toBe('10.0.0.0, 10.0.0.1, 10.0.0.10, 10.0.0.100 and 996 more')
    expect(JSON.stringify(status).length).toBeLessThan(150_000)
    expect(listSchemaProblems(recordObject({ status }))).toEqual([])
    const single = derive({ run: run({ outcomes: [outcome('A shop', { kind: 'insync' }, { values })] }) })
    expect(single?.recordSets?.[0]?.values).toHaveLength(100)
  })

  it('tells how many of how many addresses are published', () => {
    expect(derive({ run: run({ cut: { published: 100, available: 4900 } }) })?.addresses).toBe('100 of 4,900')
    const none = derive({ run: run({ outcomes: [outcome('A shop', { kind: 'insync' }, { values: [] })] }) })
    expect(none?.addresses).toBe('')
    expect(summary(none).at(-1)).toBe('Ready=True Succeeded: 1 record set in sync')
  })

  it('sorts zones, and names each provider once', () => {
    const zones = [
      { zone: 'b.example', provider: 'dns/two' },
      { zone: 'a.example', provider: 'dns/two' },
      { zone: 'a.example', provider: 'dns/one' },
    ]
    const status = derive({ run: run({ zones }) })
    expect(status?.zones).toEqual(zones.toReversed())
    expect(status?.providers).toBe('dns/one, dns/two')
  })

  it('caps what targets gave, and keeps the failover memory', () => {
    const addresses = Array.from({ length: 2000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`)
    const targets = [{ name: 'edge', known: true, addresses, message: 'seen at 2026-11-21T03:00:00Z' }]
    const failover = { group: 2, since: at(0) }
    const status = derive({ run: run({ targets, failover }) })
    expect(status?.targets?.[0]).toMatchObject({ addresses: addresses.slice(0, 1000), message: 'seen at' })
    expect(status?.failover).toEqual(failover)
    expect(listSchemaProblems(recordObject({ status }))).toEqual([])
  })
})

describe('a waiting plan', () => {
  const changes: readonly Change[] = [
    { kind: 'create', key: key('A shop'), resource: shop, next: ours('A shop', ['192.0.2.1']) },
  ]
  const waiting = run({ plan: { hash: '0123456789abcdef', changes } })

  it('is shown with its hash and since when it waits', () => {
    const first = derive({ run: waiting })
    expect(first?.plan).toEqual({
      hash: '0123456789abcdef',
      firstSeenTime: at(0),
      changes: ['create A shop.example.com: 192.0.2.1 (TTL 300)'],
      changeCount: 1,
    })
    const later = { now: NOW + 60_000, object: recordObject({ status: first }) }
    expect(derive({ ...later, run: waiting })).toBeUndefined()
    const other = derive({ ...later, run: run({ plan: { hash: 'fedcba9876543210', changes } }) })
    expect(other?.plan?.firstSeenTime).toBe(at(60))
  })

  it('goes when it has been approved, and its hash stays as used up', () => {
    const first = derive({ run: waiting })
    const done = derive({ object: recordObject({ status: first }), run: run({ consumedHash: '0123456789abcdef' }) })
    expect(done?.plan).toEqual({ approvedGeneration: 1, appliedHash: '0123456789abcdef' })
    expect(derive({ object: recordObject({ status: done }) })).toBeUndefined()
    const again = derive({ object: recordObject({ status: done }), run: waiting })
    expect(again?.plan).toMatchObject({ hash: '0123456789abcdef', appliedHash: '0123456789abcdef' })
  })

  it('shows at most a hundred changes', () => {
    const many = Array.from({ length: 300 }, () => changes).flat()
    const status = derive({ run: run({ plan: { hash: 'x', changes: many } }) })
    expect(status?.plan?.changes).toHaveLength(100)
    expect(status?.plan?.changeCount).toBe(300)
    expect(listSchemaProblems(recordObject({ status }))).toEqual([])
  })
})

describe('a suspended record', () => {
  const suspended = (status: DynamicDNSRecordStatus | undefined, generation = 2): DynamicDNSRecord =>
    recordObject({ metadata: { generation }, spec: { suspend: true }, status })

  it('speaks of its generation once, and keeps Ready and what is published', () => {
    const good = derive()
    const status = derive({ object: suspended(good), now: NOW + 60_000, run: undefined })
    expect(status).toMatchObject({ observedGeneration: 2, addresses: '203.0.113.7', recordSetCount: 1 })
    expect(summary(status).at(-1)).toBe('Ready=True Suspended: spec.suspend is true, so nothing is changed')
    expect(status?.conditions?.every(({ lastTransitionTime }) => lastTransitionTime === at(0))).toBe(true)
    expect(listNonconformities(suspended(status))).toEqual([])
    expect(derive({ object: suspended(status), run: undefined })).toBeUndefined()
  })

  it('is not retried, so Reconciling and Stalled go', () => {
    const bad = derive({ run: undefined, error: new TerminalError('InvalidSpec', 'no') })
    const status = derive({ object: suspended(bad), run: undefined })
    expect(summary(status).map((line) => line.split(' ')[0])).toEqual([
      'AddressesResolved=Unknown',
      'Programmed=Unknown',
      'Ready=False',
    ])
    expect(computeArgoHealth(suspended(status))).toBe('Suspended')
  })

  it('is Unknown when it was never reconciled', () => {
    const status = derive({ object: suspended(undefined, 1), run: undefined })
    expect(summary(status)).toEqual(['Ready=Unknown Suspended: spec.suspend is true, so nothing is changed'])
  })

  it('is deleted all the same', () => {
    const object = recordObject({ spec: { suspend: true }, metadata: { deletionTimestamp: at(0) } })
    expect(summary(derive({ object })).at(-2)).toBe('Ready=Unknown Deleting: the record sets are being removed')
    const stuck = derive({ object, error: new TransientError('ProviderUnavailable', 'no answer'), run: undefined })
    expect(summary(stuck).at(-2)).toBe('Ready=False ProviderUnavailable: no answer')
    const over = derive({ object: recordObject(), run: undefined })
    expect(summary(over)).toEqual(['Ready=True Succeeded: nothing is left to do'])
  })
})

describe('at every moment of any history', () => {
  const error = new TransientError('ProviderUnavailable', 'no answer (request id: 17)')
  const anyResult = fc.constantFrom<KeyResult[]>(
    { kind: 'insync' },
    { kind: 'insync' },
    { kind: 'applied' },
    { kind: 'skipped' },
    { kind: 'failed', error },
    { kind: 'failed', error: new TerminalError('ProviderRefused', 'never') },
    { kind: 'unconfirmed', error },
    { kind: 'held', reason: 'AwaitingApproval', message: 'waits for an approval' },
    { kind: 'refused', refusal: refusal('NotOwned') },
    { kind: 'refused', refusal: refusal('Conflicted') },
  )
  const anyRun = fc
    .record({ result: anyResult, unknown: fc.boolean(), short: fc.boolean() })
    .map(({ result, unknown, short }) =>
      run({
        outcomes: [outcome('A shop', result), outcome('A www', { kind: 'insync' })],
        unknownTargets: unknown ? [{ reason: 'PoolUnknown', message: 'edge cannot be read' }] : [],
        shortfall: short ? 'too few' : undefined,
      }),
    )
  const step = fc.record({
    seconds: fc.integer({ min: 0, max: 400 }),
    edited: fc.boolean(),
    suspended: fc.boolean(),
    run: fc.option(anyRun, { nil: undefined, freq: 8 }),
    error: fc.option(fc.constantFrom(error, new TerminalError('InvalidSpec', 'no')), { nil: undefined, freq: 3 }),
  })

  it('the conditions conform, and Flux and Argo CD read the truth', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let object = recordObject()
        let now = NOW
        for (const { seconds, edited, suspended, run: ran, error: failed } of steps) {
          now += seconds * 1000
          if (edited) {
            const generation = object.metadata.generation + 1
            object = recordObject({ ...object, metadata: { generation }, spec: { suspend: suspended } })
            // Nobody has looked at the new spec yet, so nobody may read a success.
            expect(computeKstatus(object)).toBe('InProgress')
            expect(computeArgoHealth(object)).toBe(suspended ? 'Suspended' : 'Progressing')
          }
          const results = { object, now, run: ran, error: ran === undefined ? (failed ?? error) : failed }
          const next = deriveRecordStatus(results)
          if (next !== undefined) object = recordObject({ ...object, status: next })
          expect(listNonconformities(object)).toEqual([])
          expect(listSchemaProblems(object)).toEqual([])
          expect(deriveRecordStatus({ ...results, object, now: now + 1 })).toBeUndefined()
          if (object.spec.suspend === true) continue
          const ready = object.status?.conditions?.find(({ type }) => type === 'Ready')?.status
          expect(computeKstatus(object) === 'Current').toBe(ready === 'True')
          expect(computeArgoHealth(object) === 'Healthy').toBe(ready === 'True')
          expect(computeKstatus(object) === 'Failed').toBe(computeArgoHealth(object) === 'Degraded')
        }
      }),
      { numRuns: 500 },
    )
  })
})
