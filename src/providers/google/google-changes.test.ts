import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyAll, create, listAll, ownedSet, remove, update } from '../../../test/contracts/provider-contract.ts'
import { GoogleFake } from '../../../test/fakes/google-fake.ts'
import { carryOut } from '../../apply/carry-out.ts'
import type { Fqdn } from '../../model/name.ts'
import type { StoredSet } from '../../model/record-set.ts'
import { OPEN_GATE } from '../call-gate.ts'
import { NoTokenError } from '../http/http-client.ts'
import { createGoogleProvider } from './google-provider.ts'
import { zone, ownership, signal, openProvider, openListed, www } from '../../../test/support/google-bench.ts'

describe('Google Cloud DNS, when writing,', () => {
  let fake: GoogleFake
  beforeEach(async () => {
    fake = await GoogleFake.start(zone)
  })
  afterEach(() => fake.http.stop())

  describe('a change', () => {
    it.each([true, false])('says which of its sets is to blame (by name: %s)', async (namesSets) => {
      fake.namesSets = namesSets
      const session = await openListed(fake)
      const sets = ['a', 'b', 'c'].map((label) =>
        ownedSet(`${label}.example.com`, 'A', [label === 'b' ? 'bad' : '192.0.2.1']),
      )
      const outcomes = await applyAll(session, sets.map(create))
      expect(outcomes.map((outcome) => outcome.kind === 'failed' && outcome.scope)).toEqual([
        'Batch',
        'Change',
        'Batch',
      ])
    })

    it('that needs more sets than the zone may have keeps nothing else from being written', async () => {
      const session = await openListed(fake)
      const [before, after] = [www(['192.0.2.1']), www(['192.0.2.2'])]
      await applyAll(session, [create(before)])
      // The SOA, the NS and this one.
      fake.quota.rrsetsPerManagedZone = 3
      const news = create(ownedSet('new.example.com', 'A', ['192.0.2.3']))
      const outcomes = await carryOut(session, [update(before, after), news], signal)
      const byKind = Object.fromEntries(outcomes.map((outcome) => [outcome.kind, outcome]))
      expect(byKind).toMatchObject({
        applied: { change: { key: after.key } },
        failed: { change: { key: news.key }, error: { kind: 'terminal', reason: 'ProviderRefused' } },
      })
      expect(String(byKind['failed'] && 'error' in byKind['failed'] ? byKind['failed'].error : '')).toContain(
        'raise the quota, or remove what is not needed',
      )
      expect(fake.get('www.example.com', 'A')?.rrdatas).toEqual(['192.0.2.2'])
    })

    it.each([true, false])('never tells the place in the request (by name: %s)', async (namesSets) => {
      fake.namesSets = namesSets
      const session = await openListed(fake)
      const [outcome] = await applyAll(session, [create(www(['bad']))])
      expect(outcome).toMatchObject({
        error: { message: "Google Cloud DNS refused the request (400): Invalid value for 'rrdata': 'bad'" },
      })
    })

    it.each([
      ['a value was edited', () => fake.seed('www.example.com', 'A', ['198.51.100.7'])],
      ['a TTL was edited', () => fake.seed('www.example.com', 'A', ['192.0.2.1'], { ttl: 60 })],
      ['it was deleted', () => fake.removeByHand('www.example.com', 'A')],
      [
        'it was deleted, and Google counts,',
        (): void => {
          fake.namesSets = false
          fake.removeByHand('www.example.com', 'A')
        },
      ],
    ])('is outdated when %s by hand, and touches nothing', async (_what, edit) => {
      const session = await openListed(fake)
      await applyAll(session, [create(www(['192.0.2.1']))])
      edit()
      const before = fake.get('www.example.com', 'A')
      const [outcome] = await applyAll(session, [update(www(['192.0.2.1']), www(['192.0.2.2']))])
      expect(outcome).toMatchObject({ kind: 'outdated', error: { reason: 'Outdated' } })
      expect(fake.get('www.example.com', 'A')).toEqual(before)
    })

    it('goes through once what was outdated has been read again', async () => {
      const session = await openListed(fake)
      await applyAll(session, [create(www(['192.0.2.1']))])
      fake.seed('www.example.com', 'A', ['198.51.100.7'])
      await applyAll(session, [update(www(['192.0.2.1']), www(['192.0.2.2']))])
      const [found] = await session.reread(['www.example.com' as Fqdn], signal)
      if (found === undefined) throw new Error('not found')
      const [outcome] = await applyAll(session, [update(found, www(['192.0.2.2']))])
      expect(outcome?.kind).toBe('applied')
    })

    it('is certainly not done when there was no token for it', async () => {
      const tokens = {
        get: (): Promise<string> =>
          fake.http.calls.length < 3
            ? Promise.resolve(fake.token)
            : Promise.reject(new NoTokenError('ProviderUnavailable', 'none')),
        forget: (): void => undefined,
      }
      const endpoint = `${fake.http.url}/dns/v1`
      const provider = createGoogleProvider({ project: fake.project, endpoint, ownership, gate: OPEN_GATE }, tokens)
      const session = await provider.openZone(zone, signal)
      await listAll(session)
      const [outcome] = await applyAll(session, [create(www(['192.0.2.1']))])
      expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'transient' } })
      expect(fake.http.writes()).toHaveLength(0)
    })

    it('is outdated when what it creates is there by now', async () => {
      const session = await openListed(fake)
      fake.seed('www.example.com', 'A', ['198.51.100.7'])
      expect((await applyAll(session, [create(www(['192.0.2.1']))]))[0]?.kind).toBe('outdated')
    })

    it('repeats a stored set to the letter, however it is written', async () => {
      fake.seed('six.example.com', 'AAAA', ['2001:DB8:0::1'], { ttl: 77 })
      fake.seed('cname.example.com', 'CNAME', ['Target.Example.NET.'])
      fake.seed('text.example.com', 'TXT', ['"one" "two"'])
      const session = await openProvider(fake).openZone(zone, signal)
      const listed = [...(await listAll(session)).values()]
      expect(listed.map(({ values }) => values[0]?.value)).toEqual(['2001:db8::1', 'target.example.net', 'onetwo'])
      const outcomes = await applyAll(session, listed.map(remove))
      expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'applied', 'applied'])
    })

    it('repeats what Google made of it, where that is not what was asked', async () => {
      fake.stores = (set) => ({ ...set, rrdatas: set.rrdatas?.map((value) => value.toUpperCase()) ?? [] })
      const session = await openListed(fake)
      const six = (value: string): StoredSet => ownedSet('six.example.com', 'AAAA', [value])
      await applyAll(session, [create(six('2001:db8::a'))])
      expect(fake.get('six.example.com', 'AAAA')?.rrdatas).toEqual(['2001:DB8::A'])
      const [outcome] = await applyAll(session, [update(six('2001:db8::a'), six('2001:db8::b'))])
      expect(outcome?.kind).toBe('applied')
    })

    it.each<[number, string, Partial<GoogleFake['quota']>, 'create' | 'update']>([
      [3, 'additions', { rrsetAdditionsPerChange: 4 }, 'create'],
      [3, 'bytes of data', { totalRrdataSizePerChange: 400 }, 'create'],
      [2, 'deletions', { rrsetDeletionsPerChange: 3 }, 'update'],
    ])('takes %i calls for six sets when the project’s quota of %s asks for it', async (calls, _what, quota, kind) => {
      const sets = Array.from({ length: 6 }, (_, index) => ownedSet(`n${index}.example.com`, 'A', ['192.0.2.1']))
      if (kind === 'update') await applyAll(await openListed(fake), sets.map(create))
      fake.quota = { ...fake.quota, ...quota }
      const session = await openListed(fake)
      const before = fake.http.writes().length
      const longer = (set: StoredSet): StoredSet => ({ ...set, ttl: 600 })
      const changes = kind === 'create' ? sets.map(create) : sets.map((set) => update(set, longer(set)))
      const outcomes = await applyAll(session, changes)
      expect(new Set(outcomes.map(({ kind: end }) => end))).toEqual(new Set(['applied']))
      expect(fake.http.writes().length - before).toBe(calls)
    })

    it('keeps what belongs to one name in one call, whatever the quota', async () => {
      fake.quota = { ...fake.quota, rrsetAdditionsPerChange: 4 }
      const session = await openListed(fake)
      const names = ['a', 'b', 'b', 'b', 'c'].map((label) => `${label}.example.com`)
      const types = ['A', 'A', 'AAAA', 'TXT', 'A'] as const
      const sets = names.map((name, index) => ownedSet(name, types[index] ?? 'A', ['192.0.2.1']))
      expect(session.batch(sets.map(create)).map((batch) => batch.map(({ key }) => key.name[0]))).toEqual([
        ['a'],
        ['b', 'b', 'b'],
        ['c'],
      ])
    })

    it('keeps to the documented defaults where the project may not be read', async () => {
      fake.mayReadProject = false
      const session = await openListed(fake)
      expect(session.capabilities.maxValues).toBe(100)
      const sets = Array.from({ length: 600 }, (_, index) => ownedSet(`n${index}.example.com`, 'A', ['192.0.2.1']))
      expect(session.batch(sets.map(create)).map((batch) => batch.length)).toEqual([500, 100])
    })
  })

  describe('a set with a routing policy', () => {
    const routingPolicy = { wrr: { items: [{ weight: 1, rrdatas: ['198.51.100.7'] }] } }

    it('is listed as somebody’s beside whom no simple set can stand, even with our marker there', async () => {
      const session = await openListed(fake)
      await applyAll(session, [create(www(['192.0.2.1']))])
      fake.removeByHand('www.example.com', 'A')
      fake.seed('www.example.com', 'A', [], { routingPolicy })
      const sets = [...(await listAll(session)).values()].filter(({ key }) => key.name === 'www.example.com')
      expect(sets).toMatchObject([
        { key: { type: 'A', setId: 'routingPolicy' }, values: [{ value: '198.51.100.7', owner: undefined }] },
      ])
    })
  })
})
