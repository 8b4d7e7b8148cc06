import { describe, expect, it } from 'vitest'
import { computeKstatus, listNonconformities } from '../../test/kstatus.ts'
import { listSchemaProblems, NOW, providerObject } from '../../test/support/status-builders.ts'
import { key, ours, OURS, shop, ZONE } from '../../test/support/zone-builders.ts'
import { formatTime } from '../api/date-time.ts'
import type { DNSProviderStatus } from '../api/generated/dns-provider.ts'
import { TerminalError, TransientError } from '../model/errors.ts'
import type { Fqdn } from '../model/name.ts'
import { judgeSafety } from '../plan/judge-safety.ts'
import { findOrphans } from '../plan/orphans.ts'
import type { Change } from '../plan/plan.ts'
import { deriveProviderStatus, type ProviderResults, type ZoneResults } from './provider-status.ts'

const none = findOrphans([], OURS, () => true)
const zone = (name: string, given: Partial<ZoneResults> = {}): ZoneResults => ({
  name: name as Fqdn,
  error: undefined,
  counts: { recordSets: 12, owned: 8, orphans: none },
  held: undefined,
  deletions: undefined,
  pruneProblem: undefined,
  consumedHash: undefined,
  ...given,
})

const derive = (given: Partial<ProviderResults> = {}): DNSProviderStatus | undefined =>
  deriveProviderStatus({
    object: providerObject(),
    now: NOW,
    credentialsError: undefined,
    zonesError: undefined,
    zones: [zone('example.net'), zone('example.com')],
    ...given,
  })

const summary = (status: DNSProviderStatus | undefined): readonly string[] =>
  status?.conditions?.map(({ type, status: value, reason, message }) => `${type}=${value} ${reason}: ${message}`) ?? []

describe('the status of a provider', () => {
  it('says which zones it serves and what is in them', () => {
    const status = derive()
    expect(status).toMatchObject({
      observedGeneration: 1,
      zoneSummary: 'example.com, example.net',
      zones: [
        { name: 'example.com', recordSets: 12, owned: 8 },
        { name: 'example.net', recordSets: 12, owned: 8 },
      ],
    })
    expect(status?.zones?.[0]).not.toHaveProperty('orphans')
    expect(summary(status)).toEqual([
      'CredentialsValid=True Succeeded: the credentials are accepted',
      'Ready=True Succeeded: serving example.com, example.net',
      'ZonesFound=True Succeeded: 2 zones found',
    ])
    expect(derive({ object: providerObject({ status }), now: NOW + 60_000 })).toBeUndefined()
    expect(summary(derive({ zones: [] }))[1]).toBe('Ready=True Succeeded: serving no zone')
  })

  it('says why it stays although it is being deleted', () => {
    const metadata = { deletionTimestamp: formatTime(NOW) }
    const status = derive({ object: providerObject({ metadata }) })
    expect(summary(status)[1]).toBe(
      'Ready=Unknown Deleting: it is being deleted, and stays for as long as a DynamicDNSRecord has anything here: ' +
        'delete those records, or give them another DNSProvider',
    )
    expect(listNonconformities(providerObject({ metadata, status }))).toEqual([])
  })

  it('says why orphans stay that were to be removed, for as long as they are the same', () => {
    const deriveWith = (names: readonly string[], recordSets: number, more: object = {}): DNSProviderStatus => {
      const sets = names.map((name) => ours(`A ${name}.example.com`, ['192.0.2.1']))
      const counts = { recordSets, owned: 8, orphans: findOrphans(sets, OURS, () => false) }
      const { pruneProblem, status } = { pruneProblem: undefined, status: undefined, ...more }
      return (
        derive({ object: providerObject({ status }), zones: [zone('example.com', { counts, pruneProblem })] }) ?? {}
      )
    }
    const messageIn = ({ zones }: DNSProviderStatus): string | undefined => zones?.[0]?.orphans?.message
    const status = deriveWith(['ns'], 12, { pruneProblem: 'it answers REFUSED (request id: 7f3a)' })
    expect(messageIn(status)).toBe('it answers REFUSED')
    expect(messageIn(deriveWith(['ns'], 13, { status }))).toBe('it answers REFUSED')
    expect(messageIn(deriveWith(['ns', 'www'], 13, { status }))).toBeUndefined()
  })

  it('lists orphans without being troubled by them', () => {
    const sets = Array.from({ length: 30 }, (_, index) => ours(`A n${10 + index}`, ['192.0.2.1']))
    const orphans = findOrphans(sets, OURS, () => false)
    const status = derive({ zones: [zone('example.com', { counts: { recordSets: 30, owned: 30, orphans } })] })
    expect(status?.zones?.[0]?.orphans).toMatchObject({ count: 30, hash: orphans.hash })
    expect(status?.zones?.[0]?.orphans?.names).toHaveLength(20)
    expect(listSchemaProblems(providerObject({ status }))).toEqual([])
    expect(status?.zones?.[0]?.orphans?.names?.[0]).toBe('A n10.example.com')
    expect(computeKstatus(providerObject({ status }))).toBe('Current')
  })

  it('remembers what the guard counts, until it counts more', () => {
    const names = Array.from({ length: 9 }, (_, index) => `r${index}.example.com` as Fqdn)
    const status = derive({ zones: [zone('example.com', { deletions: { at: NOW, sets: 9, names } })] })
    const recentDeletions = { time: formatTime(NOW), recordSets: 9, names: names.slice(0, 5) }
    expect(status?.zones?.[0]).toMatchObject({ recentDeletions })
    expect(listSchemaProblems(providerObject({ status }))).toEqual([])
    expect(derive({ object: providerObject({ status }), zones: [zone('example.com')] })).toBeUndefined()
  })

  it('shows what the guard holds, and which approval was used up', () => {
    const changes = ['A a', 'A b'].map((text): Change => {
      return { kind: 'delete', key: key(text), resource: shop, previous: ours(text, ['192.0.2.1']) }
    })
    const verdict = judgeSafety({
      zone: ZONE.zone,
      ownerId: OURS,
      changes,
      history: [],
      owned: 2,
      guard: { maxDeletePercent: 30, windowSeconds: 600 },
      approvedHashes: [],
      unfinished: [],
      now: NOW,
    })
    if (verdict.verdict !== 'held') throw new Error('not held')
    const status = derive({ zones: [zone('example.com', { held: verdict })] })
    expect(status?.zones?.[0]?.heldPlan).toEqual({
      hash: verdict.hash,
      deletes: 2,
      examples: ['delete A a.example.com: was 192.0.2.1 (TTL 300)', 'delete A b.example.com: was 192.0.2.1 (TTL 300)'],
    })
    expect(summary(status)[1]).toMatch(/^Ready=False GuardHeld: deleting 2 record sets is held/)
    expect(listSchemaProblems(providerObject({ status }))).toEqual([])
    const done = derive({
      object: providerObject({ status }),
      zones: [zone('example.com', { consumedHash: verdict.hash })],
    })
    expect(done?.zones?.[0]).toEqual({ name: 'example.com', recordSets: 12, owned: 8, appliedHash: verdict.hash })
    expect(derive({ object: providerObject({ status: done }), zones: [zone('example.com')] })).toBeUndefined()
  })

  it('says that the credentials are not accepted, and forgets nothing of its zones', () => {
    const good = derive()
    const credentialsError = new TerminalError('CredentialsInvalid', 'the token is not accepted')
    const bad = derive({ object: providerObject({ status: good }), credentialsError, zones: undefined })
    expect(bad).toMatchObject({ zoneSummary: 'example.com, example.net', zones: good?.zones })
    expect(summary(bad)).toEqual([
      'CredentialsValid=False CredentialsInvalid: the token is not accepted',
      'Ready=False CredentialsInvalid: the token is not accepted',
      'Stalled=True CredentialsInvalid: the token is not accepted',
      'ZonesFound=False CredentialsInvalid: the token is not accepted',
    ])
    expect(listNonconformities(providerObject({ status: bad }))).toEqual([])
  })

  it('does not call credentials wrong during an outage', () => {
    const outage = new TransientError('ProviderUnavailable', 'no answer')
    const status = derive({ credentialsError: outage, zonesError: outage, zones: undefined })
    expect(summary(status)[0]).toBe('CredentialsValid=Unknown ProviderUnavailable: no answer')
    expect(computeKstatus(providerObject({ status }))).toBe('InProgress')
  })

  it('keeps what it knew of a zone that cannot be listed', () => {
    const orphans = findOrphans([ours('A a', ['192.0.2.1'])], OURS, () => false)
    const first = derive({ zones: [zone('example.com', { counts: { recordSets: 3, owned: 2, orphans } })] })
    const error = new TerminalError('ZoneNotFound', 'example.com is not there')
    const object = providerObject({ status: first })
    const second = derive({ object, zones: [zone('example.com', { counts: undefined, error })] })
    expect(second?.zones).toEqual(first?.zones)
    expect(summary(second).at(-1)).toBe('ZonesFound=False ZoneNotFound: example.com is not there')
    const fresh = derive({ zones: [zone('example.com', { counts: undefined, error })] })
    expect(fresh?.zones).toEqual([{ name: 'example.com' }])
  })
})
