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
import { GoogleFake, refuse } from '../../../test/fakes/google-fake.ts'
import { carryOut } from '../../apply/carry-out.ts'
import type { Fqdn } from '../../model/name.ts'
import { OPEN_GATE, type Lesson } from '../call-gate.ts'
import { createGoogleProvider } from './google-provider.ts'
import { zone, ownership, signal, openProvider, openListed } from '../../../test/support/google-bench.ts'

describeProviderContract({
  name: 'Google Cloud DNS',
  skips: { 'foreign beside': 'markers speak for a whole set; the planner refuses to share one' },
  maxCalls: { created: { one: 1, fiveHundred: 1 }, replaced: { one: 1, fiveHundred: 1 } },
  badValue: 'not-an-address',
  async start() {
    const fake = await GoogleFake.start(zone)
    return httpBench({
      zone,
      http: fake.http,
      provider: (token) => openProvider(fake, {}, token),
      credential: { value: fake.token, accept: (token) => void (fake.token = token) },
      seed: ({ name, type, values }) => fake.seed(name, type, values),
      remove: (name, type) => fake.removeByHand(name, type),
      peek: (name, type) => fake.get(name, type)?.rrdatas ?? [],
      throttled: refuse(403, 'rateLimitExceeded', 'Rate Limit Exceeded'),
    })
  },
})

describe('Google Cloud DNS', () => {
  let fake: GoogleFake
  beforeEach(async () => {
    fake = await GoogleFake.start(zone)
  })
  afterEach(() => fake.http.stop())

  it('knows what lies below a delegation, until it is gone', async () => {
    fake.seed(`sub.${zone}`, 'NS', [`ns1.sub.${zone}.`])
    const session = await openListed(fake)
    const cutOf = (label: string): unknown =>
      session.cutAbove?.({ name: `${label}.${zone}` as Fqdn, type: 'A', setId: '' })?.name
    expect(['www.sub', 'ns1.sub', 'www'].map(cutOf)).toEqual([`sub.${zone}`, undefined, undefined])
    fake.removeByHand(`sub.${zone}`, 'NS')
    await session.reread([`sub.${zone}` as Fqdn], signal)
    expect(cutOf('www.sub')).toBeUndefined()
  })

  describe('zones', () => {
    it('are those that are public, on every page', async () => {
      fake.pageSize = 2
      for (const name of ['b.example', 'a.example', 'c.example']) fake.addZone(name)
      fake.addZone('inside.example', 'private')
      expect(await openProvider(fake).listZones(signal)).toEqual(['a.example', 'b.example', 'c.example', zone])
    })

    it('are told from private ones of the same name', async () => {
      fake.addZone(zone, 'private')
      expect((await openProvider(fake).openZone(zone, signal)).zone).toBe(zone)
    })

    it('are refused when there are two of one name, naming both', async () => {
      fake.addZone(zone)
      await expect(openProvider(fake).openZone(zone, signal)).rejects.toMatchObject({
        kind: 'terminal',
        reason: 'InvalidSpec',
        message: expect.stringContaining('(zone-0, zone-1)') as string,
      })
    })

    it('of a project that is not there are said to be missing', async () => {
      const provider = openProvider(fake, { project: 'other' })
      await expect(provider.openZone(zone, signal)).rejects.toMatchObject({ reason: 'ZoneNotFound' })
    })
  })

  describe('calls', () => {
    it('two open a zone, and one for each page reads it', async () => {
      const session = await openProvider(fake).openZone(zone, signal)
      expect(fake.http.calls).toHaveLength(2)
      fake.pageSize = 1
      await listAll(session)
      expect(fake.http.calls).toHaveLength(4)
    })

    it('one replaces five hundred values, and one deletes them', async () => {
      const session = await openListed(fake)
      const sets = Array.from({ length: 500 }, (_, index) => ownedSet(`n${index}.example.com`, 'A', ['192.0.2.1']))
      await applyAll(session, sets.map(create))
      const other = sets.map((set) => ownedSet(set.key.name, 'A', ['192.0.2.2']))
      const before = fake.http.calls.length
      await applyAll(
        session,
        sets.map((set, index) => update(set, other[index] ?? set)),
      )
      expect(fake.http.calls.length - before).toBe(1)
      await applyAll(session, other.map(remove))
      expect(fake.http.calls.length - before).toBe(2)
    })
  })

  describe('refusals', () => {
    const listing = (path: string): boolean => path.endsWith('/rrsets')

    it.each([
      [refuse(403, 'quotaExceeded', 'The quota is exceeded'), { kind: 'waiting', reason: 'RateLimited' }],
      [refuse(403, 'userRateLimitExceeded', 'Slow down'), { kind: 'waiting', retryAfterMs: 60_000 }],
      [refuse(429, 'rateLimitExceeded', 'Slow down'), { kind: 'waiting' }],
      [refuse(403, 'forbidden', 'Forbidden'), { kind: 'terminal', reason: 'CredentialsInvalid' }],
      [refuse(403, 'accessNotConfigured', 'Enable it'), { message: expect.stringContaining('Enable it') as string }],
      [refuse(503, 'backendError', 'Backend Error'), { kind: 'transient', reason: 'ProviderUnavailable' }],
      [refuse(404, 'notFound', 'Not Found'), { kind: 'terminal', reason: 'ZoneNotFound' }],
      [refuse(400, 'invalid', 'Bad'), { kind: 'terminal', reason: 'ProviderRefused' }],
      [{ status: 502, body: '<html>' }, { kind: 'transient' }],
    ])('%j when reading is %j', async (answer, expected) => {
      const session = await openListed(fake)
      fake.http.fail({ kind: 'answer', answer }, 1, ({ path }) => listing(path))
      await expect(listAll(session)).rejects.toMatchObject(expected)
    })

    it('of one record set keep no other from being written', async () => {
      const session = await openListed(fake)
      const denied = { kind: 'answer', answer: refuse(403, 'forbidden', 'Forbidden') } as const
      fake.http.fail(
        denied,
        Infinity,
        ({ method, body }) => method === 'POST' && JSON.stringify(body).includes('"b.ex'),
      )
      const sets = ['a', 'b', 'c', 'd'].map((label) => ownedSet(`${label}.example.com`, 'A', ['192.0.2.1']))
      const outcomes = await carryOut(session, sets.map(create), signal)
      expect(outcomes.filter(({ kind }) => kind !== 'applied')).toMatchObject([
        {
          kind: 'failed',
          error: {
            reason: 'UpdateDenied',
            message:
              'Google Cloud DNS did not change A b.example.com with TXT a-b.example.com: ' +
              `Google refused the credentials for project ${fake.project}: Forbidden; they need the role roles/dns.admin`,
          },
        },
      ])
      expect(outcomes).toHaveLength(4)
    })

    it('of the first reading are told, though it may go without the project’s quota', async () => {
      const answer = refuse(403, 'rateLimitExceeded', 'Slow down')
      fake.http.fail({ kind: 'answer', answer }, 1, ({ path }) => path.endsWith(fake.project))
      await expect(openProvider(fake).openZone(zone, signal)).rejects.toMatchObject({ kind: 'waiting' })
    })

    it('are not met by a token that aged while the gate was closed: it is fetched behind it', async () => {
      let fetched = 0
      const tokens = { get: () => Promise.resolve(`${(fetched += 1)}`), forget: (): void => undefined }
      const gate = { ...OPEN_GATE, admit: () => Promise.reject(new Error('closed')) }
      const options = { project: fake.project, endpoint: `${fake.http.url}/dns/v1`, ownership, gate }
      await expect(createGoogleProvider(options, tokens).listZones(signal)).rejects.toThrow('closed')
      expect(fetched).toBe(0)
    })

    it('of a token are answered with another, and of that one told', async () => {
      let forgotten = 0
      const tokens = {
        get: (): Promise<string> => Promise.resolve(forgotten === 0 ? 'revoked' : fake.token),
        forget: () => void (forgotten += 1),
      }
      const options = { project: fake.project, endpoint: `${fake.http.url}/dns/v1`, ownership, gate: OPEN_GATE }
      const provider = createGoogleProvider(options, tokens)
      expect(await provider.listZones(signal)).toEqual([zone])
      expect(forgotten).toBe(1)
      fake.token = 'of somebody else'
      tokens.get = () => Promise.resolve('revoked, too')
      await expect(provider.listZones(signal)).rejects.toMatchObject({ reason: 'CredentialsInvalid' })
      expect(forgotten).toBe(2)
    })

    it('for too many requests close the gate for a minute, though they come as 403', async () => {
      const lessons: Lesson[] = []
      const gate = { ...OPEN_GATE, settle: (lesson: Lesson) => void lessons.push(lesson) }
      const session = await openProvider(fake, { gate }).openZone(zone, signal)
      const answer = refuse(403, 'rateLimitExceeded', 'Slow down')
      fake.http.fail({ kind: 'answer', answer }, 1, ({ path }) => listing(path))
      await expect(listAll(session)).rejects.toThrow('rate of requests')
      expect(lessons.at(-1)).toEqual({ kind: 'throttled', afterMs: 60_000 })
    })
  })
})
