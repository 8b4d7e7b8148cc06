import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { httpBench } from '../../../test/contracts/http-bench.ts'
import {
  applyAll,
  create,
  describeProviderContract,
  listAll,
  ownedSet,
  remove,
  update,
} from '../../../test/contracts/provider-contract.ts'
import { AzureFake, refuse, throttle } from '../../../test/fakes/azure-fake.ts'
import { carryOut } from '../../apply/carry-out.ts'
import type { Fqdn } from '../../model/name.ts'
import { OPEN_GATE, type Lesson } from '../call-gate.ts'
import { createAzureProvider, type AzureOptions } from './azure-provider.ts'
import {
  zone,
  MARK,
  inMetadata,
  inTxt,
  signal,
  openProvider,
  openListed,
  www,
} from '../../../test/support/azure-bench.ts'

for (const ownership of [inMetadata, inTxt]) {
  describeProviderContract({
    name: `Azure DNS (owners in ${ownership === inMetadata ? 'metadata' : 'TXT'})`,
    skips: { 'foreign beside': 'metadata and markers speak for a whole set; the planner refuses to share one' },
    // A new set is written with its marker; a changed one alone.
    maxCalls: {
      created: ownership === inMetadata ? { one: 1, fiveHundred: 500 } : { one: 2, fiveHundred: 1000 },
      replaced: { one: 1, fiveHundred: 500 },
    },
    maxValuesNote: '20, which no documentation confirms',
    badValue: 'not-an-address',
    async start() {
      const fake = await AzureFake.start(zone)
      return httpBench({
        zone,
        http: fake.http,
        provider: (token) => openProvider(fake, { ownership }, token),
        credential: { value: fake.token, accept: (token) => void (fake.token = token) },
        seed: ({ name, type, values }) =>
          fake.seed(name, type, {
            ...(type === 'A' && { ARecords: values.map((ipv4Address) => ({ ipv4Address })) }),
            ...(type === 'AAAA' && { AAAARecords: values.map((ipv6Address) => ({ ipv6Address })) }),
          }),
        remove: (name, type) => fake.removeByHand(name, type),
        peek: (name, type) => fake.values(name, type),
        // With markers the first write is the marker's, and what goes wrong shall go wrong with the set.
        isFaulty: ({ path }) => !path.includes('/TXT/'),
        throttled: throttle(),
      })
    },
  })
}

describe('Azure DNS', () => {
  let fake: AzureFake
  beforeEach(async () => {
    fake = await AzureFake.start(zone)
  })
  afterEach(() => fake.http.stop())

  it('knows what lies below a delegation', async () => {
    fake.seed(`sub.${zone}`, 'NS', { NSRecords: [{ nsdname: `ns1.sub.${zone}.` }] })
    const session = await openListed(fake)
    const cutOf = (label: string): unknown =>
      session.cutAbove?.({ name: `${label}.${zone}` as Fqdn, type: 'A', setId: '' })?.name
    expect(['www.sub', 'ns1.sub', 'www'].map(cutOf)).toEqual([`sub.${zone}`, undefined, undefined])
  })

  describe('zones', () => {
    it('are those that are public, on every page', async () => {
      const names = Array.from({ length: 150 }, (_, index) => `zone${index}.example`)
      for (const name of names) fake.addZone(name)
      fake.addZone('inside.example', 'Private')
      expect(await openProvider(fake).listZones(signal)).toEqual([zone, ...names].sort())
      expect(fake.http.calls).toHaveLength(2)
    })

    it.each<[string, Partial<AzureOptions>]>([
      ['the resource group', { resourceGroup: 'other' }],
      ['the subscription', { subscriptionID: 'other' }],
    ])('are missing when %s is', async (_what, more) => {
      await expect(openProvider(fake, more).openZone(zone, signal)).rejects.toMatchObject({
        kind: 'terminal',
        reason: 'ZoneNotFound',
        message: expect.stringContaining(zone) as string,
      })
    })

    it('that are private are not served', async () => {
      fake.addZone('inside.example', 'Private')
      const opening = openProvider(fake).openZone('inside.example' as Fqdn, signal)
      await expect(opening).rejects.toMatchObject({ reason: 'ZoneNotFound' })
    })

    it('say how many values a set may have', async () => {
      expect((await openProvider(fake).openZone(zone, signal)).capabilities.maxValues).toBe(20)
    })
  })

  describe('calls', () => {
    it('are one to open a zone, and one for each hundred sets', async () => {
      for (let index = 0; index < 250; index += 1)
        fake.seed(`n${index}.example.com`, 'A', { ARecords: [{ ipv4Address: '192.0.2.1' }] })
      await openListed(fake)
      expect(fake.http.calls).toHaveLength(1 + 3)
    })

    it('to read a few names of ours again are one for each type, unless the whole zone is fewer', async () => {
      const metadata = { stoa: MARK }
      for (let index = 0; index < 1000; index += 1)
        fake.seed(`n${index}.example.com`, 'A', { ARecords: [{ ipv4Address: '192.0.2.1' }], metadata })
      const session = await openListed(fake)
      const before = fake.http.calls.length
      const few = ['n1', 'n2'].map((label) => `${label}.example.com` as Fqdn)
      expect(await session.reread(few, signal)).toHaveLength(2)
      expect(fake.http.calls.length - before).toBe(8)
      const many = ['n1', 'n2', 'n3', 'n4', 'n5'].map((label) => `${label}.example.com` as Fqdn)
      expect(await session.reread(many, signal)).toHaveLength(5)
      expect(fake.http.calls.length - before).toBe(8 + 11)
    })

    it('that write always say what they expect to find', async () => {
      const session = await openListed(fake)
      await applyAll(session, [create(www(['192.0.2.1']))])
      await applyAll(session, [update(www(['192.0.2.1']), www(['192.0.2.2']))])
      await applyAll(session, [remove(www(['192.0.2.2']))])
      const conditions = fake.http.writes().map(({ headers }) => headers['if-match'] ?? headers['if-none-match'])
      expect(conditions).toEqual(['*', 'etag-3', 'etag-4'])
    })

    it('never follow a link to another host', async () => {
      // The fake's links name a host that does not exist.
      for (let index = 0; index < 101; index += 1)
        fake.seed(`n${index}.example.com`, 'A', { ARecords: [{ ipv4Address: '192.0.2.1' }] })
      expect((await listAll(await openListed(fake))).size).toBe(101)
    })

    it('tell the gate how many are left, and how long to wait when none is', async () => {
      const lessons: Lesson[] = []
      const gate = { ...OPEN_GATE, settle: (lesson: Lesson) => void lessons.push(lesson) }
      const session = await openListed(fake, { gate })
      expect(lessons.at(-1)).toEqual({ kind: 'answered', remaining: 9998 })
      fake.left.writes = 0
      const [outcome] = await applyAll(session, [create(www(['192.0.2.1']))])
      expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'waiting', retryAfterMs: 17_000 } })
      expect(lessons.at(-1)).toEqual({ kind: 'throttled', afterMs: 17_000 })
    })
  })

  describe('refusals', () => {
    it.each([
      [refuse(403, 'AuthorizationFailed', 'The client with object id 1234'), { reason: 'CredentialsInvalid' }],
      [refuse(401, 'ExpiredAuthenticationToken', 'Expired'), { kind: 'terminal', reason: 'CredentialsInvalid' }],
      [throttle(5), { kind: 'waiting', reason: 'RateLimited', retryAfterMs: 5000 }],
      [refuse(404, 'ParentResourceNotFound', 'Gone'), { kind: 'terminal', reason: 'ZoneNotFound' }],
      [refuse(408, 'RequestTimeout', 'Slow'), { kind: 'transient', reason: 'ProviderUnavailable' }],
      [refuse(400, 'BadRequest', 'Bad'), { kind: 'terminal', reason: 'ProviderRefused' }],
      [{ status: 502, body: '<html>' }, { kind: 'transient' }],
    ])('%j when reading is %j', async (answer, expected) => {
      const session = await openListed(fake)
      // A token that is refused is renewed, and the call sent once more.
      fake.http.fail({ kind: 'answer', answer }, 2)
      const error: unknown = await listAll(session).catch((reason: unknown) => reason)
      expect(error).toMatchObject(expected)
      expect(String(error)).not.toContain('1234')
    })

    it('of one record set keep no other from being written', async () => {
      const session = await openListed(fake)
      const denied = { kind: 'answer', answer: refuse(403, 'AuthorizationFailed', 'The client') } as const
      fake.http.fail(denied, Infinity, ({ method, path }) => method === 'PUT' && path.includes('/A/a'))
      const sets = ['a', 'b'].map((label) => ownedSet(`${label}.example.com`, 'A', ['192.0.2.1']))
      expect(await carryOut(session, sets.map(create), signal)).toMatchObject([
        {
          kind: 'failed',
          error: {
            reason: 'UpdateDenied',
            message:
              'Azure did not change A a.example.com: Azure refused access (AuthorizationFailed); ' +
              `the application needs the role "DNS Zone Contributor" in resource group ${fake.resourceGroup}`,
          },
        },
        { kind: 'applied' },
      ])
    })

    it('of a token are answered with another, and of that one told', async () => {
      let forgotten = 0
      const tokens = {
        get: (): Promise<string> => Promise.resolve(forgotten === 0 ? 'revoked' : fake.token),
        forget: () => void (forgotten += 1),
      }
      const { subscriptionID, resourceGroup } = fake
      const options = { subscriptionID, resourceGroup, tenantID: '', endpoint: fake.http.url, ownership: inMetadata }
      const provider = createAzureProvider({ ...options, gate: OPEN_GATE }, tokens)
      expect(await provider.listZones(signal)).toEqual([zone])
      expect(forgotten).toBe(1)
      fake.token = 'of somebody else'
      tokens.get = () => Promise.resolve('revoked, too')
      await expect(provider.listZones(signal)).rejects.toMatchObject({ reason: 'CredentialsInvalid' })
      expect(forgotten).toBe(2)
    })

    it('of a zone that is gone are not taken for a record set that is', async () => {
      const session = await openListed(fake)
      await applyAll(session, [create(www(['192.0.2.1']))])
      fake.http.fail({ kind: 'answer', answer: refuse(404, 'ParentResourceNotFound', 'Gone') })
      const [outcome] = await applyAll(session, [remove(www(['192.0.2.1']))])
      expect(outcome).toMatchObject({ kind: 'failed', error: { reason: 'ZoneNotFound' } })
    })

    it('because of a lock say what to do, and name no ids', async () => {
      const session = await openListed(fake)
      await applyAll(session, [create(www(['192.0.2.1']))])
      const words =
        "The scope '/subscriptions/1234/…/A/www' cannot perform delete operation because scope(s) are locked"
      fake.http.fail({ kind: 'answer', answer: refuse(409, 'ScopeLocked', words) })
      const [outcome] = await applyAll(session, [remove(www(['192.0.2.1']))])
      expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'terminal', reason: 'ProviderRefused' } })
      const text = outcome?.kind === 'failed' ? outcome.error.message : ''
      expect(text).toContain('remove the lock, or, if it only forbids deleting, set deletionPolicy: Retain')
      expect(text).not.toContain('1234')
    })

    it('because of any other conflict are not taken for a set that changed', async () => {
      const session = await openListed(fake)
      fake.http.fail({ kind: 'answer', answer: refuse(409, 'OperationNotAllowed', 'The zone is being moved') })
      const [outcome] = await applyAll(session, [create(www(['192.0.2.1']))])
      expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'terminal', reason: 'ProviderRefused' } })
      const text = outcome?.kind === 'failed' ? outcome.error.message : ''
      expect(text).toContain('OperationNotAllowed: The zone is being moved')
    })

    it.each([
      'Another operation is in progress',
      "Another operation is pending for requested object. Operation group 'x' already has 1 operations queued.",
    ])('for another write going on are settled by reading again: %s', async (words) => {
      const session = await openListed(fake)
      fake.http.fail({ kind: 'answer', answer: refuse(409, 'Conflict', words) })
      expect((await applyAll(session, [create(www(['192.0.2.1']))]))[0]?.kind).toBe('outdated')
    })
  })
})
