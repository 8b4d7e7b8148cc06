import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  applyAll,
  CONTRACT_OWNER,
  create,
  describeProviderContract,
  listAll,
  ownedSet,
  remove,
  update,
} from '../../../test/contracts/provider-contract.ts'
import { GoogleFake, refuse } from '../../../test/fakes/google-fake.ts'
import type { Fqdn } from '../../model/name.ts'
import type { StoredSet } from '../../model/record-set.ts'
import { OPEN_GATE, type Lesson } from '../call-gate.ts'
import type { TokenSource } from '../http/access-token.ts'
import { NoTokenError } from '../http/http-client.ts'
import { plainOwnership } from '../ownership/ownership.ts'
import type { Provider } from '../provider.ts'
import { createGoogleProvider, type GoogleOptions } from './google-provider.ts'
import { createGoogleTokens } from './google-tokens.ts'

const zone = 'example.com' as Fqdn
const ownership = plainOwnership(CONTRACT_OWNER)
const signal = new AbortController().signal

function openProvider(fake: GoogleFake, more: Partial<GoogleOptions> = {}, token = fake.token): Provider {
  const tokens: TokenSource = { get: () => Promise.resolve(token), forget: () => undefined }
  const options = {
    project: fake.project,
    endpoint: `${fake.http.url}/dns/v1`,
    ownership,
    gate: OPEN_GATE,
    timeoutMs: 300,
  }
  return createGoogleProvider({ ...options, ...more }, tokens)
}

const www = (values: readonly string[], ttl?: number): StoredSet => ownedSet('www.example.com', 'A', values, ttl)

describeProviderContract({
  name: 'Google Cloud DNS',
  skips: { 'foreign beside': 'markers speak for a whole set; the planner refuses to share one' },
  maxCalls: { one: 1, fiveHundred: 1 },
  badValue: 'not-an-address',
  async start() {
    const fake = await GoogleFake.start(zone)
    return {
      zone,
      open: () => openProvider(fake).openZone(zone, signal),
      openUnauthorised: () => openProvider(fake, {}, 'wrong').openZone(zone, signal),
      openMissing: () => openProvider(fake).openZone('example.org' as Fqdn, signal),
      seed(...sets) {
        for (const { name, type, values } of sets) fake.seed(name, type, values)
        return Promise.resolve()
      },
      remove: (name, type) => Promise.resolve(fake.removeByHand(name, type)),
      peek: (name, type) => Promise.resolve(fake.get(name, type)?.rrdatas ?? []),
      calls: () => ({ reads: fake.http.calls.length - fake.http.writes().length, writes: fake.http.writes().length }),
      fail: (fault, times) => fake.http.fail(fault, times),
      throttled: { kind: 'answer', answer: refuse(403, 'rateLimitExceeded', 'Rate Limit Exceeded') },
      stop: () => fake.http.stop(),
    }
  },
})

describe('Google Cloud DNS', () => {
  let fake: GoogleFake
  beforeEach(async () => {
    fake = await GoogleFake.start(zone)
  })
  afterEach(() => fake.http.stop())

  const openListed = async (): Promise<Awaited<ReturnType<Provider['openZone']>>> => {
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    return session
  }

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
      const session = await openListed()
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

  describe('a change', () => {
    it('says which of its sets is to blame', async () => {
      const session = await openListed()
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

    it('never tells its place in the request, which differs from try to try', async () => {
      const session = await openListed()
      const [outcome] = await applyAll(session, [create(www(['bad']))])
      expect(outcome).toMatchObject({
        error: { message: "Google Cloud DNS refused the request (400): Invalid value for 'rrdata': 'bad'" },
      })
    })

    it.each([
      ['a value was edited', () => fake.seed('www.example.com', 'A', ['198.51.100.7'])],
      ['a TTL was edited', () => fake.seed('www.example.com', 'A', ['192.0.2.1'], { ttl: 60 })],
      ['it was deleted', () => fake.removeByHand('www.example.com', 'A')],
    ])('is outdated when %s by hand, and touches nothing', async (_what, edit) => {
      const session = await openListed()
      await applyAll(session, [create(www(['192.0.2.1']))])
      edit()
      const before = fake.get('www.example.com', 'A')
      const [outcome] = await applyAll(session, [update(www(['192.0.2.1']), www(['192.0.2.2']))])
      expect(outcome).toMatchObject({ kind: 'outdated', error: { reason: 'Outdated' } })
      expect(fake.get('www.example.com', 'A')).toEqual(before)
    })

    it('goes through once what was outdated has been read again', async () => {
      const session = await openListed()
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
      const session = await openListed()
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
      const session = await openListed()
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
      if (kind === 'update') await applyAll(await openListed(), sets.map(create))
      fake.quota = { ...fake.quota, ...quota }
      const session = await openListed()
      const before = fake.http.writes().length
      const longer = (set: StoredSet): StoredSet => ({ ...set, ttl: 600 })
      const changes = kind === 'create' ? sets.map(create) : sets.map((set) => update(set, longer(set)))
      const outcomes = await applyAll(session, changes)
      expect(new Set(outcomes.map(({ kind: end }) => end))).toEqual(new Set(['applied']))
      expect(fake.http.writes().length - before).toBe(calls)
    })

    it('keeps what belongs to one name in one call, whatever the quota', async () => {
      fake.quota = { ...fake.quota, rrsetAdditionsPerChange: 4 }
      const session = await openListed()
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
      const session = await openListed()
      expect(session.capabilities.maxValues).toBe(100)
      const sets = Array.from({ length: 600 }, (_, index) => ownedSet(`n${index}.example.com`, 'A', ['192.0.2.1']))
      expect(session.batch(sets.map(create)).map((batch) => batch.length)).toEqual([500, 100])
    })
  })

  describe('a set with a routing policy', () => {
    const routingPolicy = { wrr: { items: [{ weight: 1, rrdatas: ['198.51.100.7'] }] } }

    it('is listed as somebody’s beside whom no simple set can stand, even with our marker there', async () => {
      const session = await openListed()
      await applyAll(session, [create(www(['192.0.2.1']))])
      fake.removeByHand('www.example.com', 'A')
      fake.seed('www.example.com', 'A', [], { routingPolicy })
      const sets = [...(await listAll(session)).values()].filter(({ key }) => key.name === 'www.example.com')
      expect(sets).toMatchObject([
        { key: { type: 'A', setId: 'routingPolicy' }, values: [{ value: '198.51.100.7', owner: undefined }] },
      ])
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
      const session = await openListed()
      fake.http.fail({ kind: 'answer', answer }, 1, ({ path }) => listing(path))
      await expect(listAll(session)).rejects.toMatchObject(expected)
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

    it('of a token make the next call fetch another', async () => {
      let forgotten = 0
      const tokens = {
        get: () => Promise.resolve(forgotten === 0 ? 'revoked' : fake.token),
        forget: () => void (forgotten += 1),
      }
      const options = { project: fake.project, endpoint: `${fake.http.url}/dns/v1`, ownership, gate: OPEN_GATE }
      const provider = createGoogleProvider(options, tokens)
      await expect(provider.listZones(signal)).rejects.toMatchObject({ reason: 'CredentialsInvalid' })
      expect(await provider.listZones(signal)).toEqual([zone])
      expect(forgotten).toBe(1)
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

describe('access tokens of Google', () => {
  const project = 'test-project'
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const keyFile = (email: string): string =>
    JSON.stringify({ type: 'service_account', client_email: email, private_key: privateKey })

  /** Stands for Google's token service: gives tokens named after the account, and counts. */
  function tokenService(answer?: () => Response): { fetch: typeof fetch; asked: string[] } {
    const asked: string[] = []
    return {
      asked,
      fetch: (input, init) => {
        const form = init?.body as URLSearchParams
        const [, claims = ''] = (form.get('assertion') ?? '').split('.')
        const { iss } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { iss: string }
        asked.push(`${new URL(input instanceof Request ? input.url : input).host} ${iss}`)
        return Promise.resolve(answer?.() ?? Response.json({ access_token: `token of ${iss}`, expires_in: 3600 }))
      },
    }
  }

  it('are fetched once for a service account, and again when the Secret changes or a token was refused', async () => {
    const service = tokenService()
    let email = 'a@test.example'
    const tokens = createGoogleTokens({
      project,
      serviceAccountJSON: () => keyFile(email),
      timeoutMs: 2000,
      fetch: service.fetch,
    })
    expect(await tokens.get(signal)).toBe('token of a@test.example')
    await tokens.get(signal)
    expect(service.asked).toEqual(['oauth2.googleapis.com a@test.example'])
    email = 'b@test.example'
    expect(await tokens.get(signal)).toBe('token of b@test.example')
    tokens.forget()
    await tokens.get(signal)
    expect(service.asked).toHaveLength(3)
  })

  it.each([
    ['{}', 'no key file'],
    ['not json', 'no key file'],
    [JSON.stringify({ type: 'external_account', credential_source: { executable: {} } }), 'no key file'],
    [
      JSON.stringify({ type: 'service_account', client_email: 'a@test.example', private_key: 'garbage' }),
      'cannot be read',
    ],
  ])('need a key file that is one: %s', async (text, why) => {
    const tokens = createGoogleTokens({
      project,
      serviceAccountJSON: () => text,
      timeoutMs: 2000,
      fetch: tokenService().fetch,
    })
    await expect(tokens.get(signal)).rejects.toMatchObject({
      kind: 'terminal',
      reason: 'CredentialsInvalid',
      message: expect.stringContaining(why) as string,
    })
  })

  it('that are refused for good say why, without the key', async () => {
    const body = { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }
    const service = tokenService(() => Response.json(body, { status: 400 }))
    const tokens = createGoogleTokens({
      project,
      serviceAccountJSON: () => keyFile('a@test.example'),
      timeoutMs: 2000,
      fetch: service.fetch,
    })
    const error: unknown = await tokens.get(signal).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      reason: 'CredentialsInvalid',
      message: expect.stringContaining('invalid_grant') as string,
    })
    expect(String(error)).not.toContain('PRIVATE KEY')
  })

  it('that cannot be had now may be had later, and nothing was asked of the provider', async () => {
    let answer = Response.json({ access_token: 'google-test-token', expires_in: 0 })
    const service = tokenService(() => answer)
    const serviceAccountJSON = (): string => keyFile('a@test.example')
    const tokens = createGoogleTokens({ project, serviceAccountJSON, timeoutMs: 2000, fetch: service.fetch })
    const fake = await GoogleFake.start(zone)
    const endpoint = `${fake.http.url}/dns/v1`
    const provider = createGoogleProvider({ project: fake.project, endpoint, ownership, gate: OPEN_GATE }, tokens)
    await expect(provider.listZones(signal)).resolves.toEqual([zone])
    tokens.forget()
    answer = Response.json({}, { status: 503 })
    await expect(provider.listZones(signal)).rejects.toMatchObject({ kind: 'transient' })
    expect(service.asked).toHaveLength(2)
    expect(fake.http.calls).toHaveLength(1)
    await fake.http.stop()
  })

  it('come from the machine’s own credentials when the Secret has none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-google-'))
    const file = join(folder, 'key.json')
    await writeFile(file, keyFile('default@test.example'))
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file)
    const tokens = createGoogleTokens({ project, timeoutMs: 2000, fetch: tokenService().fetch })
    expect(await tokens.get(signal)).toBe('token of default@test.example')
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  })

  it('that never come are not waited for', async () => {
    const fetch = (): Promise<Response> => new Promise(() => undefined)
    const serviceAccountJSON = (): string => keyFile('a@test.example')
    const tokens = createGoogleTokens({ project, serviceAccountJSON, timeoutMs: 2000, fetch })
    const options = { project, endpoint: 'http://127.0.0.1:9', ownership, gate: OPEN_GATE, timeoutMs: 50 }
    const provider = createGoogleProvider(options, tokens)
    await expect(provider.listZones(signal)).rejects.toMatchObject({
      message: expect.stringContaining('token') as string,
    })
    await expect(provider.listZones(AbortSignal.abort(new Error('stopping')))).rejects.toThrow('stopping')
  })
})
