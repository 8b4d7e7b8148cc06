import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
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
import { refuse, type Route53Fake } from '../../../test/fakes/route53-fake.ts'
import { readSources } from '../../../test/support/imports.ts'
import {
  openListed,
  openProvider,
  SECRET,
  SIGNAL,
  startRoute53,
  ZONE,
  ZONE_ID,
} from '../../../test/support/route53-bench.ts'
import { TerminalError, TransientError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import type { Change } from '../../plan/plan.ts'
import { carryOut } from '../../apply/carry-out.ts'
import type { Lesson } from '../call-gate.ts'
import type { ZoneSession } from '../provider.ts'

describeProviderContract({
  name: 'Route 53',
  skips: { 'foreign beside': 'marks speak for a whole set, and the planner refuses to share one' },
  // 500 sets with their marks are 1000 records, and the marks alone hold more than two calls' worth of characters.
  maxCalls: { created: { one: 1, fiveHundred: 3 }, replaced: { one: 1, fiveHundred: 1 } },
  maxValuesNote: '400, which was not tried against the service',
  badValue: 'not-an-address',
  async start() {
    const fake = await startRoute53()
    return httpBench({
      zone: ZONE,
      http: fake.http,
      provider: (accessKeyID) => openProvider(fake, { keys: { accessKeyID, secretAccessKey: () => SECRET } }),
      // The fake looks at the name of the key alone.
      credential: { value: fake.accessKey, accept: (key) => void (fake.accessKey = key), secret: SECRET },
      seed: ({ name, type, values }) => fake.put(ZONE_ID, { Name: name, Type: type, TTL: '300' }, values),
      remove: (name, type) => fake.removeByHand(ZONE_ID, name, type),
      peek: (name, type) => fake.find(ZONE_ID, name, type).flatMap(({ values }) => values),
      throttled: refuse(400, 'Throttling', 'Rate exceeded'),
    })
  },
})

describe('Route 53', () => {
  let fake: Route53Fake
  let session: ZoneSession
  const www = ownedSet('www.example.com', 'A', ['192.0.2.1'])
  const kindsOf = async (...changes: Change[]): Promise<readonly string[]> =>
    (await applyAll(session, changes)).map(({ kind }) => kind)

  beforeEach(async () => {
    fake = await startRoute53()
    session = await openListed(fake)
  })
  afterEach(() => fake.http.stop())

  it('replaces the values of five hundred sets in one call, without an UPSERT', async () => {
    const names = Array.from({ length: 500 }, (_, index) => `n${index}.example.com`)
    await applyAll(
      session,
      names.map((name) => create(ownedSet(name, 'A', ['192.0.2.1']))),
    )
    const before = fake.http.writes().length
    const changes = names.map((name) => update(ownedSet(name, 'A', ['192.0.2.1']), ownedSet(name, 'A', ['192.0.2.2'])))
    expect(new Set(await kindsOf(...changes))).toEqual(new Set(['applied']))
    expect(fake.http.writes().length - before).toBe(1)
    expect(fake.http.writes().some(({ body }) => body.includes('UPSERT'))).toBe(false)
  })

  it('reads five thousand sets with seventeen calls, and one for the zone', async () => {
    for (let index = 0; index < 5000; index += 1)
      fake.put(ZONE_ID, { Name: `n${index}.example.com`, Type: 'A', TTL: '60' }, ['192.0.2.1'])
    const before = fake.http.calls.length
    await openListed(fake)
    expect(fake.http.calls.length - before).toBe(18)
  })

  it('reads a name again with one call, and many names by reading the zone', async () => {
    await applyAll(session, [create(www)])
    for (let index = 0; index < 150; index += 1)
      fake.put(ZONE_ID, { Name: `x${index}.example.com`, Type: 'A', TTL: '60' }, ['192.0.2.1'])
    const before = fake.http.calls.length
    expect(await session.reread([www.key.name], SIGNAL)).toMatchObject([{ key: www.key }])
    // The name, and the name of its mark.
    expect(fake.http.calls.length - before).toBe(2)
    const names = Array.from({ length: 50 }, (_, index) => `n${index}.example.com` as Fqdn)
    expect(await session.reread([...names, www.key.name], SIGNAL)).toMatchObject([{ key: www.key }])
    expect(fake.http.calls.length - before).toBe(3)
  })

  it.each(['192.0.2.9', undefined])('leaves a value that was changed by hand (to %s) as it is', async (byHand) => {
    await applyAll(session, [create(www)])
    fake.removeByHand(ZONE_ID, 'www.example.com', 'A')
    if (byHand !== undefined) fake.put(ZONE_ID, { Name: 'www.example.com', Type: 'A', TTL: '300' }, [byHand])
    expect(await kindsOf(update(www, ownedSet('www.example.com', 'A', ['192.0.2.2'])))).toEqual(['outdated'])
    expect(await kindsOf(remove(www))).toEqual(['outdated'])
    expect(fake.find(ZONE_ID, 'www.example.com', 'A').flatMap(({ values }) => values)).toEqual(byHand ? [byHand] : [])
  })

  it('creates nothing over what somebody else put there meanwhile', async () => {
    fake.put(ZONE_ID, { Name: 'www.example.com', Type: 'A', TTL: '60' }, ['198.51.100.1'])
    expect(await kindsOf(create(www))).toEqual(['outdated'])
  })

  it('repeats what is stored to the letter when it deletes, however others wrote it', async () => {
    fake.put(ZONE_ID, { Name: '*.Hand.example.com', Type: 'AAAA', TTL: '77' }, ['2001:DB8:0:0::1'])
    fake.put(ZONE_ID, { Name: 'txt.example.com', Type: 'TXT', TTL: '77' }, ['"a" "b\\134\\042"'])
    fake.put(ZONE_ID, { Name: 'c.example.com', Type: 'CNAME', TTL: '77' }, ['WWW.Example.NET'])
    const listed = await listAll(session)
    expect([...listed.values()].map(({ values }) => values[0]?.value).sort()).toEqual(
      ['2001:db8::1', 'ab\\"', 'www.example.net'].sort(),
    )
    expect(new Set(await kindsOf(...[...listed.values()].map(remove)))).toEqual(new Set(['applied']))
  })

  it.each([false, true])('names the one bad change of a batch (problems in a list: %s)', async (listsProblems) => {
    fake.listsProblems = listsProblems
    const values = ['192.0.2.1', 'not-an-address', '192.0.2.3']
    const changes = values.map((value, index) => create(ownedSet(`n${index}.example.com`, 'A', [value])))
    const outcomes = await applyAll(session, changes)
    expect(outcomes.map((outcome) => outcome.kind === 'failed' && outcome.scope)).toEqual(['Batch', 'Change', 'Batch'])
    fake.put(ZONE_ID, { Name: 'n0.example.com', Type: 'A', TTL: '60' }, ['198.51.100.1'])
    expect(await kindsOf(...changes.slice(0, 1))).toEqual(['outdated'])
  })

  it('names the change whose name the words are about, and its type', async () => {
    fake.put(ZONE_ID, { Name: '*.example.com', Type: 'MX', TTL: '300' }, ['10 mx.example.net.'])
    const changes = ['www', '*'].map((label) => create(ownedSet(`${label}.example.com`, 'CNAME', ['a.example.net'])))
    const outcomes = await applyAll(session, changes)
    expect(outcomes.map((outcome) => outcome.kind === 'failed' && outcome.scope)).toEqual(['Batch', 'Change'])
  })

  it.each(['', '<html></html>', '<ListResourceRecordSetsResponse><ResourceRecordSets>'])(
    'never takes %j for an empty zone, nor for a confirmed change',
    async (body) => {
      fake.http.fail({ kind: 'answer', answer: { status: 200, body } }, 2)
      await expect(listAll(session)).rejects.toMatchObject({ kind: 'transient', reason: 'ProviderUnavailable' })
      expect(await kindsOf(create(www))).toEqual(['unconfirmed'])
    },
  )

  it('takes a new access key at once', async () => {
    let key = 'AKIAROUTE53TEST'
    session = await openListed(fake, { keys: { accessKeyID: () => key, secretAccessKey: () => 'secret' } })
    fake.accessKey = 'AKIANEWKEY'
    expect(await applyAll(session, [create(www)])).toMatchObject([{ error: { reason: 'CredentialsInvalid' } }])
    key = 'AKIANEWKEY'
    expect(await kindsOf(create(www))).toEqual(['applied'])
  })

  it.each([
    [400, 'PriorRequestNotComplete', 'waiting', 'RateLimited', 'answered'],
    [400, 'Throttling', 'waiting', 'RateLimited', 'throttled'],
    [400, 'ThrottlingException', 'waiting', 'RateLimited', 'throttled'],
    [503, 'ServiceUnavailable', 'transient', 'ProviderUnavailable', 'failed'],
    [403, 'AccessDenied', 'terminal', 'UpdateDenied', 'answered'],
    [403, 'SignatureDoesNotMatch', 'terminal', 'CredentialsInvalid', 'answered'],
    [403, 'RequestTimeTooSkewed', 'transient', 'ClockSkew', 'answered'],
    [404, 'NoSuchHostedZone', 'terminal', 'ZoneNotFound', 'answered'],
    [400, 'InvalidInput', 'terminal', 'ProviderRefused', 'answered'],
  ])('takes %i %s for %s (%s), and tells the gate it was %s', async (status, code, kind, reason, learnt) => {
    const lessons: Lesson[] = []
    const gate = { admit: () => Promise.resolve(), settle: (lesson: Lesson) => void lessons.push(lesson) }
    session = await openListed(fake, { gate })
    fake.http.fail({ kind: 'answer', answer: refuse(status, code, 'no') })
    const [outcome] = await applyAll(session, [create(www)])
    expect(outcome).toMatchObject({ kind: status === 503 ? 'unconfirmed' : 'failed', error: { kind, reason } })
    expect(lessons.at(-1)?.kind).toBe(learnt)
  })

  it.each([
    [new TransientError('ProviderUnavailable', 'Secret dns/aws has not been read yet')],
    [new TerminalError('SecretNotFound', 'Secret dns/aws does not exist')],
  ])('learns nothing of Amazon from a Secret that gives no keys, and asks nobody: %s', async (error) => {
    const lessons: Lesson[] = []
    const gate = { admit: () => Promise.resolve(), settle: (lesson: Lesson) => void lessons.push(lesson) }
    let isRead = true
    const accessKeyID = (): string => {
      if (isRead) return 'AKIAROUTE53TEST'
      throw error
    }
    session = await openListed(fake, { gate, keys: { accessKeyID, secretAccessKey: () => SECRET } })
    isRead = false
    const before = fake.http.calls.length
    const [outcome] = await applyAll(session, [create(www)])
    expect(outcome).toMatchObject({ kind: 'failed', error: { message: error.message } })
    expect(fake.http.calls.length).toBe(before)
    expect(lessons.at(-1)).toEqual({ kind: 'unsent' })
  })

  it.each([
    ['refuse', 'connection closed early; if it stays so, see its log and what is on the way to it'],
    ['hang', 'no answer within 1.5 s'],
  ] as const)('says of a connection that ends with %s what became of it', async (kind, words) => {
    fake.http.fail({ kind })
    const [outcome] = await applyAll(session, [create(www)])
    expect(outcome).toMatchObject({ kind: 'unconfirmed', error: { message: `Route 53 did not answer (${words})` } })
  })

  it('finds the one name that a policy excepts, says what to allow, and writes the others', async () => {
    const answer = refuse(403, 'AccessDenied', 'no policy allows the action')
    fake.http.fail(
      { kind: 'answer', answer },
      Infinity,
      ({ method, body }) => method === 'POST' && body.includes('b.ex'),
    )
    const changes = ['a', 'b', 'c', 'd'].map((label) => create(ownedSet(`${label}.example.com`, 'A', ['192.0.2.1'])))
    const outcomes = await carryOut(session, changes, SIGNAL)
    expect(outcomes.filter(({ kind }) => kind !== 'applied')).toMatchObject([
      {
        kind: 'failed',
        error: {
          reason: 'UpdateDenied',
          message:
            'Route 53 did not change A b.example.com with TXT a-b.example.com: AWS denied access: no policy allows the action; ' +
            'allow the credentials route53:ChangeResourceRecordSets for such names and types',
        },
      },
    ])
    expect(outcomes).toHaveLength(4)
  })

  it('still takes a zone that may not be read for a matter of the credentials', async () => {
    fake.http.fail({ kind: 'answer', answer: refuse(403, 'AccessDenied', 'no') })
    await expect(listAll(session)).rejects.toMatchObject({ reason: 'CredentialsInvalid' })
  })

  it('waits for a change that is not yet carried out, and for the bucket to fill', async () => {
    fake.busyFor = 1
    expect(await applyAll(session, [create(www)])).toMatchObject([{ kind: 'failed', error: { retryAfterMs: 1000 } }])
    fake.callsLeft = 0
    expect(await applyAll(session, [create(www)])).toMatchObject([{ kind: 'failed', error: { retryAfterMs: 2000 } }])
    fake.callsLeft = 1
    expect(await kindsOf(create(www))).toEqual(['applied'])
  })

  it('asks for credentials anew, once, when they have expired', async () => {
    const expired = { kind: 'answer', answer: refuse(403, 'ExpiredToken', 'expired') } as const
    fake.http.fail(expired)
    expect(await kindsOf(create(www))).toEqual(['applied'])
    fake.http.fail(expired, 2)
    expect(await applyAll(session, [remove(www)])).toMatchObject([{ error: { reason: 'CredentialsInvalid' } }])
  })
})

describe('Amazon’s SDK', () => {
  it('is imported by one file, which is imported when it is needed: a chunk of the bundle by itself', () => {
    const sources = readSources(new URL('../../../', import.meta.url).pathname, 'src')
    const users = sources.filter(({ imports }) =>
      imports.some(({ target, typeOnly }) => target.startsWith('@aws-sdk/') && !typeOnly),
    )
    expect(users.map(({ path }) => path)).toEqual(['src/providers/route53/route53-client.ts'])
    const eager = sources.filter(({ text }) => /^import (?!type ).*\/route53-client\.ts'/m.test(text))
    expect(eager.map(({ path }) => path)).toEqual([])
  })

  it('finds credentials by itself where no Secret is named, or says that there are none', async () => {
    const fake = await startRoute53()
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/dev/null')
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    await expect(openProvider(fake, { keys: undefined }).listZones(SIGNAL)).rejects.toMatchObject({
      kind: 'transient',
      reason: 'CredentialsInvalid',
    })
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAROUTE53TEST')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
    expect(await openProvider(fake, { keys: undefined }).listZones(SIGNAL)).toEqual([ZONE])
    vi.unstubAllEnvs()
    await fake.http.stop()
  })

  it('assumes a role, and says what is missing when it may not', async () => {
    const fake = await startRoute53()
    fake.role = { arn: 'arn:aws:iam::123456789012:role/dns', accessKey: 'ASIAROLE' }
    const provider = openProvider(fake, { roleARN: fake.role.arn })
    expect(await provider.listZones(SIGNAL)).toEqual([ZONE])
    expect(await provider.listZones(SIGNAL)).toEqual([ZONE])
    const assumed = (): number => fake.http.calls.filter(({ query }) => query.has('Action')).length
    expect(assumed()).toBe(1)
    fake.http.fail({ kind: 'answer', answer: refuse(403, 'ExpiredToken', 'expired') })
    expect(await provider.listZones(SIGNAL)).toEqual([ZONE])
    expect(assumed()).toBe(2)
    await provider.close()
    const denied = openProvider(fake, { roleARN: 'arn:aws:iam::123456789012:role/other' }).listZones(SIGNAL)
    await expect(denied).rejects.toMatchObject({ kind: 'terminal', reason: 'CredentialsInvalid' })
    await expect(denied).rejects.toThrow('allow them sts:AssumeRole')
    await fake.http.stop()
  })

  it.each([
    [400, 'Throttling', 'Rate exceeded', 'waiting', 'RateLimited', 'AWS STS limits the rate'],
    [403, 'SignatureDoesNotMatch', 'Signature expired: 1 is now earlier than 2', 'transient', 'ClockSkew', 'the clock'],
    [403, 'InvalidClientTokenId', 'It is invalid', 'terminal', 'CredentialsInvalid', 'check accessKeyID'],
    [503, 'ServiceUnavailable', 'Busy', 'transient', 'ProviderUnavailable', 'a server error'],
  ])('takes %i %s (%s) of the token service for %s', async (status, code, words, kind, reason, message) => {
    const fake = await startRoute53()
    fake.http.fail({ kind: 'answer', answer: refuse(status, code, words) })
    const asked = openProvider(fake, { roleARN: 'arn:aws:iam::123456789012:role/dns' }).listZones(SIGNAL)
    await expect(asked).rejects.toMatchObject({ kind, reason })
    await expect(asked).rejects.toThrow(message)
    await fake.http.stop()
  })
})
